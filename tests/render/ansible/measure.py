"""Runs a line, and prints what it took: seconds on the clock, CPU seconds here, and the bytes sent to other machines."""
import ctypes, glob, os, resource, subprocess, sys, time

PR_SET_CHILD_SUBREAPER = 36


def sent():
    lines = open("/proc/self/net/dev").read().splitlines()[2:]
    cables = [line.split() for line in lines if line.split()[0].startswith("to-")]
    return sum(int(cable[9]) for cable in cables)


# SSH's connections outlive the run: they count too.
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
before, began = sent(), time.monotonic()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
wall = time.monotonic() - began
for socket in glob.glob(os.path.expanduser("~/.ansible/cp/*")):
    subprocess.run(["ssh", "-S", socket, "-O", "exit", "host"], stderr=subprocess.DEVNULL)
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, wall, used.ru_utime + used.ru_stime, sent() - before)
