"""The folder of a study: where each file lies, and how it is written whole or not at all."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # drivers need the folder without the weight of pandas
    import pandas as pd

EVALUATIONS, PREDICTIONS, EPOCHS, OUTCOME = "evaluations.csv", "predictions.parquet", "epochs.csv", "outcome.json"


@dataclass(frozen=True)
class StudyFolder:
    """``root`` holds study.json and the tables; ``trials/NAME`` each trial's own rows, from which they are made."""

    root: Path

    @property
    def study_file(self) -> Path:
        """Configuration and provenance."""
        return self.root / "study.json"

    @property
    def ray(self) -> Path:
        """Ray's own records: TensorBoard events, logs."""
        return self.root / "ray"

    def trial(self, name: str) -> Path:
        """A trial's own rows."""
        return self.root / "trials" / name

    def checkpoints(self, name: str) -> Path:
        """A trial's last.pt and best.pt."""
        return self.root / "checkpoints" / name

    def outcome(self, name: str) -> dict[str, Any]:
        """How a trial ended: ``status`` and what goes with it; before its end "running" or "pending"."""
        path = self.trial(name) / OUTCOME
        if path.exists():
            return json.loads(path.read_text())
        return {"status": "running" if (self.trial(name) / EPOCHS).exists() else "pending"}

    def is_finished(self, name: str) -> bool:
        """Whether a trial is trained and evaluated."""
        return self.outcome(name)["status"] == "finished"


def write_json(path: Path, values: Any) -> None:
    """Write ``values`` as JSON, whole or not at all."""
    _write_whole(path, lambda part: part.write_text(json.dumps(values, indent=2) + "\n"))


def write_table(path: Path, table: "pd.DataFrame") -> None:
    """Write ``table`` as .csv or .parquet, whole or not at all."""
    if path.suffix == ".parquet":
        _write_whole(path, lambda part: table.to_parquet(part, index=False))
    else:
        _write_whole(path, lambda part: table.to_csv(part, index=False))


def _write_whole(path: Path, write: Callable[[Path], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        write(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
