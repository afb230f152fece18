"""What a dataset answers, as the clips that a batch makes of it."""

from ffn.data.batches import Batch


def clip_of(sample, count):
    """A sample's clip at one frame count (T, 3, H, W) uint8."""
    return Batch.of([sample]).clips(count)[0]
