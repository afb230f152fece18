import subprocess
import sys

from tests.conftest import ROOT


def test_nothing_is_left_on_the_cpu_and_no_two_devices_meet():
    """In a process of its own: autograd knows only the devices that exist at a process's first backward pass."""
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
    finished = subprocess.run(
        [*words, "tests/on_pretended_device.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout
