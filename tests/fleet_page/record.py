# Prints the record of a rollout on as many hosts as the argument says: hosts of all states, two CAs, five stores.
import json, sys

CAS = [
    {"sha256": "90e83ace4e5beff801f76fde59c7584aca54d4b767b2f654ccefb4db761a3925", "title": "Example Lab CA 2026", "not_after": "2027-01-14T09:30:00Z", "endpoints": ["registry.example.com:4567"]},
    {"sha256": "03ef43aa12bd0c11d7a4a1f0c3f2a8e95b6d7f18293a4b5c6d7e8f9001122334", "title": "Example Lab CA 2036", "not_after": "2036-11-27T15:59:00Z", "endpoints": ["registry.example.com:4567"]},
]
WHERE = {
    "system": "/etc/ssl/certs/ca-certificates.crt holds the certificate",
    "docker": "registry.example.com:4567: /etc/docker/certs.d/registry.example.com:4567/labtrust-90e83ace4e5beff8.crt",
    "containerd": "registry.example.com:4567: /etc/containerd/certs.d/registry.example.com:4567/labtrust-90e83ace4e5beff8.crt",
    "podman": "registry.example.com:4567: /etc/containers/certs.d/registry.example.com:4567/labtrust-90e83ace4e5beff8.crt",
    "firefox-policy": "/etc/firefox/policies/policies.json names the certificate",
}
KINDS = ["runner", "laptop", "build", "kube-node"]
FULL = "cat: write error: No space left on device"
UPDATER = "update-ca-certificates: it did not end within 120 seconds and was stopped"


def host(number, name):
    stores = {"system": "trusted"}
    if number % 2 == 0:
        stores["docker"] = "trusted"
    if number % 4 == 3:
        stores["containerd"] = "trusted"
    if number % 5 == 1:
        stores["podman"] = "trusted"
    if number % 4 == 1:
        stores["firefox-policy"] = "trusted"
    detail, result = dict(WHERE), {"state": "ok", "code": 0, "why": "", "notes": []}
    if number % 13 == 4:
        return None
    if number % 11 == 3:
        why = "Failed to connect to the host via ssh: ssh: connect to host %s port 22: Connection timed out" % name
        return {"at": "2026-11-30T15:58:40Z", "state": "unreachable", "changed": False, "code": None, "anchors": [], "why": why}
    if number % 10 == 7:
        result.update(state="failed", code=3)
        stores["system"], detail["system"] = ("failed", FULL) if number % 20 == 7 else ("failed", UPDATER)
    if number % 9 == 2:
        stores["containerd"], detail["containerd"] = "pending", "containerd reads hosts.toml after a restart: systemctl restart containerd"
        result["code"] = 4 if result["state"] == "ok" else 3
    if number % 17 == 5:
        stores["podman"], detail["podman"] = "skipped", "podman is not installed"
    if number % 19 == 6:
        result.update(state="failed", code=3)
        stores["system"], detail["system"] = "partial", WHERE["system"] + ", but update-ca-certificates failed: hook jks-keystore: exit status 1"
    if number % 8 == 1:
        result["notes"] = ["Java keeps CAs in its own keystores, except where the updater fills them: run the program labtrust there"]
    changed = number % 3 != 0
    listed = [{"id": id, "state": state, "changed": changed and state == "trusted", "detail": detail[id]} for id, state in stores.items()]
    anchors = [{"sha256": ca["sha256"], "stores": listed} for ca in CAS]
    return {"at": "2026-11-30T15:%02d:10Z" % (number % 60), "changed": changed, "anchors": anchors, **result}


hosts = {}
for number in range(int(sys.argv[1])):
    name = "%s-%d.example.com" % (KINDS[number % 4], number // 4 + 1)
    hosts[name] = host(number, name)
print(json.dumps({"schema": 1, "action": "trust", "cas": CAS, "at": "2026-11-30T16:00:00Z", "hosts": hosts}))
