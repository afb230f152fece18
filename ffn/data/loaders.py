"""Batches of clips, in an order that depends on (seed, epoch) only."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Sampler

from ffn.data.batches import Batch
from ffn.data.clips import ClipDataset, ClipRequest
from ffn.workers import num_workers, shard

WORKER_TIMEOUT_SECONDS = 300  # a native decoder can hang; an error is better than a stalled run
CPU = torch.device("cpu")
SHARED_MEMORY = Path("/dev/shm")

FrameSetOfStep = Callable[[int], tuple[int, ...]]


class TrainingBatches(Sampler[list[ClipRequest]]):
    """One epoch's batches of requests: shuffled full batches, each with the frame set of its step.

    An incomplete last batch is dropped. Each worker gets its shard of every batch.
    Raises ValueError if there are fewer ``indices`` than clips in a batch, or fewer clips in a batch than workers.
    """

    def __init__(
        self, *, indices: Sequence[int], batch_size: int, frame_set_of_step: FrameSetOfStep, seed: int, epoch: int
    ) -> None:
        if len(indices) < batch_size:
            raise ValueError(
                f"batch_size must be at most the {len(indices)} readable training videos, got {batch_size}"
            )
        if batch_size < num_workers():
            raise ValueError(f"batch_size must be at least the {num_workers()} workers, got {batch_size}")
        self.indices, self.batch_size, self.frame_set_of_step = indices, batch_size, frame_set_of_step
        self.seed, self.epoch = seed, epoch

    def __len__(self) -> int:
        return len(self.indices) // self.batch_size

    def __iter__(self) -> Iterator[list[ClipRequest]]:
        order = np.random.default_rng((self.seed, self.epoch)).permutation(self.indices)
        first_step = self.epoch * len(self)
        for i in range(len(self)):
            frame_set = self.frame_set_of_step(first_step + i)
            batch = order[i * self.batch_size : (i + 1) * self.batch_size].tolist()
            yield [self._request(index, frame_set) for index in shard(batch)]

    def _request(self, index: int, frame_set: tuple[int, ...]) -> ClipRequest:
        return ClipRequest(index=index, frame_counts=frame_set, random_key=(self.seed, self.epoch, index))


class EvaluationBatches(Sampler[list[ClipRequest]]):
    """Each video of ``indices`` once, in order, at all ``frame_counts``."""

    def __init__(self, *, indices: Sequence[int], batch_size: int, frame_counts: tuple[int, ...]) -> None:
        self.indices, self.batch_size, self.frame_counts = indices, batch_size, frame_counts

    def __len__(self) -> int:
        return -(-len(self.indices) // self.batch_size)

    def __iter__(self) -> Iterator[list[ClipRequest]]:
        for start in range(0, len(self.indices), self.batch_size):
            batch = self.indices[start : start + self.batch_size]
            yield [ClipRequest(index=index, frame_counts=self.frame_counts) for index in batch]


class ClipLoader(DataLoader[Batch]):
    """Loads ``batches`` of ``clips`` in ``workers`` processes (0: in this one), for a model on ``device``.

    Raises TimeoutError with the videos being read if one of these processes hangs, and ValueError before the first
    batch if what they hold cannot fit into shared memory.
    """

    def __init__(
        self,
        clips: ClipDataset,
        batches: Sampler[list[ClipRequest]],
        *,
        workers: int = 0,
        device: torch.device = CPU,
    ) -> None:
        super().__init__(
            clips,
            batch_sampler=batches,
            collate_fn=Batch.of,
            num_workers=workers,
            timeout=WORKER_TIMEOUT_SECONDS if workers else 0,
            pin_memory=device.type == "cuda",  # which opens a context on a GPU: not where a trial has none
            generator=torch.Generator(),  # so that starting workers does not draw from dropout's generator
        )
        self.clips, self.batches = clips, batches

    @property
    def held_bytes(self) -> int:
        """About so many bytes are in shared memory while its processes are ahead, if clips have no frame beside those
        of the highest count."""
        if not self.num_workers or not len(self):
            return 0
        preparation, requests = self.clips.preparation, next(iter(self.batches))
        frames = sum(max(request.frame_counts) for request in requests) * preparation.views.crops
        held = min(self.num_workers * (self.prefetch_factor or 0), len(self))
        return held * frames * 3 * preparation.geometry.size**2

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]  # DataLoader's own is of a private type
        refuse_full(SHARED_MEMORY, self.held_bytes)
        done = 0
        try:
            for batch in super().__iter__():
                yield batch
                done += 1
        except RuntimeError as error:
            if "timed out" not in str(error):
                raise
            raise TimeoutError(self._hung(done)) from error

    def _hung(self, batch: int) -> str:
        requests = next(islice(self.batches, batch, None))
        names = ", ".join(self.clips.videos[request.index].id for request in requests)
        return (
            f"reading clips took longer than {self.timeout:g} s: the disk hangs, or one of these videos: {names}; "
            "`python -m study data verify` reads every video"
        )


def refuse_full(folder: Path, wanted: int) -> None:
    """Raise ValueError if ``wanted`` bytes do not fit into ``folder``, a file system in memory, where there is one."""
    if wanted and folder.is_dir() and (free := shutil.disk_usage(folder).free) < wanted:
        raise ValueError(
            f"loader_workers: their batches take about {wanted / 1e6:,.0f} MB of {folder}, which has "
            f"{free / 1e6:,.0f} MB free: enlarge it (docker run --shm-size=8g), or lower loader_workers or batch_size"
        )
