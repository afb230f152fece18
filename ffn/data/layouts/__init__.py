"""Dataset layouts: each is a file with a subclass of ``VideoDataset``, and a line in ``registry``.

A layout finds classes, splits, labels and paths. It only decodes videos that are not video files.
"""
