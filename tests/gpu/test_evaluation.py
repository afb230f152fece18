"""Evaluation on a GPU against evaluation on the CPU."""

import numpy as np
import pytest
import torch

import ffn
from experiments.benchmarks.inputs import random_clips
from ffn.data.loaders import ClipLoader, EvaluationBatches
from ffn.evaluation.prediction import predict_with_each
from ffn.evaluation.recalibration import recalibrated
from ffn.models.folding import export_sub_network
from ffn.training.settings import TrainingSettings

pytestmark = pytest.mark.gpu
COUNTS = (2, 3, 4)
CPU = torch.device("cpu")


@pytest.fixture
def model():
    torch.manual_seed(0)
    return ffn.create_model("ffn_tiny", num_classes=12, frame_counts=(2, 4)).eval()


def loader(device):
    clips = random_clips(TrainingSettings(backbone="tiny", batch_size=9, short_side=56, crop_size=48))
    batches = EvaluationBatches(indices=range(len(clips)), batch_size=4, frame_counts=COUNTS)
    return ClipLoader(clips, batches, device=device)


@pytest.mark.parametrize("adapted", [False, True], ids=["as trained", "re-calibrated"])
def test_predictions_are_those_of_the_cpu(adapted, model, gpu):
    def probabilities(device):
        on_device = model.to(device)
        networks = dict.fromkeys(COUNTS, on_device)
        if adapted:
            networks = recalibrated(on_device, loader(device), COUNTS, device)
        found = predict_with_each(networks, loader(device), device)
        return np.stack([found[count].probability for count in COUNTS])

    np.testing.assert_allclose(probabilities(gpu), probabilities(CPU), rtol=0.01)


def test_an_exported_network_runs_there(model, gpu, tmp_path):
    clips = torch.randn(3, 4, 3, 48, 48)
    export_sub_network(model, 4, size=48, path=tmp_path / "four.pt2")
    exported = torch.export.load(tmp_path / "four.pt2").module().to(gpu)
    torch.testing.assert_close(exported(clips.to(gpu)).cpu(), model(clips), rtol=0.01, atol=0.01)
