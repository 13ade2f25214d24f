"""A report built in a process of its own, to be killed at a chosen point.

Children come from a fork server that has imported torch but computed nothing, so that each starts
at once.
"""

import multiprocessing
import os
import signal
import sys

from fer_lib.report import build as report

EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "subprocess.Popen")


def build(sources, data, out, told, kill=None, after=None):
    """Build in this process; SIGKILL at the `kill`-th event below `out`, or the first of that name,
    or `after` seconds.

    Each event is written to the file `told`, so that all can be counted.
    """
    report.SOURCE = sources
    log = os.open(told, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    errors = os.open(f"{told}.err", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(errors, 2)
    count = 0

    def watch(event, arguments):
        nonlocal count
        if event in EVENTS and (event[0] == "s" or str(out) in str(arguments[:2])):
            count += 1
            os.write(log, f"{count} {event} {arguments[:1]}\n".encode())
            if kill in (count, event):
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    if after is not None:
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, after)
    report.build(out, str(data))


def started(*arguments, **options):
    """`build(*arguments)` in a process of its own, started at once by a fork server."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fer_lib.report.build", "papermill", "killing"])
    child = context.Process(target=build, args=arguments, kwargs=options)
    child.start()
    return child
