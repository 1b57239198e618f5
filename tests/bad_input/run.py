"""Runs the program once for each line of arguments and tells what came of it: exit code, output,
seconds, and the most memory that it had. What is left of each run is looked for, too.

Standard input holds JSON: the lines (arguments in hexadecimal, so that they need not be UTF-8), each
with the seconds it may take, and how many may run at a time.
"""

import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time

STATE = "/var/lib/labtrust"


def text(file):
    file.seek(0)
    return file.read().decode("utf-8", "surrogateescape").encode("utf-8", "backslashreplace").decode()


def run(case):
    line = [bytes.fromhex(argument) for argument in case["line"]]
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        start = time.monotonic()
        process = subprocess.Popen([b"labtrust", *line], stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)
        is_late = False
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            wall = time.monotonic() - start
            if pid:
                break
            if wall > case["limit"] and not is_late:
                is_late = True
                process.kill()
            time.sleep(0.001)
        process.returncode = os.waitstatus_to_exitcode(status)
        return {
            "code": process.returncode,
            "late": is_late,
            "stdout": text(stdout),
            "stderr": text(stderr),
            "wall": wall,
            "cpu": usage.ru_utime + usage.ru_stime,
            "megabytes": usage.ru_maxrss / 1024,
        }


def traces():
    return os.path.exists(STATE), sorted(os.listdir())


def main():
    asked = json.load(sys.stdin)
    before = traces()
    with concurrent.futures.ThreadPoolExecutor(asked["parallel"]) as pool:
        results = list(pool.map(run, asked["cases"]))
    json.dump({"results": results, "left": before != traces()}, sys.stdout)


main()
