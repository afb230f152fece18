"""A batch that is normalised in parts moves the running statistics once, as torch's DataParallel does: its first GPU's
part."""

from dataclasses import replace

import torch

from ffn.data.batches import Batch
from ffn.training.loop import Training
from ffn.training.recipe import PAPER
from ffn.training.totals import SequenceTotals


def test_only_the_first_part_moves_the_statistics(tiny_settings, clips):
    def after_a_step(batch_size, batchnorm_clips):
        settings = tiny_settings(recipe=replace(PAPER, batchnorm_clips=batchnorm_clips))
        training = Training(settings, clips("train", settings), clips("validation", settings), num_classes=12)
        requests = next(iter(training._batches(epoch=0)))[:batch_size]
        training.model.train()
        batch = Batch.of([training.train_set[request] for request in requests])
        training.step(batch, batch_size, SequenceTotals(training.device))
        state = training.model.state_dict()
        return torch.cat([value.flatten() for name, value in state.items() if "running" in name])

    first_part, in_parts, at_once = after_a_step(6, None), after_a_step(12, 6), after_a_step(12, None)
    torch.testing.assert_close(in_parts, first_part)
    assert not torch.allclose(at_once, first_part)
