"""Times pairs of commands in turns, in one environment, and prints for each the medians of the time on the clock and of
the processor's, how often it waits for the disk, and what lies between the two.

Without arguments: beside mkcert, openssl and Debian's updater. `disk FOLDER LABTRUST`: setup, in a folder on a real disk.
`doctor`, `gitlab`: a machine on which these are."""

import os
import resource
import shlex
import statistics
import subprocess
import sys
import time

HOST = "mygitlab.example.com"
OPENSSL = """
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 3650 -subj /CN=ca
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k -out r -subj /CN=h -addext subjectAltName=DNS:h
openssl x509 -req -in r -CA ca.crt -CAkey ca.key -days 397 -copy_extensions copy -out c
"""
FLUSHES = ["strace", "-f", "-qq", "-o", "/dev/stdout", "-e", "trace=fsync,fdatasync,sync,syncfs"]
# labtrust runs the updater in this locale, whatever the caller's: so does everything here.
os.environ["LC_ALL"] = "C"


def words(line):
    """What runs `line`: a shell only where it takes one, which is no part of what is measured."""
    is_plain = not any(sign in line for sign in "\n;|&")
    return shlex.split(line) if is_plain else ["sh", "-c", line]


def run(line, before=()):
    return subprocess.run(
        [*before, *words(line)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )


def used():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def timed(prepare, line, expected):
    """Milliseconds on the clock, and of the processor."""
    if prepare:
        run(prepare)
    started, before = time.perf_counter(), used()
    code = run(line).returncode
    took = time.perf_counter() - started, used() - before
    assert code == expected, f"{line}: exit code {code}"
    return [part * 1000 for part in took]


def flushes(prepare, line):
    if prepare:
        run(prepare)
    return run(line, FLUSHES).stdout.count(b"sync(")


def medians(times):
    return [statistics.median(part) for part in zip(*times)]


def shown(times, count):
    wall, processor = times
    return f"{wall:8.1f} {processor:8.1f} {count:4}"


def head():
    columns = f"{'ms':>8} {'CPU ms':>8} {'sync':>4}"
    print(f"{'':<30} {columns}   {'':<26} {columns}   {'ratio':>5} {'CPU':>5}  goal")


def compare(what, goal, ours, theirs, turns):
    times = ([], [])
    for turn in range(turns + 1):
        for side, (prepare, line) in enumerate((ours, theirs)):
            took = timed(prepare, line, 0)
            if turn:  # the first warms caches
                times[side].append(took)
    a, b = (medians(side) for side in times)
    counts = [flushes(*side) for side in (ours, theirs)]
    name = "three openssl calls" if theirs[1] == OPENSSL else theirs[1].replace("env ", "").strip()[:26]
    print(
        f"{what:<30} {shown(a, counts[0])}   {name:<26} {shown(b, counts[1])}   "
        f"{a[0] / b[0]:5.2f} {a[1] / b[1]:5.2f}  {goal}"
    )


def alone(what, line, goal="", expected=0, turns=21, prepare=""):
    times = medians([timed(prepare, line, expected) for _ in range(turns)])
    print(f"{what:<30} {shown(times, flushes(prepare, line))}   {goal}")


def setups(labtrust, folder):
    """setup and what others do for the same, with all files in `folder`."""
    os.environ["CAROOT"] = f"{folder}/caroot"
    clear = f"rm -rf {folder}/s {folder}/o"
    setup = clear, f"{labtrust} setup {HOST} --out {folder}/o --state {folder}/s --no-trust"
    clear = f"rm -rf {folder}/caroot {folder}/pair; mkdir {folder}/pair"
    mkcert = f"mkcert -ecdsa -cert-file {folder}/pair/c -key-file {folder}/pair/k {HOST}"
    compare("setup --no-trust", "CPU <= 1.5, sync <= 12", setup, (clear, f"env TRUST_STORES=none {mkcert}"), 15)
    return setup, (clear, mkcert)


def make(path, name):
    run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k -days 90 "
        f"-out {path} -subj /CN={name}"
    )


def authorities(number):
    """Has Docker trust so many CAs, for a registry each."""
    for index in range(number):
        make("a.crt", f"a{index}")
        sha256 = subprocess.run(
            ["openssl", "x509", "-in", "a.crt", "-noout", "-fingerprint", "-sha256"], capture_output=True, text=True
        ).stdout.split("=")[1].strip()
        line = f"labtrust trust ./a.crt --for r{index}.example.com:5000 --store docker --fingerprint {sha256} --yes"
        assert run(line).returncode == 0, line


head()
if sys.argv[1:] == ["doctor"]:
    alone("doctor, healthy", f"labtrust doctor {HOST}:4567", "500 ms")
    sys.exit()
if sys.argv[1:] == ["gitlab"]:
    undo = "labtrust setup --undo"
    alone("setup, GitLab reconfigured", "labtrust setup --no-trust", turns=5, prepare=undo)
    alone("renew, GitLab reloaded", "labtrust renew", turns=7)
    sys.exit()
if sys.argv[1:] == ["status"]:
    authorities(100)
    alone("status, 100 CAs", "labtrust status", "CPU <= 60", expected=1)
    run("labtrust untrust --all")
    authorities(30)
    make("t.crt", "t")
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    certificates = open("t.crt").read()
    with open(bundle, "a") as file:
        file.write(certificates * 5000)
    time.sleep(4)  # of a file that was changed just now, no reading is kept
    alone("status, 30 CAs in 5,000", "labtrust status", "CPU <= 100", expected=1, turns=11)
    sys.exit()
if sys.argv[1:2] == ["disk"]:
    setups(sys.argv[3], sys.argv[2])
    sys.exit()

os.makedirs("/tmp/b", exist_ok=True)
os.chdir("/tmp/b")
os.environ["HOME"] = "/root"
setup, mkcert = setups("labtrust", "/tmp/b")
compare("setup --no-trust", "<= 0.5", setup, mkcert, 15)
compare("setup --no-trust", "", setup, ("rm -f ca.* k r c", OPENSSL), 15)

run(setup[1])
run("labtrust export --state /tmp/b/s -o /tmp/b/ca.crt")
trust = "labtrust trust /tmp/b/ca.crt --store system"
untrust = "labtrust untrust --store system"
plain = "/usr/local/share/ca-certificates/plain.crt"
# Another certificate than ours: what somebody else trusts is not trusted twice.
run("openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out other.crt -days 90 -subj /CN=other")
run("update-ca-certificates; mkcert -install")
compare(
    "first trust --store system", "<= 1.1",
    (f"{untrust}; :", trust),
    (f"rm -f {plain} /etc/ssl/certs/plain.pem; update-ca-certificates; cp other.crt {plain}", "update-ca-certificates"), 9,
)
run(f"rm -f {plain}; update-ca-certificates")
compare(
    "untrust", "<= 1.1",
    (trust, untrust),
    (f"cp other.crt {plain}; update-ca-certificates; rm {plain}", "update-ca-certificates"), 9,
)
run(f"{trust}; mkcert -install")
compare("trust, all in place", "<= 0.5", ("", trust), ("", "mkcert -install"), 15)
alone("status", "labtrust status", expected=1)  # Docker does not trust it
alone("start-up (--version)", "labtrust --version")

size = os.path.getsize("/usr/local/bin/labtrust")
peak = subprocess.run(
    ["python3", "-c", "import resource,subprocess,sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
     "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)", *trust.split()],
    capture_output=True, text=True,
).stdout.strip()
print(f"{'peak memory of trust':<30} {int(peak) / 1024:8.1f} MB")
print(f"{'the program itself':<30} {size / 1e6:8.1f} MB")
