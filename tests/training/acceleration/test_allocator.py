"""Oracle: the system's own count of the pages that a process holds."""

import subprocess
import sys

import pytest

HELD = """
import re, sys
import torch
from fer_lib.training.acceleration.allocator import keep_freed

def held():
    return int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024

if sys.argv[1:] == ["keep"]:
    keep_freed()
before = held()
tensor = torch.ones(200, 1024, 256)  # 200 MiB
del tensor
print(held() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone can be told")
@pytest.mark.parametrize(("arguments", "kept"), [(["keep"], True), ([], False)])
def test_the_memory_of_a_tensor_that_is_gone_is_kept(arguments, kept):
    said = subprocess.run(
        [sys.executable, "-c", HELD, *arguments], capture_output=True, text=True, check=True
    )
    assert (float(said.stdout) > 190) == kept
