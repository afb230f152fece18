"""The report's sentences, made of what comparison/ finds. Computes no statistic of its own."""
