"""The report's sentences, from the numbers of comparison/. Computes no statistics itself."""
