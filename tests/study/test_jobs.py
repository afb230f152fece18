"""Studies submitted by the command line to a real cluster of two nodes, and what can happen to them there."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import pytest

from study.results.provenance import new_session
from tests.conftest import ROOT
from tests.running import (
    TRAIN_WORKER,
    assert_not_trained_again,
    assert_same_tables,
    epochs_done,
    epochs_so_far,
    free_ports,
    kill,
    processes_with,
    wait_for,
)

NODE = "NODE_OF_THE_TEST"
PATHS = [str(Path(sys.executable).parent), os.environ["PATH"]]
OF_ITS_OWN = ("--object-store-memory=100000000", "--dashboard-agent-listen-port=0",
              "--min-worker-port=0", "--max-worker-port=0")  # fmt: skip


class Cluster:
    """A head without cores and a node with two, on this machine, with a home and ports of their own."""

    def __init__(self, folder):
        self.folder = folder
        own = {"HOME": str(folder), "RAY_AUTH_MODE": "token", "PATH": ":".join(PATHS)}
        self.environment = os.environ | own | {"RAY_JOB_STOP_WAIT_TIME_S": "60"}  # not killed after 3, on busy cores
        self.address, dashboard, client = (f"127.0.0.1:{port}" for port in free_ports(3))
        self.dashboard = f"http://{dashboard}"
        self.ray("get-auth-token", "--generate")
        ports = {"port": self.address, "dashboard-port": dashboard, "ray-client-server-port": client}
        named_ports = (f"--{name}={address.split(':')[1]}" for name, address in ports.items())
        self.start_ray("head", "--head", "--num-cpus=0", *named_ports)
        self.nodes, self.jobs = [], []
        self.add_node()

    def ray(self, *words, **variables):
        subprocess.run(["ray", *words], env=self.environment | variables, check=True, capture_output=True)

    def add_node(self):
        self.nodes.append(f"node{len(self.nodes)}")
        self.start_ray(self.nodes[-1], f"--address={self.address}", "--num-cpus=2")

    def lose_node(self):
        kill(processes_with(NODE, self.nodes[-1]))

    def start_ray(self, name, *words):
        (self.folder / name).mkdir()  # nodes that shared one would overwrite each other's copy of the project
        self.ray("start", *words, *OF_ITS_OWN, f"--temp-dir={self.folder / name}", **{NODE: name})

    def submit(self, *words, log):
        """Submits a job from the project's folder; the process ends when it does."""
        self.jobs.append(f"job{len(self.jobs)}")
        named = ("--address", self.dashboard, "--submission-id", self.jobs[-1])
        submit = ["ray", "job", "submit", *named, "--working-dir", ".", "--", *map(str, words)]
        with log.open("w") as file:
            return subprocess.Popen(submit, cwd=ROOT, env=self.environment, stdout=file, stderr=file)

    def stop_job(self):
        self.ray("job", "stop", "--address", self.dashboard, self.jobs[-1])

    def processes(self):
        return processes_with("HOME", self.folder)

    def driver(self):
        """The process of the study's own command."""
        return next(pid for pid, words in self.processes().items() if words.startswith("python -m study"))

    def workers(self):
        return [pid for pid, words in self.processes().items() if TRAIN_WORKER in words]


@pytest.fixture(scope="module")
def cluster():
    folder = Path(tempfile.mkdtemp(prefix="ray"))  # the names of Ray's sockets must stay short
    try:
        yield Cluster(folder)
    finally:
        kill(processes_with("HOME", folder))
        shutil.rmtree(folder, ignore_errors=True)


def test_a_stopped_job_a_lost_node_and_a_killed_driver_cost_no_finished_epoch(
    cluster, interruptible, demo_study, videos, tmp_path
):
    out, log = tmp_path / "study", tmp_path / "log"

    def wait_for_an_epoch(job):
        before = epochs_done(out)
        wait_for(lambda: epochs_done(out) > before, job)

    job = cluster.submit("python", "-m", "study", "run", interruptible, "--data", videos, "--out", out, log=log)
    code_hash = new_session(out)["code_hash"]
    wait_for_an_epoch(job)
    cluster.stop_job()
    assert job.wait(timeout=60) == 0  # the submission's own status: the job did what was asked
    assert "study: stopped; `python -m study resume" in log.read_text()
    wait_for(lambda: not cluster.workers(), seconds=60)
    running = next(trial.name for trial in (out / "trials").iterdir() if not (trial / "outcome.json").exists())
    damaged = out / "checkpoints" / running / "last.pt"
    damaged.write_bytes(damaged.read_bytes()[:-1000])

    again = f"python -m study resume study || python -m study resume {out}"
    resumed = cluster.submit("sh", "-c", again, log=log)
    wait_for_an_epoch(resumed)
    cluster.lose_node()
    wait_for(lambda: not cluster.workers(), seconds=60)
    cluster.add_node()
    wait_for_an_epoch(resumed)
    kill([cluster.driver()])
    assert resumed.wait(timeout=60) == 1
    wait_for(lambda: not cluster.workers(), seconds=60)
    assert "the study must be an absolute path in a submitted job" in log.read_text()
    epochs = epochs_so_far(out)

    last = cluster.submit("python", "-m", "study", "resume", out, log=log)
    assert last.wait(timeout=300) == 0, log.read_text()
    printed = log.read_text()
    assert f"{running}: last.pt was damaged" in printed
    assert "epoch 7/7" in printed and f"Report: {out / 'report.html'}" in printed
    assert_same_tables(out, demo_study[0], but=["notice"])
    notices = pd.read_csv(out / "trials.csv").set_index("trial")["notice"].dropna()
    assert list(notices.index) == [running]
    assert_not_trained_again(epochs, out)
    session = json.loads((out / "study.json").read_text())["sessions"][-1]
    assert session["git_commit"] is None  # the repository does not travel
    assert session["code_hash"] == code_hash
