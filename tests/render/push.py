"""Puts an image of one empty layer, `hello:1`, into the registry at http://127.0.0.1:5000, as any client does."""

import gzip
import hashlib
import json
import urllib.request

REGISTRY = "http://127.0.0.1:5000"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def send(method, url, data, kind):
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": kind})
    return urllib.request.urlopen(request)


def blob(data):
    place = send("POST", f"{REGISTRY}/v2/hello/blobs/uploads/", b"", "application/octet-stream").headers["Location"]
    # The registry names itself by its public name.
    path = place.split("/v2/", 1)[1]
    joint = "&" if "?" in path else "?"
    send("PUT", f"{REGISTRY}/v2/{path}{joint}digest={digest(data)}", data, "application/octet-stream")
    return {"size": len(data), "digest": digest(data)}


tar = bytes(10240)
layer = gzip.compress(tar)
config = json.dumps(
    {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [digest(tar)]}}
).encode()
KIND = "application/vnd.oci.image."
manifest = {
    "schemaVersion": 2,
    "mediaType": KIND + "manifest.v1+json",
    "config": {"mediaType": KIND + "config.v1+json", **blob(config)},
    "layers": [{"mediaType": KIND + "layer.v1.tar+gzip", **blob(layer)}],
}
send("PUT", f"{REGISTRY}/v2/hello/manifests/1", json.dumps(manifest).encode(), KIND + "manifest.v1+json")
