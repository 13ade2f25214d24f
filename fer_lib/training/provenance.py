"""What a run's numbers may hang on beside its recipe and its faces."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import torch


def environment_info() -> dict[str, Any]:
    """Versions, commit, machine and threads (0 where a card computes), as JSON takes them."""
    versions = {"python": platform.python_version(), "torch": torch.__version__}
    return {
        "commit": commit(),
        "versions": versions | {"numpy": np.__version__},
        "machine": {"system": platform.system(), "processor": processor(), "cores": os.cpu_count()},
        "threads": 0 if torch.cuda.is_available() else torch.get_num_threads(),
    }


def processor() -> str:
    """The graphics card's name where torch sees one, else the processor's."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def commit() -> str:
    """The commit of this code, with a `+` where files differ from it; "" outside git."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():  # a wheel may lie in somebody else's repository
        return ""
    try:
        answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return answer.stdout.strip()
