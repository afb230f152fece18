"""Evaluation of trained networks at many frame counts, also with re-calibrated BatchNorm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ffn.data.clips import ClipDataset, ClipPreparation
from ffn.data.frame_sampling import FrameSampling
from ffn.data.loaders import ClipLoader, EvaluationBatches
from ffn.data.videos import Split
from ffn.evaluation.batchnorm_statistics import LayerStatistics, batchnorm_statistics
from ffn.evaluation.cost import multiply_adds
from ffn.evaluation.ensemble import Ensemble
from ffn.evaluation.prediction import CountPredictions, predict_with_each
from ffn.evaluation.protocol import PLAIN, EvaluationProtocol
from ffn.evaluation.recalibration import recalibrated
from ffn.models.video_network import VideoNetwork
from ffn.training.checkpoint import BEST, LAST, load_checkpoint, model_from_checkpoint
from ffn.workers import shard
from study.dataset import StudyData
from study.plan.trial import Trial

BATCH_SIZE = 32


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """One network at one frame count; ``gmacs`` are its 10⁹ multiply-adds per clip.

    ``batchnorm``: the statistics of its layers; empty for an ensemble, whose members have their own.
    """

    selection: str
    epoch: int
    eval_frames: int
    gmacs: float
    predictions: CountPredictions
    protocol: EvaluationProtocol = PLAIN
    batchnorm: tuple[LayerStatistics, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Evaluator:
    """Evaluates networks on one split at ``frames``; ``workers`` decode (0: this process)."""

    data: StudyData
    preparation: ClipPreparation
    split: Split
    frames: tuple[int, ...]
    device: torch.device
    workers: int = 0

    def network(
        self, model: nn.Module, protocol: EvaluationProtocol = PLAIN, *, selection: str, epoch: int
    ) -> list[Evaluated]:
        """``model`` at every frame count, each video decoded once."""
        return self.networks(dict.fromkeys(self.frames, model), protocol, selection=selection, epoch=epoch)

    def networks(
        self, models: Mapping[int, nn.Module], protocol: EvaluationProtocol, *, selection: str, epoch: int
    ) -> list[Evaluated]:
        """Each frame count's own network there, each video decoded once."""
        predictions = predict_with_each(models, self._loader(self._clips.prepared(self._under(protocol))), self.device)
        return [
            Evaluated(
                selection=selection,
                epoch=epoch,
                eval_frames=count,
                gmacs=multiply_adds(model, count, self.preparation.geometry.size) / 1e9,
                predictions=predictions[count],
                protocol=protocol,
                batchnorm=batchnorm_statistics(model, count) if isinstance(model, VideoNetwork) else (),
            )
            for count, model in models.items()
        ]

    def recalibrated(
        self, model: VideoNetwork, clips: int, seed: int, sampling: FrameSampling = "centre"
    ) -> dict[int, VideoNetwork]:
        """``model`` for each frame count, BatchNorm statistics recomputed there over ``clips`` training clips.

        ``sampling`` draws their frames; one view each, however many an evaluation averages.
        """
        dataset = self._training_clips.prepared(self._under(EvaluationProtocol(sampling=sampling)))
        chosen = np.random.default_rng(seed).permutation(len(dataset))[:clips]
        return recalibrated(model, self._loader(dataset, chosen.tolist()), self.frames, self.device)

    @cached_property
    def _clips(self) -> ClipDataset:
        return self.data.clips(self.split, self.preparation)

    @cached_property
    def _training_clips(self) -> ClipDataset:
        return self.data.clips("train", self.preparation)

    def _under(self, protocol: EvaluationProtocol) -> ClipPreparation:
        return replace(self.preparation, evaluation_sampling=protocol.sampling, views=protocol.views)

    def _loader(self, clips: ClipDataset, indices: Sequence[int] | None = None) -> ClipLoader:
        chosen = shard(range(len(clips))) if indices is None else indices
        batch_size = max(1, BATCH_SIZE // len(clips.preparation.views))  # keeps a batch's bytes as they are
        batches = EvaluationBatches(indices=chosen, batch_size=batch_size, frame_counts=self.frames)
        return ClipLoader(clips, batches, workers=self.workers, device=self.device)


def evaluate_trial(
    trial: Trial, checkpoints: Path, evaluator: Evaluator, protocols: Sequence[EvaluationProtocol] = (PLAIN,)
) -> list[Evaluated]:
    """Evaluate the last epoch in ``checkpoints`` under each of the ``protocols``, also re-calibrated if the trial has
    clips for that; under the paper's protocol the best epoch as well.
    """
    last = load_checkpoint(checkpoints / LAST)
    model, epoch = model_from_checkpoint(last).to(evaluator.device), len(last["history"])
    of_last = _evaluate_last(trial, model, epoch, evaluator, protocols)
    of_best = _evaluate_best(checkpoints, epoch, evaluator, of_last) if PLAIN in protocols else []
    return of_last + of_best


def _evaluate_last(
    trial: Trial, model: VideoNetwork, epoch: int, evaluator: Evaluator, protocols: Sequence[EvaluationProtocol]
) -> list[Evaluated]:
    results = []
    adapted: dict[FrameSampling, dict[int, VideoNetwork]] = {}
    for protocol in protocols:
        results += evaluator.network(model, protocol, selection="last", epoch=epoch)
        if not trial.recalibration_clips:
            continue
        sampling, clips = protocol.sampling, trial.recalibration_clips
        if sampling not in adapted:  # protocols that differ in their views share the networks
            adapted[sampling] = evaluator.recalibrated(model, clips, trial.training.seed, sampling)
        recalibration = replace(protocol, adaptation="recalibrated")
        results += evaluator.networks(adapted[sampling], recalibration, selection="last", epoch=epoch)
    return results


def _evaluate_best(
    checkpoints: Path, last_epoch: int, evaluator: Evaluator, of_last: Sequence[Evaluated]
) -> list[Evaluated]:
    """The best epoch's rows; those ``of_last`` under another name where it is the last."""
    best = load_checkpoint(checkpoints / BEST)
    if len(best["history"]) == last_epoch:
        return [replace(result, selection="best") for result in of_last if result.protocol == PLAIN]
    model = model_from_checkpoint(best).to(evaluator.device)
    return evaluator.network(model, selection="best", epoch=len(best["history"]))


def evaluate_ensemble(
    trial: Trial, members: Sequence[Path], evaluator: Evaluator, protocols: Sequence[EvaluationProtocol] = (PLAIN,)
) -> list[Evaluated]:
    """The last epochs of the trials whose checkpoints lie in ``members``, their distributions averaged."""
    last = [load_checkpoint(checkpoints / LAST) for checkpoints in members]
    ensemble = Ensemble([model_from_checkpoint(checkpoint) for checkpoint in last]).to(evaluator.device)
    epoch = len(last[0]["history"])
    return [
        result
        for protocol in protocols
        for result in evaluator.network(ensemble, protocol, selection="last", epoch=epoch)
    ]
