"""From a folder of videos to batches of clips as bytes: decoding, frame sampling, cropping, views, loaders.

``layouts/`` has the supported folder layouts, ``synthetic/`` the embedded dataset. No networks and no training here.
"""
