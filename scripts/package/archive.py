"""Packs a folder so that the same files give the same bytes: sorted, owned by root, all of one time.

    archive.py tar FOLDER FILE.tar.gz        archive.py zip FOLDER FILE.zip        archive.py image PROGRAM ARCH VERSION FILE.tar

The time is SOURCE_DATE_EPOCH's. An image is a layout of the Open Container Initiative (image-layout.md, version 1.0.0) with the
manifest.json beside it that engines before Docker 25 load, as `docker save` of later ones writes both.
"""

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
import time
import zipfile
from pathlib import Path

EPOCH = int(os.environ["SOURCE_DATE_EPOCH"])


def mode(path):
    return 0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644


def below(folder):
    return [folder, *sorted(folder.rglob("*"))]


def entry(name, kind, mode, size=0):
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size, entry.mtime = kind, mode, size, EPOCH
    return entry


def tar(folder, to):
    with open(to, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=EPOCH) as packed:
        with tarfile.open(mode="w", fileobj=packed, format=tarfile.USTAR_FORMAT) as archive:
            for path in below(folder):
                name = str(path.relative_to(folder.parent))
                if path.is_dir():
                    archive.addfile(entry(name, tarfile.DIRTYPE, 0o755))
                else:
                    data = path.read_bytes()
                    archive.addfile(entry(name, tarfile.REGTYPE, mode(path), len(data)), io.BytesIO(data))


def zip_(folder, to):
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in below(folder):
            if path.is_file():
                info = zipfile.ZipInfo(str(path.relative_to(folder.parent)), time.gmtime(EPOCH)[:6])
                info.external_attr = (0o100000 | mode(path)) << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, path.read_bytes())


def image(program, architecture, version, to):
    layer = io.BytesIO()
    with tarfile.open(mode="w", fileobj=layer, format=tarfile.USTAR_FORMAT) as archive:
        data = program.read_bytes()
        # What it reads of a system: who root is, and a folder for what is temporary.
        users = b"root:x:0:0:root:/root:/sbin/nologin\n"
        for name, permissions in [("etc", 0o755), ("root", 0o700), ("tmp", 0o1777), ("usr", 0o755), ("usr/bin", 0o755)]:
            archive.addfile(entry(name, tarfile.DIRTYPE, permissions))
        for name, permissions, data in [("etc/passwd", 0o644, users), ("usr/bin/labtrust", 0o755, data)]:
            archive.addfile(entry(name, tarfile.REGTYPE, permissions, len(data)), io.BytesIO(data))
        # By this name it is the client that it asks the engine with.
        docker = entry("usr/bin/docker", tarfile.LNKTYPE, 0o755)
        docker.linkname = "usr/bin/labtrust"
        archive.addfile(docker)
    layer = layer.getvalue()
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(EPOCH))
    blobs = {}

    def blob(data):
        data = data if isinstance(data, bytes) else json.dumps(data, separators=(",", ":")).encode()
        digest = hashlib.sha256(data).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = data
        return {"digest": f"sha256:{digest}", "size": len(data)}

    config = blob({
        "architecture": architecture,
        "os": "linux",
        "created": made,
        "config": {
            "Entrypoint": ["/usr/bin/labtrust"],
            "Env": ["PATH=/usr/bin", "HOME=/root"],
            "Labels": {"org.opencontainers.image.title": "labtrust", "org.opencontainers.image.version": version},
        },
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
        "history": [{"created": made, "created_by": "scripts/release"}],
    })
    packed = blob(layer)
    kind = "application/vnd.oci.image."
    manifest = blob({
        "schemaVersion": 2,
        "mediaType": kind + "manifest.v1+json",
        "config": {"mediaType": kind + "config.v1+json", **config},
        "layers": [{"mediaType": kind + "layer.v1.tar", **packed}],
    })
    tag = f"labtrust:{version}"
    index = {
        "schemaVersion": 2,
        "mediaType": kind + "index.v1+json",
        "manifests": [{
            "mediaType": kind + "manifest.v1+json",
            **manifest,
            "platform": {"architecture": architecture, "os": "linux"},
            "annotations": {"io.containerd.image.name": f"docker.io/library/{tag}", "org.opencontainers.image.ref.name": version},
        }],
    }
    path = lambda of: "blobs/" + of["digest"].replace(":", "/")
    before = [{"Config": path(config), "RepoTags": [tag], "Layers": [path(packed)]}]
    files = {**blobs, "index.json": index, "manifest.json": before, "oci-layout": {"imageLayoutVersion": "1.0.0"}}
    with tarfile.open(to, "w", format=tarfile.USTAR_FORMAT) as archive:
        for folder in ["blobs", "blobs/sha256"]:
            archive.addfile(entry(folder, tarfile.DIRTYPE, 0o755))
        for name, data in sorted(files.items()):
            data = data if isinstance(data, bytes) else json.dumps(data, separators=(",", ":")).encode()
            archive.addfile(entry(name, tarfile.REGTYPE, 0o644, len(data)), io.BytesIO(data))


match sys.argv[1:]:
    case ["tar", folder, to]:
        tar(Path(folder), to)
    case ["zip", folder, to]:
        zip_(Path(folder), to)
    case ["image", program, architecture, version, to]:
        image(Path(program), architecture, version, to)
    case _:
        sys.exit(__doc__)
