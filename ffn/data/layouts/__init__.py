"""How people keep labelled videos: a file for each way, and ``registry``, which says how each is recognised."""
