"""Times pairs of commands in turns and prints the medians of each, and what lies between them."""

import os
import resource
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


def run(line):
    return subprocess.run(
        ["sh", "-c", line], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    ).returncode


def timed(prepare, line, expected):
    run(prepare)
    started = time.perf_counter()
    code = run(line)
    took = time.perf_counter() - started
    assert code == expected, f"{line}: exit code {code}"
    return took * 1000


def compare(what, goal, ours, theirs, turns):
    times = ([], [])
    for turn in range(turns + 1):
        for side, (prepare, line) in enumerate((ours, theirs)):
            took = timed(prepare, line, 0)
            if turn:  # the first warms caches
                times[side].append(took)
    a, b = (statistics.median(side) for side in times)
    name = theirs[1].strip().splitlines()[0][:28] if theirs[1] != OPENSSL else "three openssl calls"
    print(f"{what:<34} {a:8.1f} ms  {name:<28} {b:8.1f} ms  ratio {a / b:5.2f}  {goal}")


def alone(what, line, expected=0, turns=21):
    times = [timed(":", line, expected) for _ in range(turns)]
    print(f"{what:<34} {statistics.median(times):8.1f} ms")


if sys.argv[1:] == ["doctor"]:
    alone("doctor, healthy (goal 500 ms)", f"labtrust doctor {HOST}:4567")
    sys.exit()

os.makedirs("/tmp/b", exist_ok=True)
os.chdir("/tmp/b")
os.environ["CAROOT"] = "/tmp/b/caroot"
os.environ["HOME"] = "/root"
setup = ("rm -rf /tmp/b/s /tmp/b/o", f"labtrust setup {HOST} --out /tmp/b/o --state /tmp/b/s --no-trust")
compare("setup --no-trust", "<= 0.5", setup, ("rm -rf caroot *.pem", f"mkcert -ecdsa {HOST}"), 15)
compare("setup --no-trust", "", setup, ("rm -f ca.* k r c", OPENSSL), 15)

run(setup[1])
run("labtrust export --state /tmp/b/s -o /tmp/b/ca.crt")
trust = "labtrust trust /tmp/b/ca.crt --store system"
untrust = "labtrust untrust --store system"
plain = "/usr/local/share/ca-certificates/plain.crt"
# Another certificate than ours: what is trusted by another hand is not trusted twice.
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
compare("trust, all in place", "<= 0.5", (":", trust), (":", "mkcert -install"), 15)
alone("status", "labtrust status", expected=1)  # Docker does not trust it
alone("start-up (--version)", "labtrust --version")

size = os.path.getsize("/usr/local/bin/labtrust")
peak = subprocess.run(
    ["python3", "-c", "import resource,subprocess,sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
     "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)", *trust.split()],
    capture_output=True, text=True,
).stdout.strip()
print(f"{'peak memory of trust':<34} {int(peak) / 1024:8.1f} MB")
print(f"{'the program itself':<34} {size / 1e6:8.1f} MB")
