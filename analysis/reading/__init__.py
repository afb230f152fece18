"""What a study's folder says: its tables, checked, and which trials form arms. Reads only; draws no conclusion."""
