"""The videos that a study trains and evaluates on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from ffn.data.clips import ClipDataset, ClipPreparation
from ffn.data.dataset import VideoDataset
from ffn.data.decoded_cache import DecodedCache, build_decoded_cache
from ffn.data.decord_reader import require_reader
from ffn.data.layouts.registry import is_dataset, open_dataset
from ffn.data.reading import Reader
from ffn.data.synthetic import SyntheticDataset, synthesize
from ffn.data.videos import Split, Video
from study.plan.experiment import Experiment
from study.plan.trial import Trial

CACHE_FOLDER = "decoded"


@dataclass(frozen=True, kw_only=True)
class DataPlaces:
    """Where the parts of a study's data lie: absolute paths, as study.json records them by these names."""

    data_root: Path | None = None
    """The dataset's folder; None: the experiment's synthetic dataset."""
    manifest: Path | None = None
    """The manifest; None: manifest.csv in the dataset's folder, if there is one."""
    labels: Path | None = None
    """The folder of the label files; None: they are in the dataset's folder."""

    def __post_init__(self) -> None:
        for name, place in vars(self).items():
            object.__setattr__(self, name, place and place.absolute())

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> Self:
        """Those of a study.json."""
        return cls(**{field.name: Path(place) if (place := record.get(field.name)) else None for field in fields(cls)})

    def as_dict(self) -> dict[str, str | None]:
        """As ``recorded`` reads them."""
        return {name: str(place) if place else None for name, place in vars(self).items()}

    def but(self, moved: "DataPlaces") -> "DataPlaces":
        """These places, but where ``moved`` names one: that."""
        return replace(self, **{name: place for name, place in vars(moved).items() if place})


@dataclass(frozen=True, kw_only=True)
class StudyData:
    """A dataset's folder, and whether its decoded frames are cached beside it."""

    root: Path
    manifest: Path | None = None
    """The manifest; None: manifest.csv in ``root``, if there is one."""
    labels: Path | None = None
    """The folder of the label files; None: they are in ``root``."""
    cached_side: int | None = None
    """The short side in pixels to which cached frames are scaled down; None: nothing is cached."""
    splits: tuple[Split, ...] = field(default=("train", "validation"))
    fold: int | None = None
    """The fold that is the split "validation" of a dataset with folds; None: none is chosen yet."""
    synthetic: SyntheticDataset | None = None
    """What is drawn into ``root`` when the study begins; None: the folder is there."""
    others: Mapping[SyntheticDataset, "StudyData"] = field(default_factory=dict)
    """The data of the trials that have synthetic clips of their own."""
    reader: Reader = "pyav"
    """What decodes video files into clips. The decoded cache is written with the default."""

    def of(self, trial: Trial) -> "StudyData":
        """What ``trial`` trains on, read with its reader."""
        own = self.others[trial.synthetic] if trial.synthetic else replace(self, fold=trial.fold)
        return replace(own, reader=trial.training.reader)

    @property
    def dataset(self) -> VideoDataset:
        """The folder's videos and labels. Raises FileNotFoundError or ValueError for an unusable folder."""
        dataset = open_dataset(self.root, self.manifest, self.labels)
        return dataset if self.fold is None else dataset.fold(self.fold)

    @property
    def num_classes(self) -> int:
        """How many classes the label map has."""
        return len(self.dataset.classes)

    def clips(self, split: Split, preparation: ClipPreparation) -> ClipDataset:
        """One split's videos as clips."""
        dataset = self.dataset
        open_video = (
            dataset.opener(self.reader) if self.cached_side is None else DecodedCache(self._cache_folder()).open
        )
        return ClipDataset(dataset.videos(split), preparation, open_video, flip=dataset.flip)

    def videos(self, split: Split) -> tuple[Video, ...]:
        """The videos of a split; as long as no fold is chosen, those of this split in each fold."""
        dataset = self.dataset
        folds = range(dataset.num_folds) if self.fold is None else ()
        return tuple(video for part in ([*map(dataset.fold, folds)] or [dataset]) for video in part.videos(split))

    def places(self, split: Split) -> np.ndarray:
        """The numbers by which tables call the videos of ``split``: their places in it, or among those of all folds."""
        dataset = self.dataset
        if self.fold is None:
            return np.arange(len(dataset.labelled(split)))
        places = {video.id: place for place, video in enumerate(dataset.all_videos())}
        return np.array([places[video.id] for video in dataset.labelled(split)])

    def is_there(self) -> bool:
        """Whether the folder has label files yet: a synthetic dataset is drawn when its study begins."""
        return self.labels is not None or is_dataset(self.root)

    def prepare(self, progress: Callable[[int, int], None]) -> None:
        """Draw the dataset if it is synthetic, and decode it for a cache, each unless that is done.

        Raises FileNotFoundError or ValueError for an unusable folder.
        """
        if self.synthetic:
            synthesize(self.root, self.synthetic, progress=progress)
        self.dataset.check(() if self.dataset.num_folds else self.splits)
        if self.cached_side is not None:
            self._cache_folder()
        for other in self.others.values():
            other.prepare(progress)

    def description(self) -> dict[str, Any]:
        """The data as study.json describes it; ``unreadable`` counts the clips that the manifest marks as such.

        Each clip of a dataset with folds is once in the split "validation", which alone is counted.
        """
        dataset = self.dataset
        videos = {split: self.videos(split) for split in (("validation",) if self._divided else self.splits)}
        return {
            "root": str(self.root),
            "fingerprint": dataset.fingerprint(),
            "num_classes": len(dataset.classes),
            "classes": dataset.classes,
            "folds": dataset.num_folds,
            "clips": {split: len(videos[split]) for split in videos},
            "unreadable": {split: sum(bool(video.unreadable) for video in videos[split]) for split in videos},
        }

    def facts(self) -> dict[str, Any]:
        """``description`` of a dataset that is there, and of the trials' own under "pre_training"."""
        own = self.description() if self.is_there() else {"root": str(self.root)}
        others = [other.facts() for other in self.others.values()]
        return own | {"pre_training": others} if others else own

    @property
    def _divided(self) -> bool:
        return self.fold is None and self.dataset.num_folds > 0

    def _cache_folder(self) -> Path:
        assert self.cached_side is not None
        dataset = self.dataset
        of_splits = (video for split in self.splits for video in dataset.labelled(split))
        videos = dataset.all_videos() if dataset.num_folds else tuple(of_splits)
        return build_decoded_cache(videos, self.root / CACHE_FOLDER, dataset.open, short_side=self.cached_side)


