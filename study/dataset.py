"""The videos that a study trains and evaluates on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ffn.data.clips import ClipDataset, ClipPreparation, ReadFrames
from ffn.data.decoded_cache import DecodedCache, build_decoded_cache
from ffn.data.decoding import decode
from ffn.data.labels import Split, label_fingerprint, read_classes, read_videos
from ffn.data.synthetic import SyntheticDataset, synthesize
from study.experiment import Experiment

CACHE_FOLDER = "decoded"


@dataclass(frozen=True, kw_only=True)
class StudyData:
    """A folder in Something-Something V2's layout, and whether its frames lie decoded beside it."""

    root: Path
    decoded_cache: bool = False
    splits: tuple[Split, ...] = field(default=("train", "validation"))

    @property
    def num_classes(self) -> int:
        """How many classes the label map has."""
        return len(read_classes(self.root))

    def clips(self, split: Split, preparation: ClipPreparation) -> ClipDataset:
        """One split's videos as clips."""
        return ClipDataset(read_videos(self.root, split), preparation, self._reader())

    def build_cache(self) -> None:
        """Decode what the cache lacks; at once when it lacks nothing."""
        if self.decoded_cache:
            self._cache_folder()

    def description(self) -> dict[str, Any]:
        """What study.json says of the data."""
        return {
            "root": str(self.root),
            "fingerprint": label_fingerprint(self.root),
            "num_classes": self.num_classes,
            "clips": {split: len(read_videos(self.root, split)) for split in self.splits},
        }

    def _reader(self) -> ReadFrames:
        return DecodedCache(self._cache_folder()) if self.decoded_cache else decode

    def _cache_folder(self) -> Path:
        videos = [video for split in self.splits for video in read_videos(self.root, split)]
        return build_decoded_cache(videos, self.root / CACHE_FOLDER)


def data_of(experiment: Experiment, root: Path | None) -> StudyData:
    """The data of ``experiment``: the folder ``root``, or the synthetic dataset that it names.

    Raises ValueError when there is neither, FileNotFoundError for a folder that is not there.
    """
    if root is None and experiment.synthetic is None:
        raise ValueError("--data is missing: this experiment needs a folder in Something-Something V2's layout")
    if root is not None and not root.is_dir():
        raise FileNotFoundError(f"{root} is missing: --data must name a dataset's folder")
    folder = root or Path("data") / _synthetic_name(experiment.synthetic)
    splits = tuple(dict.fromkeys(("train", "validation", experiment.eval_split)))
    return StudyData(root=folder.absolute(), decoded_cache=experiment.decoded_cache, splits=splits)


def _synthetic_name(config: SyntheticDataset) -> str:
    return f"synthetic-{config.motions}-{config.train}-{config.validation}-{config.test}-seed{config.seed}"


def prepare(experiment: Experiment, data: StudyData, given: bool, progress: Callable[[int, int], None]) -> None:
    """Synthesise the dataset unless a folder was given, and decode it where the experiment wants that."""
    if not given:
        synthesize(data.root, experiment.synthetic, progress=progress)
    data.build_cache()
