"""Which Ray a study joins or starts."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from study.cluster.connection import refuse_silent
from tests.conftest import ROOT
from tests.running import free_ports

H200 = """
from dataclasses import replace
from experiments.demo import TINY, experiment as demo

experiment = replace(demo, name="h200", trials=(TINY, TINY.vary(variant="large", gpus=1, accelerator="H200")))
"""
ON_ONE_CORE = """
import os, runpy
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
runpy.run_module("study", run_name="__main__")
"""


@pytest.mark.parametrize("form", ["127.0.0.1:{}", "ray://localhost:{}", "[::1]:{}"])
def test_an_address_where_nothing_answers_is_refused_at_once(form):
    address = form.format(*free_ports(1))
    with pytest.raises(ConnectionError, match="RAY_ADDRESS: no cluster answers at .*: start it, or unset"):
        refuse_silent(address)


@pytest.mark.parametrize("address", ["head:port", "127.0.0.1:99999"])
def test_an_address_whose_port_is_no_number_is_refused(address):
    with pytest.raises(ValueError, match="RAY_ADDRESS must be HOST:PORT"):
        refuse_silent(address)


@pytest.mark.parametrize("address", ["auto", "local"])
def test_addresses_that_ray_looks_up_are_its_own_matter(address):
    refuse_silent(address)


def test_an_h200_is_refused_before_any_work_by_a_ray_of_the_studys_own_beside_one_that_was_left(environment, tmp_path):
    """In one line, and before the synthetic videos are drawn, which takes longer than the refusal."""
    (tmp_path / "h200.py").write_text(H200)
    out = tmp_path / "out"
    with tempfile.TemporaryDirectory(prefix="ray") as folder:  # the names of Ray's sockets must stay short
        left = Path(folder) / "ray" / "ray_current_cluster"
        left.parent.mkdir()
        left.write_text(f"127.0.0.1:{free_ports(1)[0]}")
        refused = subprocess.run(
            [sys.executable, "-c", ON_ONE_CORE, "run", tmp_path / "h200.py", "--out", out],
            cwd=ROOT, env=environment | {"RAY_TMPDIR": folder},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    assert refused.returncode == 2
    assert re.search(
        r"^study: (accelerator|gpus): tsm-large-16\S+ requires .* the cluster has 1 x 1 CPU\b", refused.stderr
    )
    assert len(refused.stderr.strip().splitlines()) == 1
    assert not (out / "study.json").exists()
