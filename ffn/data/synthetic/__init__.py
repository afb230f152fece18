"""The embedded dataset: synthetic clips whose classes differ in motion alone."""

from ffn.data.synthetic.dataset import SyntheticDataset, synthesize

__all__ = ["SyntheticDataset", "synthesize"]
