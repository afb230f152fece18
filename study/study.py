"""A study: an experiment, its data, and the folder with the results so far."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from study.dataset import DataPlaces, StudyData, data_of
from study.growth import has_begun, refuse_changes
from study.plan.experiment import Experiment
from study.plan.protocol import Protocol
from study.plan.search import seed_groups, variation
from study.plan.trial import Trial, trials_from_dicts
from study.results.evaluated_rows import evaluated
from study.results.folder import StudyFolder, write_json
from study.results.provenance import content_hash
from study.results.tables import write_tables
from study.start_files import refuse_changed_files, start_hashes

MANIFEST_HASH = "manifest_hash"
"""The field of study.json by which a manifest is known that lies elsewhere now."""
START_HASHES = "start_hashes"
"""The field of study.json by which the files are known with which trials begin."""


class Study:
    """``trials``: those of the experiment, then those suggested by its search so far.

    ``suggestions``: a dictionary each, with the name of the ``base`` that is varied and the ``values`` by setting.
    """

    def __init__(self, experiment: Experiment, folder: StudyFolder, places: DataPlaces | None = None) -> None:
        """``places``: where its data lies; None: it is the experiment's synthetic dataset."""
        self.experiment, self.folder, self.places = experiment, folder, places or DataPlaces()
        self.trials = list(experiment.trials)
        self.suggestions: list[dict[str, Any]] = []
        for suggestion in folder.suggestions():
            if suggestion["base"] in self.bases:  # else check_experiment refuses the experiment
                self._join(**suggestion)

    @classmethod
    def begun_in(cls, root: Path, moved: DataPlaces | None = None) -> Self:
        """The study in the folder ``root``; its data lies where it was recorded, or now where ``moved`` says.

        Raises FileNotFoundError without a study, ValueError for another version's.
        """
        folder = StudyFolder(root.expanduser().absolute())
        recorded = folder.record()
        if not recorded:
            raise FileNotFoundError(f"{root / 'study.json'} is missing: pass the folder of a study")
        places = DataPlaces.recorded(recorded).but(moved or DataPlaces())
        try:
            return cls(Experiment.from_dict(recorded["configuration"]), folder, places)
        except (ValueError, TypeError, KeyError) as error:  # fields of another version
            raise ValueError(f"{folder.study_file}: {error}; run the experiment again with another --out") from error

    @cached_property
    def data(self) -> StudyData:
        """Raises ValueError or FileNotFoundError if there is none."""
        return data_of(self.experiment, self.places)

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
        return sum(self.to_suggest().values())

    def suggest(self, base: str, values: Mapping[str, Any]) -> list[Trial]:
        """Record a suggestion and return its trials, which from now on belong to the study."""
        trials = self._join(base, values)
        write_json(self.folder.suggestions_file, self.suggestions)
        return trials

    @cached_property
    def former(self) -> tuple[Trial, ...]:
        """The trials of the folder that were begun and that the experiment no longer has: they stay in the tables."""
        recorded = (self.folder.record() or {"trials": ()})["trials"]
        known = {trial.name for trial in self.trials}
        lost = [trial for trial in trials_from_dicts(recorded) if trial.name not in known]
        return tuple(trial for trial in lost if has_begun(trial, self.folder))

    def over(self) -> dict[str, str]:
        """Name -> status of the finished and stopped trials."""
        return {
            trial.name: self.folder.outcome(trial.name)["status"]
            for trial in self.trials
            if self.folder.is_over(trial.name)
        }

    def to_train(self) -> list[Trial]:
        """The trials that are neither finished nor stopped."""
        over = self.over()
        return [trial for trial in self.trials if trial.name not in over]

    def to_suggest(self) -> dict[Trial, int]:
        """How many variations of which trials the search has yet to suggest."""
        if self.experiment.search is None:
            return {}
        suggested = Counter(suggestion["base"] for suggestion in self.suggestions)
        left = {name: self.experiment.search.samples - suggested[name] for name in self.bases}
        return {trial: left[name] for name, group in self.bases.items() for trial in group if left[name] > 0}

    def to_evaluate(self) -> list[Trial]:
        """The finished trials of which not all is measured, since the experiment has come to evaluate at more."""
        finished = [trial for trial in self.trials if self.folder.is_finished(trial.name) and not trial.synthetic]
        return [trial for trial in finished if self.protocol.missing(evaluated(self.folder, trial.name))]

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.to_train() or self.to_evaluate() or self.trials_to_come)

    def write_tables(self) -> None:
        """Write the study's tables from the rows of its trials."""
        write_tables(self.trials, self.folder, self.former)

    def _configuration(self) -> dict[str, Any]:
        """The experiment and where its data lies, as ``begun_in`` reads them."""
        hashes = {MANIFEST_HASH: self._manifest_hash(), START_HASHES: self._recorded_hashes() | self._start_hashes}
        return {"configuration": self.experiment.as_dict(), **self.places.as_dict(), **hashes}

    def check_folder(self) -> None:
        """Raise ValueError if the folder holds a study that this one would spoil, or a study of other data.

        Data is the same where its label files and its manifest are, wherever they lie.
        """
        recorded = self.folder.record()
        if not recorded:
            return
        self.check_experiment()
        not_drawn = recorded["data_root"] or self.places.data_root
        if not_drawn and recorded["data"].get("fingerprint") != self._fingerprint():
            raise ValueError(
                f"{self.folder.root} holds a study of {recorded['data']['root']}, whose label files differ from those "
                f"of {self.data.root}: pass the same data, or another folder as --out"
            )
        manifest = self._manifest_hash()
        if recorded.get(MANIFEST_HASH, manifest) != manifest:
            raise ValueError(
                f"{self.folder.root} holds a study with the manifest {recorded['manifest']}, not "
                f"{self.places.manifest}: pass the same as --manifest, or another folder as --out"
            )

    def check_experiment(self) -> None:
        """Raise ValueError, naming the field or file, if trials of the study in the folder were begun with other
        settings, or with a file that has changed."""
        if self.folder.record():
            begun = Study.begun_in(self.folder.root)
            refuse_changes(begun.experiment, (*begun.trials, *begun.former), self.experiment, self.folder)
            refuse_changed_files(self.trials, self.folder, self._recorded_hashes(), self._start_hashes)

    @cached_property
    def _start_hashes(self) -> dict[str, str]:
        """Cached: of the files as they were before the session began with them."""
        return start_hashes(self.trials)

    def _recorded_hashes(self) -> dict[str, str]:
        """Those of earlier sessions, also of files that are lost since; none in a study of an earlier version."""
        return (self.folder.record() or {}).get(START_HASHES, {})

    def _fingerprint(self) -> str | None:
        return self.data.dataset.fingerprint() if self.data.is_there() else None

    def _manifest_hash(self) -> str | None:
        manifest = self.places.manifest
        return content_hash(manifest) if manifest else None

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
            "trials": [trial.as_dict() for trial in (*self.trials, *self.former)],
            "data": data_facts,
        }
        write_json(self.folder.study_file, record)

    def _join(self, base: str, values: Mapping[str, Any]) -> list[Trial]:
        trials = [variation(trial, values) for trial in self.bases[base]]
        self.suggestions.append({"base": base, "values": dict(values)})
        self.trials += trials
        return trials
