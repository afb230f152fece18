"""A trained network at many frame counts, and the same network with re-calibrated BatchNorm."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

from ffn.data.batches import Batch
from ffn.data.clips import ClipDataset, ClipPreparation
from ffn.data.frame_sampling import FrameSampling
from ffn.data.loaders import ClipLoader, EvaluationBatches
from ffn.data.videos import Split
from ffn.data.views import Views
from ffn.evaluation.batchnorm_statistics import LayerStatistics, batchnorm_statistics
from ffn.evaluation.cost import multiply_adds
from ffn.evaluation.ensemble import Ensemble
from ffn.evaluation.prediction import CountPredictions, predict, predict_with_each
from ffn.evaluation.protocol import PLAIN, EvaluationProtocol
from ffn.evaluation.recalibration import recalibrated
from ffn.models.tsm import TSM
from ffn.training.checkpoint import BEST, LAST, load_checkpoint, model_from_checkpoint
from ffn.workers import shard
from study.dataset import StudyData
from study.plan.trial import Trial

RECALIBRATED = "recalibrated"
BATCH_SIZE = 32


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """One network at one frame count; ``gmacs`` are its 10⁹ multiply-adds per clip.

    ``adaptation``, ``sampling``, ``views``: as in the tables, see study/results/schema.py.
    ``batchnorm``: its layers' statistics there; none of an ensemble, whose members have their own.
    """

    selection: str
    epoch: int
    eval_frames: int
    gmacs: float
    predictions: CountPredictions
    adaptation: str = ""
    sampling: FrameSampling = "centre"
    views: str = "1x1"
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

    def on(self, protocol: EvaluationProtocol) -> Self:
        """The same with other frames or more views of each video."""
        preparation = replace(self.preparation, evaluation_sampling=protocol.sampling, views=protocol.views)
        return replace(self, preparation=preparation)

    def network(self, model: nn.Module, *, selection: str, epoch: int) -> list[Evaluated]:
        """``model`` at every frame count, each video decoded once."""
        predictions = predict(model, self._loader(self._clips), self.frames, self.device)
        return [
            self._evaluated(model, count, predictions[count], selection=selection, epoch=epoch) for count in self.frames
        ]

    def recalibrated_network(self, model: TSM, clips: int, seed: int, *, selection: str, epoch: int) -> list[Evaluated]:
        """``model`` at every frame count, its BatchNorm statistics recomputed there over ``clips`` training clips."""
        adapted = recalibrated(model, self._training_clips(clips, seed), self.frames, self.device)
        predictions = predict_with_each(adapted, self._loader(self._clips), self.device)
        return [
            replace(
                self._evaluated(adapted[count], count, predictions[count], selection=selection, epoch=epoch),
                adaptation=RECALIBRATED,
            )
            for count in self.frames
        ]

    def _evaluated(
        self, model: nn.Module, count: int, predictions: CountPredictions, *, selection: str, epoch: int
    ) -> Evaluated:
        gmacs = multiply_adds(model, count, self.preparation.geometry.size) / 1e9
        layers = batchnorm_statistics(model, count) if isinstance(model, TSM) else ()
        return Evaluated(
            selection=selection,
            epoch=epoch,
            eval_frames=count,
            gmacs=gmacs,
            predictions=predictions,
            sampling=self.preparation.evaluation_sampling,
            views=str(self.preparation.views),
            batchnorm=layers,
        )

    @cached_property
    def _clips(self) -> ClipDataset:
        return self.data.clips(self.split, self.preparation)

    @cached_property
    def _all_training_clips(self) -> ClipDataset:
        return self.data.clips("train", replace(self.preparation, views=Views()))

    def _training_clips(self, clips: int, seed: int) -> DataLoader[Batch]:
        chosen = np.random.default_rng(seed).permutation(len(self._all_training_clips))[:clips]
        return self._loader(self._all_training_clips, chosen.tolist())

    def _loader(self, clips: ClipDataset, indices: list[int] | None = None) -> DataLoader[Batch]:
        chosen = shard(range(len(clips))) if indices is None else indices
        batch_size = max(1, BATCH_SIZE // len(clips.preparation.views))  # keeps a batch's bytes as they are
        batches = EvaluationBatches(indices=chosen, batch_size=batch_size, frame_counts=self.frames)
        return ClipLoader(clips, batches, workers=self.workers)


def evaluate_trial(
    trial: Trial, checkpoints: Path, evaluator: Evaluator, others: Sequence[EvaluationProtocol] = ()
) -> list[Evaluated]:
    """The last and the best epoch in ``checkpoints``, and the last re-calibrated where the trial asks for it.

    Under ``others``, further protocols, the last epoch alone.
    """
    last, best = load_checkpoint(checkpoints / LAST), load_checkpoint(checkpoints / BEST)
    model = model_from_checkpoint(last).to(evaluator.device)
    epoch, best_epoch = len(last["history"]), len(best["history"])
    of_last = _evaluate_last(trial, model, epoch, evaluator)
    of_others = [
        replace(result, batchnorm=())
        for protocol in others
        for result in _evaluate_last(trial, model, epoch, evaluator.on(protocol))
    ]
    if best_epoch == epoch:
        of_best = [replace(result, selection="best") for result in of_last if not result.adaptation]
    else:
        best_model = model_from_checkpoint(best).to(evaluator.device)
        of_best = evaluator.network(best_model, selection="best", epoch=best_epoch)
    return of_last + of_others + of_best


def _evaluate_last(trial: Trial, model: TSM, epoch: int, evaluator: Evaluator) -> list[Evaluated]:
    results = evaluator.network(model, selection="last", epoch=epoch)
    clips, seed = trial.recalibration_clips, trial.training.seed
    return results + (
        evaluator.recalibrated_network(model, clips, seed, selection="last", epoch=epoch) if clips else []
    )


def evaluate_ensemble(
    trial: Trial, members: Sequence[Path], evaluator: Evaluator, others: Sequence[EvaluationProtocol] = ()
) -> list[Evaluated]:
    """The last epochs of the trials whose checkpoints lie in ``members``, their distributions averaged."""
    last = [load_checkpoint(checkpoints / LAST) for checkpoints in members]
    ensemble = Ensemble([model_from_checkpoint(checkpoint) for checkpoint in last]).to(evaluator.device)
    epoch = len(last[0]["history"])
    return [
        result
        for protocol in (PLAIN, *others)
        for result in evaluator.on(protocol).network(ensemble, selection="last", epoch=epoch)
    ]
