"""The videos that a study trains and evaluates on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ffn.data.clips import ClipDataset, ClipPreparation
from ffn.data.dataset import VideoDataset
from ffn.data.decoded_cache import DecodedCache, build_decoded_cache
from ffn.data.layouts.registry import is_dataset, open_dataset
from ffn.data.synthetic import SyntheticDataset, synthesize
from ffn.data.videos import Split
from study.plan.experiment import Experiment

CACHE_FOLDER = "decoded"


@dataclass(frozen=True, kw_only=True)
class StudyData:
    """A dataset's folder, and whether its decoded frames are cached beside it."""

    root: Path
    manifest: Path | None = None
    """The manifest; None: manifest.csv in ``root``, if there is one."""
    decoded_cache: bool = False
    splits: tuple[Split, ...] = field(default=("train", "validation"))

    @property
    def dataset(self) -> VideoDataset:
        """The folder's videos and labels. Raises FileNotFoundError or ValueError for an unusable folder."""
        return open_dataset(self.root, self.manifest)

    @property
    def num_classes(self) -> int:
        """How many classes the label map has."""
        return len(self.dataset.classes)

    def clips(self, split: Split, preparation: ClipPreparation) -> ClipDataset:
        """One split's videos as clips."""
        dataset = self.dataset
        open_video = DecodedCache(self._cache_folder()).open if self.decoded_cache else dataset.open
        return ClipDataset(dataset.videos(split), preparation, open_video, flip=dataset.flip)

    def is_there(self) -> bool:
        """Whether the folder has label files yet: a synthetic dataset is drawn when its study begins."""
        return is_dataset(self.root)

    def check(self) -> None:
        """Raise FileNotFoundError or ValueError if the label files of a split are unusable."""
        self.dataset.check(self.splits)

    def build_cache(self) -> None:
        """Decode what the cache lacks; return at once if it is complete."""
        if self.decoded_cache:
            self._cache_folder()

    def description(self) -> dict[str, Any]:
        """The data as study.json describes it; ``unreadable`` counts the clips that the manifest marks as such."""
        dataset = self.dataset
        videos = {split: dataset.videos(split) for split in self.splits}
        return {
            "root": str(self.root),
            "fingerprint": dataset.fingerprint(),
            "num_classes": len(dataset.classes),
            "classes": dataset.classes,
            "clips": {split: len(videos[split]) for split in videos},
            "unreadable": {split: sum(bool(video.unreadable) for video in videos[split]) for split in videos},
        }

    def _cache_folder(self) -> Path:
        dataset = self.dataset
        videos = [video for split in self.splits for video in dataset.labelled(split)]
        return build_decoded_cache(videos, self.root / CACHE_FOLDER, dataset.open)


def data_of(experiment: Experiment, root: Path | None, manifest: Path | None = None) -> StudyData:
    """The data of ``experiment``: the folder ``root``, or the synthetic dataset that it names.

    Raises ValueError if there is neither, FileNotFoundError for a missing folder or ``manifest``.
    """
    check_manifest(manifest)
    if root is None:
        if experiment.synthetic is None:
            raise ValueError("--data is missing: this experiment needs a dataset's folder")
        root = Path("data") / _synthetic_name(experiment.synthetic)
    elif not root.is_dir():
        raise FileNotFoundError(f"{root} is missing: --data must name a dataset's folder")
    splits = tuple(dict.fromkeys(("train", "validation", experiment.eval_split)))
    return StudyData(root=root.absolute(), manifest=manifest, decoded_cache=experiment.decoded_cache, splits=splits)


def check_manifest(manifest: Path | None) -> None:
    """Raise FileNotFoundError if ``manifest`` is given but is not there."""
    if manifest and not manifest.is_file():
        raise FileNotFoundError(f"{manifest} is missing: --manifest must name what `data verify --manifest` wrote")


def _synthetic_name(config: SyntheticDataset) -> str:
    return f"synthetic-{config.motions}-{config.train}-{config.validation}-{config.test}-seed{config.seed}"


def prepare(data: StudyData, synthetic: SyntheticDataset | None, progress: Callable[[int, int], None]) -> None:
    """Draw the dataset if it is ``synthetic`` (None: a folder was given), and decode it for a decoded cache.

    Raises FileNotFoundError or ValueError for an unusable folder.
    """
    if synthetic:
        synthesize(data.root, synthetic, progress=progress)
    data.check()
    data.build_cache()
