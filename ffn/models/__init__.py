"""TSM and networks over clips, their frame-flexible conversion, import of released checkpoints, folding for inference.

``families/`` declares the networks. No data and no training here.
"""
