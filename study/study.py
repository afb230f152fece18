"""A study: an experiment, its data, and the folder with the results so far."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from study.dataset import StudyData, data_of
from study.plan.experiment import Experiment
from study.plan.search import seed_groups, variation
from study.plan.trial import Trial
from study.results.folder import StudyFolder, write_json
from study.results.tables import write_tables
from study.run_trial import Protocol

PLACES = ("data_root", "manifest", "labels")
"""What study.json records of where the data lies."""


class Study:
    """``trials``: those of the experiment, then those suggested by its search so far.

    ``suggestions``: a dictionary each, with the name of the ``base`` that is varied and the ``values`` by setting.
    """

    def __init__(
        self,
        experiment: Experiment,
        folder: StudyFolder,
        data_root: Path | None = None,
        manifest: Path | None = None,
        labels: Path | None = None,
    ) -> None:
        """``data_root``: the dataset's folder; None: the experiment's synthetic dataset.

        ``manifest`` and ``labels``, the folder of the label files: if they are elsewhere.
        """
        self.experiment, self.folder = experiment, folder
        self.data_root = data_root and data_root.absolute()
        self.manifest = manifest and manifest.absolute()
        self.labels = labels and labels.absolute()
        self.trials = list(experiment.trials)
        self.suggestions: list[dict[str, Any]] = []
        for suggestion in folder.suggestions():
            self._join(**suggestion)

    @classmethod
    def begun_in(cls, root: Path, data_root: Path | None = None, labels: Path | None = None) -> Self:
        """The study in the folder ``root``, its data and label files now in ``data_root`` and ``labels`` if given.

        Raises FileNotFoundError without a study, ValueError for another version's.
        """
        folder = StudyFolder(root.expanduser().absolute())
        recorded = folder.record()
        if not recorded:
            raise FileNotFoundError(f"{root / 'study.json'} is missing: pass the folder of a study")
        places = {name: Path(place) if (place := recorded.get(name)) else None for name in PLACES}
        moved = {"data_root": data_root or places["data_root"], "labels": labels or places["labels"]}
        try:
            return cls(Experiment.from_dict(recorded["configuration"]), folder, **(places | moved))
        except (ValueError, TypeError, KeyError) as error:  # fields of another version
            raise ValueError(f"{folder.study_file}: {error}; run the experiment again with another --out") from error

    @cached_property
    def data(self) -> StudyData:
        """Raises ValueError or FileNotFoundError if there is none."""
        return data_of(self.experiment, self.data_root, self.manifest, self.labels)

    @property
    def protocol(self) -> Protocol:
        """What is measured of every trial."""
        experiment = self.experiment
        return Protocol(
            eval_frames=experiment.eval_frames,
            others=experiment.other_protocols,
            eval_split=experiment.eval_split,
            validation_frames=experiment.validation_frames,
        )

    @cached_property
    def bases(self) -> dict[str, tuple[Trial, ...]]:
        """What a search varies: trials that differ only in their seed, by the first one's name."""
        return {group[0].name: group for group in seed_groups(self.experiment.trials)}

    @property
    def trials_to_come(self) -> int:
        """How many trials the search has yet to suggest."""
        if self.experiment.search is None:
            return 0
        planned = self.experiment.search.samples * sum(map(len, self.bases.values()))
        return planned + len(self.experiment.trials) - len(self.trials)

    def suggest(self, base: str, values: Mapping[str, Any]) -> list[Trial]:
        """Record a suggestion and return its trials, which from now on belong to the study."""
        trials = self._join(base, values)
        write_json(self.folder.suggestions_file, self.suggestions)
        return trials

    def over(self) -> dict[str, str]:
        """Name -> status of the finished and stopped trials."""
        return {
            trial.name: self.folder.outcome(trial.name)["status"]
            for trial in self.trials
            if self.folder.is_over(trial.name)
        }

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return len(self.over()) == len(self.trials) and not self.trials_to_come

    def write_tables(self) -> None:
        """Write the study's tables from the rows of its trials."""
        write_tables(self.trials, self.folder)

    def _configuration(self) -> dict[str, Any]:
        """The experiment and where its data lies, as ``begun_in`` reads them."""
        named = {name: str(place) if (place := getattr(self, name)) else None for name in PLACES}
        return {"configuration": self.experiment.as_dict(), **named}

    def check_folder(self) -> None:
        """Raise ValueError if the folder holds the study of another configuration, or of other data.

        Data is the same where its label files are, wherever they lie.
        """
        recorded = self.folder.record()
        if not recorded:
            return
        begun = Study.begun_in(self.folder.root)
        if (begun.experiment.as_dict(), begun.manifest) != (self.experiment.as_dict(), self.manifest):
            raise ValueError(
                f"{self.folder.root} holds the study of another configuration: pass another folder as --out"
            )
        if (begun.data_root or self.data_root) and recorded["data"].get("fingerprint") != self._fingerprint():
            raise ValueError(
                f"{self.folder.root} holds a study of {recorded['data']['root']}, whose label files differ from those "
                f"of {self.data.root}: pass the same data, or another folder as --out"
            )

    def _fingerprint(self) -> str | None:
        return self.data.dataset.fingerprint() if self.data.is_there() else None

    def write_record(self, sessions: Sequence[Mapping[str, Any]], data_facts: Mapping[str, Any]) -> None:
        """Write study.json: the configuration, and what readers of the tables need besides."""
        experiment = self.experiment
        training = next((trial for trial in self.trials if not trial.synthetic), self.trials[0]).training
        protocol = {
            "eval_frames": experiment.eval_frames,
            "eval_split": experiment.eval_split,
            "crop_size": training.crop_size,
            "short_side": training.short_side,
        }
        record = {
            "name": experiment.name,
            "question": experiment.question,
            **self._configuration(),
            "sessions": sessions,
            "protocol": protocol,
            "trials": [trial.as_dict() for trial in self.trials],
            "data": data_facts,
        }
        write_json(self.folder.study_file, record)

    def _join(self, base: str, values: Mapping[str, Any]) -> list[Trial]:
        trials = [variation(trial, values) for trial in self.bases[base]]
        self.suggestions.append({"base": base, "values": dict(values)})
        self.trials += trials
        return trials
