"""The C library's allocator, told to keep what the next step will ask for again."""

import contextlib
import ctypes

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # as mallopt(3) numbers them


def keep_freed() -> None:
    """Hand freed memory to the next tensor instead of back to the system.

    glibc maps each large tensor anew, and the system clears its pages: that took a seventh of
    ShallowCNN's step. Other C libraries have no such choice, and nothing is done there.
    """
    with contextlib.suppress(TypeError, OSError, AttributeError):  # no C library, or none of these
        mallopt = ctypes.CDLL(None).mallopt
        # no tensor gets a mapping of its own, and −1: the heap never shrinks
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, -1)
