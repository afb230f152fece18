"""Labels, decoding, frame sampling, cropping, loaders, and the synthetic dataset."""
