"""The commands of ``python -m study``: one file each."""
