"""The folder of a study: where each file is, and how it is written, whole or not at all."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ffn.data.text_files import read_json
from ffn.files import write_atomically
from study.results import schema

if TYPE_CHECKING:  # Ray's processes use the folder without importing pandas
    import pandas as pd

EPOCHS, EVALUATIONS, PREDICTIONS = schema.EPOCHS.file, schema.EVALUATIONS.file, schema.PREDICTIONS.file
BATCHNORM, OUTCOME = schema.BATCHNORM.file, "outcome.json"


@dataclass(frozen=True)
class StudyFolder:
    """``root`` holds study.json and the tables; ``trials/NAME`` each trial's rows, of which the tables are made."""

    root: Path

    @property
    def study_file(self) -> Path:
        """Configuration and provenance."""
        return self.root / "study.json"

    @property
    def suggestions_file(self) -> Path:
        """The suggestions of the search so far."""
        return self.root / "suggestions.json"

    @property
    def ray(self) -> Path:
        """Ray's own records and logs."""
        return self.root / "ray"

    @property
    def tensorboard(self) -> Path:
        """A folder of event files per trial."""
        return self.root / "tensorboard"

    @property
    def examples(self) -> Path:
        """A strip of frames of each class."""
        return self.root / "examples"

    def trial(self, name: str) -> Path:
        """A trial's own rows."""
        return self.root / "trials" / name

    def checkpoints(self, name: str) -> Path:
        """A trial's last.pt and best.pt."""
        return self.root / "checkpoints" / name

    def record(self) -> dict[str, Any] | None:
        """The content of study.json; None before the study has begun."""
        return read_json(self.study_file) if self.study_file.exists() else None

    def suggestions(self) -> list[dict[str, Any]]:
        """The suggestions of the search so far, in order."""
        return read_json(self.suggestions_file) if self.suggestions_file.exists() else []

    def epochs(self, name: str) -> list[dict[str, Any]]:
        """A trial's rows of epochs.csv; none before its first epoch ends."""
        import pandas as pd

        path = self.trial(name) / EPOCHS
        return pd.read_csv(path).to_dict("records") if path.exists() else []

    def outcome(self, name: str) -> dict[str, Any]:
        """How a trial ended: ``status`` with details; before its end "running" or "pending"."""
        path = self.trial(name) / OUTCOME
        if path.exists():
            return read_json(path)
        return {"status": "running" if (self.trial(name) / EPOCHS).exists() else "pending"}

    def is_finished(self, name: str) -> bool:
        """Whether a trial is trained and evaluated."""
        return self.outcome(name)["status"] == "finished"

    def is_over(self, name: str) -> bool:
        """Whether a trial is finished or was stopped early."""
        return self.outcome(name)["status"] in ("finished", "stopped")

    def has_failed(self, name: str) -> bool:
        """Whether a trial failed, or is finished and could not be evaluated at what the experiment gained."""
        outcome = self.outcome(name)
        return outcome["status"] == "failed" or (outcome["status"] == "finished" and "reason" in outcome)

    def write_failure(self, name: str, reason: str) -> None:
        """Record why a trial failed, in one line. One that is over stays so: a finished one gets the reason beside its
        outcome, a stopped one keeps its own."""
        outcome = self.outcome(name)
        if outcome["status"] == "stopped":
            return
        kept = outcome if outcome["status"] == "finished" else {"status": "failed"}
        write_json(self.trial(name) / OUTCOME, kept | {"reason": " ".join(reason.split())})

    def forget_failure(self, name: str) -> None:
        """Leave of a trial's outcome what there was before it failed."""
        outcome = self.outcome(name)
        if outcome["status"] == "failed":
            (self.trial(name) / OUTCOME).unlink()
        elif self.has_failed(name):
            write_json(self.trial(name) / OUTCOME, {key: outcome[key] for key in outcome if key != "reason"})


def write_json(path: Path, values: Any) -> None:
    """Write ``values`` as JSON, whole or not at all."""
    _write(path, (json.dumps(values, indent=2) + "\n").encode())


def write_table(path: Path, table: "pd.DataFrame") -> None:
    """Write ``table`` as .csv or .parquet, whole or not at all."""
    parquet = path.suffix == ".parquet"
    _write(path, table.to_parquet(index=False) if parquet else table.to_csv(index=False).encode())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content)
