"""Where a study's numbers come from: code, versions, hardware, command, times."""

import hashlib
import os
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ffn.cores import available_cores

if TYPE_CHECKING:
    import torch

PACKAGES = ("torch", "torchvision", "ray", "av", "numpy", "pandas", "plotly")


def new_session(folder: Path) -> dict[str, Any]:
    """The record of a session (one call of ``run`` or ``resume``) in a study's ``folder``, at its start."""
    return {"started": now(), "finished": None, "folder": str(folder), **surroundings("study")}


def surroundings(module: str) -> dict[str, Any]:
    """The code, versions and hardware with which this process runs ``python -m module``."""
    return {
        "command": shlex.join(["python", "-m", module, *sys.argv[1:]]),
        "git_commit": _git("rev-parse", "HEAD"),
        "git_dirty": None if (changes := _git("status", "--porcelain")) is None else bool(changes),
        "code_hash": _code_hash(),
        "versions": {"python": platform.python_version(), **_versions()},
        "hardware": _hardware(),
    }


def machine(device: "torch.device") -> str:
    """What this process computes on: its processor, and its GPU if ``device`` is one, with the choices of kernels."""
    import torch

    from ffn.kernels import kernel_choices

    if device.type != "cuda":
        return f"{_cpu_name()}, no GPU"
    return f"{_cpu_name()}, {torch.cuda.get_device_name(device)} with {' and '.join(kernel_choices()) or 'defaults'}"


def content_hash(path: Path) -> str:
    """Of a file, by which it is known wherever it lies."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def now() -> str:
    """The time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _hardware() -> dict[str, Any]:
    import torch

    return {
        "cpu": _cpu_name(),
        "cores": available_cores(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "gpus": [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())],
    }


def _code_hash() -> str:
    """A hash of the sources, for copies without their repository, as in a submitted job."""
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for path in sorted(path for package in ("ffn", "study") for path in (root / package).rglob("*.py")):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _git(*arguments: str) -> str | None:
    """What git prints; None outside a repository and without git, as in slim containers."""
    here = Path(__file__).parent
    try:
        result = subprocess.run(["git", *arguments], cwd=here, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return result.stdout.strip() if result.returncode == 0 else None
