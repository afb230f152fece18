import numpy as np
import pytest
import torch

import ffn
from ffn.data.loaders import ClipLoader, EvaluationBatches
from ffn.evaluation.prediction import CountPredictions, predict

CPU = torch.device("cpu")


def test_accuracies_of_a_hand_made_case():
    probabilities = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.2, 0.7, 0.1]])
    found = CountPredictions.of(probabilities, torch.tensor([0, 2, 0]), torch.arange(3))
    assert found.top1 == pytest.approx(100 / 3)
    assert found.top5 == 100
    assert found.loss == pytest.approx(-np.log([0.5, 0.3, 0.2]).mean(), rel=1e-6)
    assert found.top_classes.tolist()[0] == [0, 1, 2, -1, -1]


@pytest.mark.parametrize("batch_size", [1, 5, 24])
def test_predictions_depend_neither_on_the_batch_nor_on_the_other_counts(batch_size, clips, tiny_settings):
    model = ffn.create_model("ffn_tiny", num_classes=12, frame_counts=(2, 4))
    dataset = clips("validation", tiny_settings())

    def predictions(counts, size):
        batches = EvaluationBatches(indices=range(len(dataset)), batch_size=size, frame_counts=counts)
        return predict(model, ClipLoader(dataset, batches), counts, CPU)

    together, alone = predictions((2, 3, 4), batch_size), predictions((3,), 7)
    np.testing.assert_allclose(together[3].probability, alone[3].probability, rtol=1e-5)
    assert together[3].indices.tolist() == list(range(len(dataset)))
    assert together[2].labels.tolist() == [video.label for video in dataset.videos]
