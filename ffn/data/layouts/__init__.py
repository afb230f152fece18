"""How people keep labelled videos: one file per layout, a subclass of ``VideoDataset``, and one line in ``registry``.

A layout finds classes, splits, labels and paths. It decodes nothing itself unless its videos are no video files.
"""
