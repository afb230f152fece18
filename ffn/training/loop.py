"""One training loop for every method: the schedule gives the frame counts of each step, the objective its loss."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ffn.data.batches import Batch
from ffn.data.clips import ClipDataset
from ffn.data.loaders import ClipLoader, EvaluationBatches, TrainingBatches
from ffn.data.videos import BadClip, Split, refuse_too_many
from ffn.evaluation.prediction import predict
from ffn.models.state_dicts import checked_state_dict, shapes_of
from ffn.models.synchronised_batchnorm import synchronised
from ffn.training.checkpoint import BEST, LAST, ResumePoint, resume_point, save_checkpoint
from ffn.training.initial_network import initial_network
from ffn.training.objectives import SequenceResult, Step
from ffn.training.optimisation import Optimisation
from ffn.training.precision import in_precision
from ffn.training.random_state import random_state, set_random_state
from ffn.training.retrofit import train_mode
from ffn.training.running_statistics import kept_statistics
from ffn.training.settings import TrainingSettings
from ffn.training.totals import EpochRow, SequenceTotals
from ffn.training.weight_ema import WeightEMA
from ffn.workers import all_gather, all_gather_lengths, average_buffers, shard, sum_gradients, worker_rank

if TYPE_CHECKING:
    from ffn.training.compiled_network import CompiledNetwork

OnEpoch = Callable[[EpochRow], None]


class Training:
    """One training run: network, data, optimiser and progress.

    ``history`` holds a row per finished epoch: ``epoch`` (from 1), ``lr``, ``seconds``, ``clips_per_second``, and for
    each frame count N ``train_loss_N``, ``train_top1_N``, ``validation_loss_N``, ``validation_top1_N``.
    ``bad_clips`` holds the unreadable clips found so far, by split and index. The run continues without them, in
    smaller batches, and raises ValueError when they exceed 1 % of the training clips. ``notices`` has a line for each
    time the run could not resume from its last epoch.

    Several workers (``ffn.workers``) split every batch and take the same step as one worker with the whole batch,
    except that each BatchNorm sees one worker's clips unless ``synchronised_batchnorm`` is set. All workers must call
    the same methods. Each has ``loader_workers`` decoding processes; with 0 it decodes in its own process.
    ``record`` (plain values) is stored in the checkpoints: a study stores its trial there. So are the names of the
    ``classes``, in the order of the labels (empty: unknown). Raises ValueError if there are not ``num_classes`` names.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        train: ClipDataset,
        validation: ClipDataset,
        *,
        num_classes: int,
        classes: Sequence[str] = (),
        validation_counts: tuple[int, ...] = (),
        loader_workers: int = 0,
        record: Mapping[str, Any] | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        if classes and len(classes) != num_classes:
            raise ValueError(f"classes must name {num_classes} classes, got {len(classes)}")
        self.settings, self.train_set, self.validation_set = settings, train, validation
        self.validation_counts = tuple(sorted({*settings.frame_counts, *validation_counts}))
        self.loader_workers, self.device = loader_workers, torch.device(device)
        self.record, self.classes = dict(record or {}), tuple(classes)
        known_bad = {clip.index: clip for clip in train.unreadable()}
        self.bad_clips: dict[Split, dict[int, BadClip]] = {"train": known_bad, "validation": {}}
        torch.manual_seed(settings.seed)
        model = initial_network(settings, num_classes, self.classes)
        self.model = (synchronised(model) if settings.synchronised_batchnorm else model).to(self.device)
        if worker_rank() > 0:
            torch.manual_seed(np.random.SeedSequence((settings.seed, worker_rank())).generate_state(1).item())
        self.trained = self._compiled() if settings.compile else self.model
        self.ema = WeightEMA(self.model, settings.averaging)
        self.steps_per_epoch = len(self._batches(epoch=0))
        self.total_steps = self.steps_per_epoch * settings.epochs
        self.optimisation = Optimisation(self.model, settings, self.total_steps, self.device)
        self.history: list[EpochRow] = []
        self.notices: list[str] = []

    @property
    def best_epoch(self) -> int:
        """The epoch (from 1) of the highest validation top-1 by the recipe's rule; the first on a tie."""
        counts = self.settings.frame_counts
        deciding = counts[-1:] if self.settings.recipe.best_epoch == "highest" else counts
        scores = [sum(row[f"validation_top1_{count}"] for count in deciding) for row in self.history]
        return 1 + scores.index(max(scores))

    def run(self, folder: Path, on_epoch: OnEpoch = lambda row: None) -> None:
        """Train to the end, resuming from the checkpoints in ``folder``; last.pt and best.pt are written there.

        ``on_epoch`` is called with each new history row, after its checkpoint is written.
        """
        found = resume_point(folder)
        if found.checkpoint:
            self.restore(found.checkpoint)
        if found.damaged:
            self._mend(folder, found)
        while len(self.history) < self.settings.epochs:
            self.history.append(self.run_epoch(len(self.history)))
            self._save(folder)
            on_epoch(self.history[-1])

    def run_epoch(self, epoch: int) -> EpochRow:
        """Train and validate epoch ``epoch`` (from 0)."""
        begin = time.perf_counter()
        lr = self.optimisation.lr
        trained = self._train_epoch(epoch)
        seconds = time.perf_counter() - begin
        return {
            "epoch": epoch + 1,
            "lr": lr,
            **trained,
            **self._validate(),
            "clips_per_second": self.steps_per_epoch * self.settings.batch_size / seconds,
            "seconds": time.perf_counter() - begin,
        }

    def checkpoint(self) -> dict:
        """Everything needed to resume, as tensors and plain values."""
        return {
            "settings": self.settings.as_dict(),
            "record": self.record,
            "classes": list(self.classes),
            "architecture": self.model.architecture,
            "model": self.ema.network.state_dict(),
            "averaging": self.ema.state_dict(),
            "optimisation": self.optimisation.state_dict(),
            "random_states": all_gather(random_state(self.device)),
            "history": self.history,
            "notices": self.notices,
            "bad_clips": {split: [asdict(clip) for clip in bad.values()] for split, bad in self.bad_clips.items()},
        }

    def restore(self, checkpoint: dict) -> None:
        """Restore the state saved by ``checkpoint``."""
        shapes = shapes_of(self.model.state_dict())
        state = checked_state_dict(checkpoint["model"], shapes, "the checkpoint to resume from")
        self.ema.load_state_dict(state, checkpoint["averaging"])
        self.optimisation.load_state_dict(checkpoint["optimisation"])
        if worker_rank() < len(checkpoint["random_states"]):  # additional workers keep their fresh state
            set_random_state(checkpoint["random_states"][worker_rank()], self.device)
        self.history, self.notices = checkpoint["history"], checkpoint["notices"]
        for split, clips in checkpoint["bad_clips"].items():
            self._note_bad(split, [BadClip(**clip) for clip in clips])

    def _mend(self, folder: Path, found: ResumePoint) -> None:
        self.notices.append(found.notice)
        if worker_rank() == 0:
            found.set_aside()
        if self.history:
            self._save(folder)

    def _save(self, folder: Path) -> None:
        checkpoint = self.checkpoint()
        if worker_rank() > 0:
            return
        if self.best_epoch == len(self.history):
            save_checkpoint(folder / BEST, checkpoint)
        save_checkpoint(folder / LAST, checkpoint)

    def _compiled(self) -> "CompiledNetwork":
        from ffn.training.compiled_network import CompiledNetwork  # torch's compiler takes seconds to import

        return CompiledNetwork(self.model, self.settings, note=self._note)

    def _note(self, notice: str) -> None:
        if notice not in self.notices:
            self.notices.append(notice)

    def _loader(self, clips: ClipDataset, batches: TrainingBatches | EvaluationBatches) -> ClipLoader:
        return ClipLoader(clips, batches, workers=self.loader_workers, device=self.device)

    def _batches(self, epoch: int) -> TrainingBatches:
        settings = self.settings
        return TrainingBatches(
            indices=self._training_videos(),
            batch_size=settings.batch_size,
            frame_set_of_step=lambda step: settings.schedule.frame_set(
                step, total_steps=self.total_steps, seed=settings.seed
            ),
            seed=settings.seed,
            epoch=epoch,
        )

    def _training_videos(self) -> list[int]:
        """Indices of the readable videos, or of a share of them; a smaller share is a subset of a larger one."""
        readable = self.train_set.readable()
        if self.settings.data_share == 1:
            return readable
        number = max(1, round(self.settings.data_share * len(readable)))
        return np.random.default_rng(self.settings.seed).permutation(readable)[:number].tolist()

    def _train_epoch(self, epoch: int) -> EpochRow:
        train_mode(self.model, self.settings)
        totals = SequenceTotals(self.device)
        for batch in self._loader(self.train_set, self._batches(epoch)):
            self._note_bad("train", batch.bad)
            lengths = all_gather_lengths(len(batch))
            if not all(lengths):  # a worker without clips has no gradients to exchange
                self.optimisation.skip_step()
                continue
            self.step(batch, sum(lengths), totals)
        for network in dict.fromkeys((self.model, self.ema.network)):
            average_buffers(network)
        for bad in all_gather(self.bad_clips["train"]):
            self._note_bad("train", bad.values())
        return totals.means()

    def step(self, batch: Batch, clips: int, totals: SequenceTotals) -> None:
        """One step of all workers over ``clips`` clips; ``batch`` is this worker's shard."""
        for number, part in enumerate(batch.to(self.device).split(self.settings.recipe.batchnorm_clips)):
            labels = part.labels.to(self.device, non_blocking=True)
            with kept_statistics(self.model) if number else nullcontext():  # as torch's DataParallel: its first GPU's
                totals.add(self._backward(part, labels, share=len(part) / clips), labels)
        sum_gradients(self.optimisation.parameters)
        self.optimisation.step()
        self.ema.update()

    def _note_bad(self, split: Split, clips: Iterable[BadClip]) -> None:
        self.bad_clips[split] |= {clip.index: clip for clip in clips}
        if split == "train":
            refuse_too_many(self.bad_clips["train"].values(), len(self.train_set))

    def _backward(self, batch: Batch, labels: Tensor, share: float) -> Mapping[int, SequenceResult]:
        return self.settings.objective.backward(
            Step(
                clips={count: partial(batch.normalised, count) for count in batch.rows},
                labels=labels,
                predict=partial(self._forward, self.trained),
                predict_averaged=self._predict_averaged if self.settings.averaging else None,
                backward=lambda loss: self.optimisation.backward(loss * share),
                index=self.optimisation.steps_done,
                total=self.total_steps,
            )
        )

    def _predict_averaged(self, clips: Tensor) -> Tensor:
        return self._forward(self.ema.network.eval(), clips)

    def _forward(self, network: Callable[[Tensor], Tensor], clips: Tensor) -> Tensor:
        with in_precision(self.settings.precision, self.device):
            return network(clips)

    def _validate(self) -> EpochRow:
        batches = EvaluationBatches(
            indices=shard(range(len(self.validation_set))),
            batch_size=self.settings.batch_size,
            frame_counts=self.validation_counts,
        )
        loader = self._loader(self.validation_set, batches)
        row: EpochRow = {}
        with in_precision(self.settings.precision, self.device):
            found = predict(self.ema.network, loader, self.validation_counts, self.device)
        for count, predictions in found.items():
            self._note_bad("validation", predictions.bad)
            row |= {f"validation_loss_{count}": predictions.loss, f"validation_top1_{count}": predictions.top1}
        return row
