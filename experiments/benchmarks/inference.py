"""What does a clip cost by frame count, and what does folding gain?

    python -m experiments.benchmarks.inference [--out DIR] [--repeats 5]

The floor is the multiply-adds of the frames at the rate at which this machine multiplies; a network at 4 frames does a
quarter of the work at 16. BatchNorm in evaluation reads and writes each convolution's answer once more, and the
alteration writes the weights of each block's first convolution anew for every clip: folding both into the convolutions
was to win that pass, about a tenth on a processor, most at few frames.

One clip at a time. On a processor one thread's processor time, on a GPU the clock.
"""

import torch

from experiments.benchmarks.measure import Measurement, command, compared
from experiments.benchmarks.random_clips import CLASSES
from experiments.benchmarks.step import DEVICE, GPU, QUICK_SIDE, SIDE, matrix_rate, seconds, warm
from ffn.evaluation.cost import multiply_adds
from ffn.models.factory import create_model
from ffn.models.folding import sub_network

TRAINED, FRAMES = (4, 8, 16), (4, 8, 16)
CASES, QUICK_CASES = [("ffn_resnet50", 224)], [("ffn_tiny", 48)]


def measure(repeats: int, *, quick: bool = False) -> list[Measurement]:
    """All rows; a processor's on one thread, in float32."""
    torch.set_num_threads(1)
    rate = matrix_rate(QUICK_SIDE if quick else SIDE, "float32")
    rows = []
    for name, size in QUICK_CASES if quick else CASES:
        model = create_model(name, CLASSES, frame_counts=TRAINED).to(DEVICE).eval()
        for count in FRAMES:
            rows += at(model, count, size, rate, repeats)
    return rows


@torch.inference_mode()
def at(model: torch.nn.Module, count: int, size: int, rate: float, repeats: int) -> list[Measurement]:
    """One frame count: multiply-adds, and milliseconds of the whole network and of its part folded."""
    folded, clip = sub_network(model, count), torch.randn(1, count, 3, size, size, device=DEVICE)
    name = f"{model.architecture['name']}, {count} frames, {size} pixels"
    arithmetic = multiply_adds(folded, count, size)
    rows = [
        Measurement(benchmark=name, variant=variant, value=multiply_adds(network, count, size) / 1e9, unit="GMACs/clip")
        for variant, network in (("whole network", model), ("sub-network, folded", folded))
    ]
    calls = {"whole network": warm(lambda: model(clip)), "sub-network, folded": warm(lambda: folded(clip))}
    variants = {variant: lambda call=call: 1e3 * seconds(call) for variant, call in calls.items()}
    unit = "ms/clip" if GPU else "CPU ms/clip"
    return rows + compared(name, unit, variants, repeats, floor=1e3 * arithmetic / rate)


if __name__ == "__main__":
    command("inference", __doc__.partition("\n")[0], measure)