def data_of(experiment: Experiment, places: DataPlaces) -> StudyData:
    """The data of ``experiment``: what lies at ``places``, or the synthetic dataset that it names.

    Raises ValueError if there is neither, its folds are not the experiment's, or a trial's reader is not installed;
    FileNotFoundError for a path that is missing.
    """
    root = places.data_root
    check_manifest(places.manifest)
    for trial in experiment.trials:
        require_reader(trial.training.reader)
    if root is not None and not root.is_dir():
        raise FileNotFoundError(f"{root} is missing: --data must name a dataset's folder")
    if places.labels and root is None:
        raise ValueError("--labels is given without --data: name the folder of the videos as well")
    synthetic = None if root else experiment.synthetic
    folder = _synthetic_root(synthetic) if synthetic else root
    if folder is None:
        raise ValueError("--data is missing: this experiment needs a dataset's folder")
    sides = experiment.cached_sides
    data = StudyData(
        root=folder.absolute(),
        manifest=places.manifest,
        labels=places.labels,
        cached_side=sides.get(None),
        splits=tuple(dict.fromkeys(("train", "validation", experiment.eval_split))),
        synthetic=synthetic,
        others={
            own: StudyData(root=_synthetic_root(own).absolute(), cached_side=sides.get(own), synthetic=own)
            for own in dict.fromkeys(trial.synthetic for trial in experiment.trials)
            if own
        },
    )
    _check_folds(experiment, data)
    return data


def check_manifest(manifest: Path | None) -> None:
    """Raise FileNotFoundError if ``manifest`` is given but is not there."""
    if manifest and not manifest.is_file():
        raise FileNotFoundError(f"{manifest} is missing: --manifest must name what `data verify --manifest` wrote")


def _synthetic_root(config: SyntheticDataset) -> Path:
    return (
        Path("data") / f"synthetic-{config.motions}-{config.train}-{config.validation}-{config.test}-seed{config.seed}"
    )


def _check_folds(experiment: Experiment, data: StudyData) -> None:
    """Raise ValueError unless the trials are those of each fold of the dataset, if it has folds."""
    found = data.dataset.num_folds if data.is_there() else 0
    used = {trial.fold for trial in experiment.trials if not trial.synthetic}
    if used == ({*range(found)} if found else {None}):
        return
    numbers = sorted(fold for fold in used if fold is not None)
    trials = f"trials for the folds {', '.join(map(str, numbers))}" if numbers else "trials for no fold"
    without = "pass a dataset with folds as --data" if data.synthetic else "leave the folds out"
    mend = f"run it with --folds {found}" if found else without
    raise ValueError(f"fold: {data.root} has {found or 'no'} folds, the experiment has {trials}: {mend}")
