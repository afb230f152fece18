"""The embedded dataset: synthetic clips whose classes differ only in motion."""

from ffn.data.synthetic.dataset import SyntheticDataset, synthesize

__all__ = ["SyntheticDataset", "synthesize"]
