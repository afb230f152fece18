"""Which Ray a study joins or starts."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from study.cluster.connection import refuse_silent
from tests.conftest import ROOT
from tests.running import free_ports

CONNECTED = """
import json, os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import ray
from study.cluster.connection import connect
connect()
print(json.dumps({"CPU": ray.cluster_resources()["CPU"], "nodes": len(ray.nodes())}))
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


def test_a_study_starts_its_own_ray_with_its_cores_beside_one_that_was_left(environment):
    with tempfile.TemporaryDirectory(prefix="ray") as folder:  # the names of Ray's sockets must stay short
        left = Path(folder) / "ray" / "ray_current_cluster"
        left.parent.mkdir()
        left.write_text(f"127.0.0.1:{free_ports(1)[0]}")
        connected = subprocess.run(
            [sys.executable, "-c", CONNECTED], cwd=ROOT, env=environment | {"RAY_TMPDIR": folder},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    assert connected.returncode == 0, connected.stderr
    assert json.loads(connected.stdout.splitlines()[-1]) == {"CPU": 1.0, "nodes": 1}
