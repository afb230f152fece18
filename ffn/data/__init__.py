"""From a folder of videos to batches of clips as bytes: layouts, decoding, frame sampling, cropping, views, loaders.

``layouts/`` holds the ways people keep videos, ``synthetic/`` the embedded dataset. No networks and no training here.
"""
