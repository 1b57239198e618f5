"""Reads the output of `strace -f -q -y` for a program whose children are stopped after each call
that might change a file. Counts the calls that did, over all children, and lets the children go on;
at the chosen call it kills. Arguments: `child` or `all`, the number of the chosen call (0: none),
and the names of the calls that count. The points are written to /tmp/points, a line each."""

import contextlib
import os
import select
import signal
import sys
import time

mode, chosen, counted = sys.argv[1], int(sys.argv[2]), sys.argv[3].split(",")
main = None
last = {}
stopped = set()
points = []


def changed_a_file(call):
    name, _, arguments = call.partition("(")
    if name not in counted or " = -1 " in call or " = " not in call:
        return False
    if name == "openat":
        return "O_CREAT" in arguments and "</dev/" not in arguments
    if name == "write":
        path = arguments.partition("<")[2]
        return path.startswith("/") and not path.startswith(("/dev/", "/proc/"))
    return True


def kill(pid):
    if mode == "child":
        os.kill(pid, signal.SIGKILL)
    else:
        group, ours = os.getpgid(pid), os.getpgid(main)
        os.kill(main, signal.SIGKILL)
        # The kernel ends a stopped process group that has lost its parent. A process that acts as another user has no group of
        # its own.
        with gone:
            os.kill(pid, signal.SIGKILL) if group == ours else os.killpg(group, signal.SIGKILL)


def stat(pid):
    with open(f"/proc/{pid}/stat") as file:
        name, _, rest = file.read().partition("(")[2].rpartition(")")
    return name, *rest.split()[:2]


def find_strace():
    pid = os.getppid()
    while stat(pid)[0] != "strace":
        pid = stat(pid)[2]
    return pid


def wait_until_listening():
    """strace reports a stopped thread before it leaves it, and fails if the thread runs again by then."""
    while stat(strace)[1] != "S":
        time.sleep(0.0005)


def go_on_after(stopped_thread, is_quiet=False):
    """Lets a process go on after strace has reported all its threads as stopped; one of them made the call."""
    try:
        tasks = os.listdir(f"/proc/{stopped_thread}/task")
        threads = {int(task) for task in tasks if stat(task)[1] not in "ZX"}
    except (ProcessLookupError, FileNotFoundError):
        stopped.discard(stopped_thread)
        return
    # If two threads stop at once, strace may report only one of them again.
    if not threads <= stopped and not is_quiet:
        return
    stopped.difference_update(threads)
    calls = [call for call in (last.pop(thread, "") for thread in threads) if changed_a_file(call)]
    with gone:
        wait_until_listening()
        if main not in threads and calls:
            points.append(calls[0])
            if len(points) == chosen:
                kill(stopped_thread)
                return
        os.kill(stopped_thread, signal.SIGCONT)


def lines():
    """The lines of strace's output, and None after a while without output."""
    text = b""
    while True:
        if not select.select([0], [], [], 0.3)[0]:
            yield None
            continue
        read = os.read(0, 65536)
        if not read:
            return
        *whole, text = (text + read).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")


# A killed process is gone when its last output is read.
gone = contextlib.suppress(ProcessLookupError, FileNotFoundError)
strace = find_strace()
for line in lines():
    if line is None:
        for thread in sorted(stopped):
            go_on_after(thread, is_quiet=True)
        continue
    pid, _, what = line.strip().partition(" ")
    pid, what = int(pid), what.strip()
    main = main or pid
    if what.startswith("<... "):
        last[pid] = last.get(pid, "").removesuffix("<unfinished ...>") + what.partition("resumed>")[2]
    elif not what.startswith(("---", "+++")):
        last[pid] = what
    if what == "--- stopped by SIGSTOP ---":
        stopped.add(pid)
    elif not what.startswith("+++"):
        continue
    for thread in sorted(stopped):
        go_on_after(thread)

with open("/tmp/points", "w") as file:
    file.writelines(point + "\n" for point in points)
