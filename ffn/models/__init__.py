"""TSM networks, their frame-flexible conversion, import of released checkpoints, folding for inference.

``families/`` declares the image networks. No data and no training here.
"""
