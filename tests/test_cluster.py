"""The cluster's files, as far as they can be checked without a cluster: Ray's schema, Ray's packaging, bash."""

import os
import re
import shlex
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from ray._private.runtime_env.packaging import create_package
from ray.autoscaler._private.util import prepare_config, validate_config
from ray.util.accelerators.accelerators import NVIDIA_H200

from experiments.methods import TSM
from tests.running import wait_for

ROOT = Path(__file__).parents[1]
AWS, OWN_MACHINES = CLUSTERS = (ROOT / "cluster.yaml", ROOT / "experiments" / "cluster_local.yaml")
SLURM = ROOT / "experiments" / "slurm"
BATCH_FILES = sorted(SLURM.glob("*.sbatch"))
UPLOAD_LIMIT = 100 * 2**20


def prepared(path):
    return prepare_config(yaml.safe_load(path.read_text()))


def commands_of(cluster):
    return [command for key, commands in cluster.items() if key.endswith("_commands") for command in commands]


@pytest.mark.parametrize("path", CLUSTERS, ids=lambda path: path.stem)
def test_ray_accepts_the_cluster(path):
    cluster = prepared(path)
    validate_config(cluster)
    for command in commands_of(cluster):
        subprocess.run(["bash", "-n", "-c", command], check=True)


def test_h200_nodes_come_from_nothing_and_hold_a_trial_on_each_gpu():
    cluster = prepared(AWS)
    types = cluster["available_node_types"]
    workers = [kind for name, kind in types.items() if name != cluster["head_node_type"]]
    assert [worker["node_config"]["InstanceType"] for worker in workers] == ["p5en.48xlarge"]
    assert workers[0]["min_workers"] == 0 < workers[0]["max_workers"]
    assert workers[0]["resources"] == {"CPU": 192, "GPU": 8, f"accelerator_type:{NVIDIA_H200}": 1}
    assert TSM.resources.cpus / TSM.resources.gpus * 8 <= 192
    assert types[cluster["head_node_type"]]["max_workers"] == 0


@pytest.mark.parametrize("path", CLUSTERS, ids=lambda path: path.stem)
def test_setup_installs_this_project_at_one_commit_with_the_tested_versions(path):
    setup = " && ".join(prepared(path)["setup_commands"])
    assert "git checkout --quiet FILL_IN_COMMIT" in setup
    constraints = re.findall(r"-c (\S+)", setup)
    editable = re.findall(r"-e (\S+)", setup)
    assert constraints and all((ROOT / name).is_file() for name in constraints)
    assert editable and all((ROOT / folder / "pyproject.toml").is_file() for folder in editable)
    assert re.search(r"python\d\.\d+", setup)[0] in (ROOT / "Makefile").read_text()


def travelling(folder, archive):
    """Names of what Ray packs of ``folder``, with its own list and .gitignore switched off."""
    create_package(str(folder), archive, include_gitignore=False, excludes=[])
    return set(zipfile.ZipFile(archive).namelist())


def test_data_results_and_environments_do_not_travel(tmp_path):
    project = tmp_path / "project"
    left_behind = {
        ".git/HEAD", ".venv/bin/python", "study/__pycache__/run.pyc", "x.egg-info/PKG-INFO", ".ruff_cache/x",
        ".pytest_cache/x", "data/clip.webm", "results/demo/study.json", "slurm-7.out",
    }  # fmt: skip
    travels = {"ffn/data/clips.py", "study/results/folder.py", "experiments/demo.py", "pyproject.toml"}
    for name in left_behind | travels:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(name)
    (project / ".rayignore").write_bytes((ROOT / ".rayignore").read_bytes())
    assert travelling(project, tmp_path / "package.zip") == travels | {".rayignore"}


def test_the_whole_project_travels_far_below_the_limit(tmp_path):
    archive = tmp_path / "package.zip"
    names = travelling(ROOT, archive)
    packages = ("ffn", "study", "experiments", "analysis")
    modules = {str(path.relative_to(ROOT)) for package in packages for path in (ROOT / package).rglob("*.py")}
    assert modules <= names
    assert archive.stat().st_size < UPLOAD_LIMIT / 10


