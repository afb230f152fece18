"""How many cores this process may use."""

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def available_cores(cgroup: Path = CGROUP) -> int:
    """The cores that this process is bound to, or fewer by the CPU quota of its container; at least 1."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(min(bound, _quota(cgroup))))


def _quota(cgroup: Path) -> float:
    """The cores' worth of time that a container may use, of cgroup version 2 or 1; infinite without a limit."""
    texts = _texts(cgroup / "cpu.max") or _texts(cgroup / "cpu/cpu.cfs_quota_us", cgroup / "cpu/cpu.cfs_period_us")
    if len(texts) != 2 or not all(text.isdecimal() for text in texts):  # "max" and -1: no limit
        return float("inf")
    quota, period = map(int, texts)
    return quota / period


def _texts(*files: Path) -> list[str]:
    return [text for file in files if file.exists() for text in file.read_text().split()]
