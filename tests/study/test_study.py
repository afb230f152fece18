"""What a study's folder records: it comes back, and what another version wrote is refused."""

import json
import shutil
from dataclasses import replace

import pytest

from experiments.demo import TINY, experiment
from ffn.data.layouts.registry import open_dataset
from ffn.data.layouts.something_something import LABEL_FOLDER, VIDEO_FOLDER
from ffn.data.manifest import ManifestRow, write_manifest
from study.__main__ import main
from study.dataset import DataPlaces
from study.results.folder import StudyFolder, write_json
from study.study import START_HASHES, Study


@pytest.fixture
def study(tmp_path):
    begun = Study(experiment, StudyFolder(tmp_path))
    begun.write_record([], {})
    return begun


def test_a_study_comes_back_from_its_folder(study):
    again = Study.begun_in(study.folder.root)
    assert (again.experiment, again.trials) == (study.experiment, study.trials)
    again.check_folder()


def test_a_manifest_and_labels_elsewhere_belong_to_the_study(videos, tmp_path):
    dataset = open_dataset(videos)
    unreadable = [ManifestRow(id=video.id, reason="lost") for video in dataset.labelled("train")[:3]]
    write_manifest(tmp_path / "elsewhere.csv", unreadable)
    root, labels = videos / VIDEO_FOLDER, videos / LABEL_FOLDER
    places = DataPlaces(data_root=root, manifest=tmp_path / "elsewhere.csv", labels=labels)
    begun = Study(experiment, StudyFolder(tmp_path / "study"), places)
    begun.write_record([], begun.data.facts())
    again = Study.begun_in(begun.folder.root)
    assert again.data == begun.data
    moved = Study.begun_in(begun.folder.root, DataPlaces(labels=shutil.copytree(labels, tmp_path / "moved")))
    moved.check_folder()
    assert (moved.data.root, moved.data.labels) == (root, tmp_path / "moved")
    assert again.data.description()["unreadable"] == {"train": 3, "validation": 0, "test": 0}
    manifest = (tmp_path / "elsewhere.csv").rename(tmp_path / "moved.csv")
    Study.begun_in(begun.folder.root, DataPlaces(manifest=manifest)).check_folder()
    with pytest.raises(FileNotFoundError, match="--manifest must name"):
        Study.begun_in(begun.folder.root).check_folder()
    with pytest.raises(ValueError, match="elsewhere.csv, not None: pass the same as --manifest"):
        Study(experiment, begun.folder, DataPlaces(data_root=videos)).check_folder()


def test_a_file_that_has_changed_is_refused_once_a_trial_began_with_it(tmp_path, capsys):
    start, weights = tmp_path / "start.pt", tmp_path / "weights.pt"
    trials = (TINY.vary(start=start), TINY.vary(variant="weights", weights=str(weights)))
    of_files = replace(experiment, trials=trials)
    for file in (start, weights):
        file.write_text("a checkpoint")
    study = Study(of_files, StudyFolder(tmp_path / "study"))
    study.write_record([], {})
    for file, trial in ((start, trials[0]), (weights, trials[1])):
        file.write_text("another checkpoint")
        Study(of_files, study.folder).check_folder()  # nothing has begun with it
        study.folder.checkpoints(trial.name).mkdir(parents=True)
        assert main(["resume", str(study.folder.root)]) == 2
        printed = capsys.readouterr().err
        assert f"{file} has changed since {trial.name} in {study.folder.root} began with it" in printed
        assert "--out" in printed and len(printed.splitlines()) == 1
        file.unlink()  # a finished study needs it no longer
        Study(of_files, study.folder).write_record([], {})
        file.write_text("another checkpoint")
        with pytest.raises(ValueError, match="has changed"):
            Study(of_files, study.folder).check_folder()
        file.write_text("a checkpoint")
    Study(of_files, study.folder).check_folder()


def test_a_study_of_a_version_that_did_not_record_its_files_is_resumed_and_then_does(tmp_path):
    start = tmp_path / "start.pt"
    start.write_text("a checkpoint")
    study = Study(replace(experiment, trials=(TINY.vary(start=start),)), StudyFolder(tmp_path / "study"))
    study.write_record([], {})
    study.folder.checkpoints(study.trials[0].name).mkdir(parents=True)
    record = study.folder.record()
    write_json(study.folder.study_file, {key: record[key] for key in record if key != START_HASHES})
    start.write_text("another checkpoint")
    resumed = Study.begun_in(study.folder.root)
    resumed.check_folder()
    resumed.write_record([], {})
    start.write_text("a checkpoint")
    with pytest.raises(ValueError, match="has changed"):
        Study.begun_in(study.folder.root).check_folder()


@pytest.fixture
def begun(videos, tmp_path):
    """A study of the small videos, with what its first session records."""
    study = Study(experiment, StudyFolder(tmp_path / "study"), DataPlaces(data_root=videos))
    study.write_record([], study.data.facts())
    return study


def test_data_that_was_moved_is_the_same_data(begun, videos, tmp_path):
    moved = shutil.copytree(videos, tmp_path / "moved")
    for root in (moved, videos / "labels" / ".."):
        Study(experiment, begun.folder, DataPlaces(data_root=root)).check_folder()
        again = Study.begun_in(begun.folder.root, DataPlaces(data_root=root))
        again.check_folder()
        assert again.data.root == root
    again.write_record([], again.data.facts())
    assert Study.begun_in(begun.folder.root).data.root == again.data.root


def test_other_label_files_are_refused_with_both_folders(begun, videos, tmp_path):
    other = shutil.copytree(videos, tmp_path / "other")
    (other / "labels" / "train.json").write_text((videos / "labels" / "validation.json").read_text())
    places = DataPlaces(data_root=other)
    for study in (Study(experiment, begun.folder, places), Study.begun_in(begun.folder.root, places)):
        with pytest.raises(ValueError, match=f"{videos}, whose label files differ from those of {other}"):
            study.check_folder()


@pytest.mark.parametrize(
    ("words", "given", "named"),
    [
        (["run", "experiments/demo.py", "--data", "DATA", "--out", "OUT"], "--manifest", "nowhere is missing"),
        (
            ["evaluate", "--checkpoint", "none.pt", "--data", "DATA", "--frames", "4"],
            "--manifest",
            "nowhere is missing",
        ),
        (["run", "experiments/demo.py", "--data", "DATA", "--out", "OUT"], "--labels", "labels.json is missing"),
        (["run", "experiments/demo.py", "--out", "OUT"], "--labels", "without --data"),
        (["run", "experiments/demo.py", "--dry-run"], "--labels", "without --data"),
        (
            ["retrofit", "--checkpoint", "none.pt", "--data", "DATA", "--frames", "4"],
            "--labels",
            "labels.json is missing",
        ),
        (["data", "verify", "DATA"], "--labels", "labels.json is missing"),
    ],
)
def test_a_manifest_and_labels_that_are_missing_are_named(words, given, named, videos, tmp_path, capsys):
    places = {"DATA": str(videos), "OUT": str(tmp_path)}
    assert main([*(places.get(word, word) for word in words), given, "nowhere"]) == 2
    printed = capsys.readouterr().err
    assert named in printed
    assert printed.count("\n") == 1


def flat_trials(configuration):
    """As before a trial had its training and its resources as parts."""
    parts = ("training", "resources")
    trials = [
        {key: value for key, value in trial.items() if key not in parts} | trial["training"] | trial["resources"]
        for trial in configuration["trials"]
    ]
    return configuration | {"trials": trials}


OTHER_VERSIONS = {
    "flat trials": flat_trials,
    "an unknown field": lambda configuration: configuration | {"colour": "red"},
    "an unknown setting": lambda configuration: configuration | {"stopping": {"method": "asha", "colour": "red"}},
    "no trials": lambda configuration: {key: value for key, value in configuration.items() if key != "trials"},
}


@pytest.mark.parametrize("words", [["resume"], ["run", "experiments/demo.py", "--out"]], ids=lambda words: words[0])
@pytest.mark.parametrize("changed", OTHER_VERSIONS.values(), ids=OTHER_VERSIONS)
def test_a_study_of_another_version_is_refused_in_one_line_with_its_file_and_the_mend(words, changed, study, capsys):
    file = study.folder.study_file
    record = json.loads(file.read_text())
    write_json(file, record | {"configuration": changed(record["configuration"])})
    before = file.read_bytes()
    assert main([*words, str(study.folder.root)]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"study: {file}: ")
    assert printed.endswith("; run the experiment again with another --out\n")
    assert len(printed.splitlines()) == 1
    assert file.read_bytes() == before