@pytest.mark.parametrize("path", sorted(SLURM.iterdir()), ids=lambda path: path.name)
def test_bash_can_read_the_batch_files(path):
    subprocess.run(["bash", "-n", str(path)], check=True)


STAND_INS = {
    # Writes down how it was called, begins its study, and ends with the status in $ENDS_WITH, or at SIGINT with 130.
    "python": f"""#!{sys.executable}
import os, pathlib, signal, sys, time
def stop(*_): sys.exit(130)
signal.signal(signal.SIGINT, stop)
folder = pathlib.Path(os.environ["STUDY"])
folder.mkdir(exist_ok=True)
(folder / "study.json").touch()
with open("calls", "a") as calls: print("python", *sys.argv[1:], os.environ.get("RAY_ADDRESS", "alone"), file=calls)
if "ENDS_WITH" in os.environ: sys.exit(int(os.environ["ENDS_WITH"]))
time.sleep(60)
""",
    "scontrol": '#!/bin/bash\necho "scontrol $*" >> calls\n',
    "srun": '#!/bin/bash\nwhile [[ $1 == -* ]]; do shift; done\n"$@"\n',
    "ray": '#!/bin/bash\nwhile [[ $1 != -- ]]; do shift; done\n"${@:2}"\n',
}


@pytest.fixture
def submit(tmp_path):
    """Runs a batch file as Slurm would, on a machine without Slurm and Ray; ``calls`` is what it called."""
    (tmp_path / "experiments").symlink_to(ROOT / "experiments")
    activate = tmp_path / ".venv" / "bin" / "activate"
    activate.parent.mkdir(parents=True)
    activate.write_text(f"PATH={shlex.quote(str(activate.parent))}:$PATH\n")
    for name, text in STAND_INS.items():
        (activate.parent / name).write_text(text)
        (activate.parent / name).chmod(0o755)

    def start(batch_file, **variables):
        job = {"SLURM_JOB_ID": "7", "SLURM_CPUS_ON_NODE": "128", "SLURM_JOB_NUM_NODES": "2"}
        job |= {"PATH": os.environ["PATH"], "STUDY": str(tmp_path / "study"), "TMPDIR": str(tmp_path)}
        words = ["bash", str(batch_file), str(tmp_path / "study"), "experiments/demo.py", "--data", "clips of mine"]
        return subprocess.Popen(words, cwd=tmp_path, env=job | variables)

    return start


@pytest.fixture
def calls(tmp_path):
    """Lines of what the stand-ins were called with."""
    record = tmp_path / "calls"
    return lambda: record.read_text().splitlines() if record.exists() else []


@pytest.mark.parametrize("batch_file", BATCH_FILES, ids=lambda path: path.stem)
def test_at_the_notice_the_study_stops_and_its_job_starts_again_to_resume_it(batch_file, submit, calls, tmp_path):
    job = submit(batch_file)
    wait_for(calls, seconds=60)
    job.send_signal(signal.SIGUSR1)
    assert job.wait(timeout=60) == 130
    ran, requeued = calls()
    study, ray = tmp_path / "study", r"alone" if batch_file.stem == "one_node" else r"[\d.]+:6379"
    command = f"python -m study run experiments/demo.py --data clips of mine --out {study} {ray}"
    assert re.fullmatch(command, ran)
    assert requeued == "scontrol requeue 7"
    assert submit(batch_file, ENDS_WITH="0").wait(timeout=60) == 0
    (resumed,) = calls()[2:]
    assert re.fullmatch(command, resumed)  # which resumes, with what was given to this job


@pytest.mark.parametrize("batch_file", BATCH_FILES, ids=lambda path: path.stem)
def test_a_study_that_failed_ends_its_job(batch_file, submit, calls):
    assert submit(batch_file, ENDS_WITH="1").wait(timeout=60) == 1
    assert len(calls()) == 1


def test_a_job_whose_ray_did_not_start_fails(submit, tmp_path):
    ray = tmp_path / ".venv" / "bin" / "ray"
    ray.write_text("#!/bin/bash\nexit 0\n")
    assert submit(SLURM / "several_nodes.sbatch").wait(timeout=60) == 1
