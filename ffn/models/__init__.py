"""Temporal shift, TSM networks and their frame-flexible conversion."""
