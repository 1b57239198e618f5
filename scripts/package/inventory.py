"""Writes what the program is built from: for people the licences, for machines a bill of materials (CycloneDX 1.6).

    inventory.py licences METADATA… >THIRD-PARTY-LICENSES        inventory.py bill VERSION METADATA… >labtrust.cdx.json

METADATA is a file from `cargo metadata --filter-platform TARGET`, one for each target. What only builds or tests the program
is left out: its text is in no binary.
"""

import json
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

# The texts of their licences that crates carry are found by these beginnings of their files' names.
NAMES = ("LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")


def packages(files):
    """Everything that is linked into the program, of all targets: its own crates, and all others, sorted."""
    own, others = {}, {}
    needs = {}
    for file in files:
        metadata = json.loads(Path(file).read_text())
        by_id = {package["id"]: package for package in metadata["packages"]}
        nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
        root = next(id for id in metadata["workspace_members"] if by_id[id]["name"] == "labtrust")
        left, seen = [root], set()
        while left:
            id = left.pop()
            if id in seen:
                continue
            seen.add(id)
            normal = [
                one["pkg"] for one in nodes[id]["deps"]
                if any(kind["kind"] is None for kind in one["dep_kinds"])
                # A macro runs while the program is compiled.
                and not any("proc-macro" in target["kind"] for target in by_id[one["pkg"]]["targets"])
            ]
            needs.setdefault(key(by_id[id]), set()).update(key(by_id[other]) for other in normal)
            left += normal
            (own if id in metadata["workspace_members"] else others)[key(by_id[id])] = by_id[id]
    by_key = lambda found: [found[one] for one in sorted(found)]
    return by_key(own), by_key(others), needs


def key(package):
    return package["name"], package["version"]


def terms(package):
    return (package["license"] or "see its files").replace("/", " OR ")


def texts(package):
    """The texts of its licences: of several that it leaves the choice of, MIT's."""
    folder = Path(package["manifest_path"]).parent
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name.upper().startswith(NAMES))
    if "MIT" in terms(package).split(" OR "):
        files = [file for file in files if "MIT" in file.name.upper()] or files
    return [file.read_text(errors="replace").replace("\r\n", "\n").strip() for file in files]


def licences(files):
    _, others, _ = packages(files)
    by_words, bare = {}, []
    for package in others:
        found = texts(package)
        if not found:
            bare.append(package)
        for text in found:
            by_words.setdefault(" ".join(text.lower().split()), (text, []))[1].append(package)
    print("What labtrust contains of other people's work, on which terms, and the texts of these.\n")
    for package in others:
        print(f"{package['name']} {package['version']}: {terms(package)}")
    # Both are linked too.
    rust = subprocess.run(["rustc", "--version"], check=True, text=True, capture_output=True).stdout.split()[1]
    print(f"Rust's standard library {rust}: MIT OR Apache-2.0, by The Rust Project contributors")
    print("musl, in the binaries for Linux: MIT, Copyright © 2005-2020 Rich Felker, et al.")
    print("\nThese two, and the following, bring no text: that of the licence which is named above is below.")
    for package in bare:
        print(f"{package['name']} {package['version']}: {', '.join(package['authors']) or package['repository']}")
    mit = Path("LICENSE").read_text().partition("Permission is hereby granted")
    for text, users in [("MIT License\n\n" + "".join(mit[1:]).strip(), []), *by_words.values()]:
        print("\n" + "-" * 100)
        for user in users:
            print(f"{user['name']} {user['version']}")
        print("\n" + text)


def bill(version, files):
    own, others, needs = packages(files)
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"])))
    ref = lambda one: f"pkg:cargo/{one[0]}@{one[1]}"

    def component(package):
        found = {"type": "library", "bom-ref": ref(key(package)), "name": package["name"], "version": package["version"],
                 "purl": ref(key(package)), "licenses": [{"expression": terms(package)}]}
        if package["description"]:
            found["description"] = " ".join(package["description"].split())
        if package["repository"]:
            found["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
        sum = sums.get(key(package))
        if sum:
            found["hashes"] = [{"alg": "SHA-256", "content": sum}]
        return found

    locked = tomllib.loads(Path("Cargo.lock").read_text())["package"]
    sums = {(one["name"], one["version"]): one.get("checksum") for one in locked}
    program = next(package for package in own if package["name"] == "labtrust")
    rest = [package for package in own if package is not program]
    print(json.dumps({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": made,
            "tools": {"components": [{"type": "application", "name": "scripts/release", "version": version}]},
            "component": {**component(program), "type": "application"},
        },
        "components": [component(package) for package in rest + others],
        "dependencies": [{"ref": ref(one), "dependsOn": sorted(map(ref, needs[one]))} for one in sorted(needs)],
    }, indent=1, ensure_ascii=False))


match sys.argv[1:]:
    case ["licences", *files]:
        licences(files)
    case ["bill", version, *files]:
        bill(version, files)
    case _:
        sys.exit(__doc__)
