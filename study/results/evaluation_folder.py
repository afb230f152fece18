"""The folder of ``study evaluate --out``: one checkpoint's evaluations, and whose they are."""

from pathlib import Path

from ffn.data.text_files import read_json
from ffn.files import check_writable
from study.results.folder import EVALUATIONS, StudyFolder, write_json
from study.results.provenance import content_hash

RECORD = "checkpoint.json"


def check_evaluation_folder(out: Path, checkpoint: Path) -> None:
    """Raise ValueError if evaluations in ``out`` would replace a study's, or those of another file than ``checkpoint``,
    and OSError if no file can be made there."""
    if StudyFolder(out).study_file.exists():
        raise ValueError(f"--out {out} holds a study, whose tables this would replace: pass another folder")
    check_writable(next(folder for folder in (out, *out.absolute().parents) if folder.exists()))
    if not (out / EVALUATIONS).exists():
        return
    recorded = read_json(out / RECORD) if (out / RECORD).exists() else {}
    if recorded.get("hash") != content_hash(checkpoint):
        whose = recorded.get("checkpoint", "a checkpoint that is not recorded")
        raise ValueError(f"--out {out} has the evaluations of {whose}, which this would replace: pass another folder")


def record_checkpoint(out: Path, checkpoint: Path) -> None:
    """Write down of which checkpoint the evaluations in ``out`` are."""
    write_json(out / RECORD, {"checkpoint": str(checkpoint.absolute()), "hash": content_hash(checkpoint)})
