"""The part of GitLab that `docker login` talks to: a sign-in page, and the token service."""

import base64
import hashlib
import http.server
import json
import subprocess
import time
import urllib.parse

KEY = "/var/opt/gitlab/gitlab-rails/etc/gitlab-registry.key"
ACCOUNTS = {"developer": "correct horse"}


def openssl(*arguments, data=b""):
    command = ["openssl", *arguments]
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True, timeout=20).stdout


def key_id():
    """The key's name as the registry computes it: its hash in base 32, in groups of four."""
    public = openssl("rsa", "-in", KEY, "-pubout", "-outform", "DER")
    text = base64.b32encode(hashlib.sha256(public).digest()[:30]).decode()
    return ":".join(text[at : at + 4] for at in range(0, len(text), 4))


KEY_ID = key_id()


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(account, service, scopes):
    now = int(time.time())
    header = {"typ": "JWT", "alg": "RS256", "kid": KEY_ID}
    access = []
    for scope in scopes:
        kind, name, actions = scope.split(":", 2)
        access.append({"type": kind, "name": name, "actions": actions.split(",")})
    claims = {
        "iss": "omnibus-gitlab-issuer",
        "sub": account,
        "aud": service,
        "iat": now,
        "nbf": now - 5,
        "exp": now + 300,
        "jti": str(time.monotonic_ns()),
        "access": access,
    }
    signed = b".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    signature = openssl("dgst", "-sha256", "-sign", KEY, data=signed)
    return (signed + b"." + encoded(signature)).decode()


class Gitlab(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/jwt/auth":
            self.authenticate(urllib.parse.parse_qs(url.query))
        elif url.path == "/":
            self.send_response(302)
            scheme = self.headers.get("X-Forwarded-Proto", "http")
            self.send_header("Location", f"{scheme}://{self.headers['Host']}/users/sign_in")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif url.path == "/users/sign_in":
            self.answer(200, "text/html", b"<html><title>Sign in - GitLab</title><h1>Sign in</h1></html>")
        else:
            self.answer(404, "text/html", b"<html><title>Not Found</title></html>")

    def do_POST(self):
        """GitLab gives tokens to GET alone."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(404, "text/html", b"")

    def authenticate(self, query):
        scopes = query.get("scope", [])
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            account, _, password = base64.b64decode(value).decode().partition(":")
            if ACCOUNTS.get(account) != password:
                return self.refuse(401, "UNAUTHORIZED", "HTTP Basic: Access denied")
        elif scopes:
            return self.refuse(403, "DENIED", "access forbidden")
        else:
            account = ""
        signed = token(account, query.get("service", [""])[0], scopes)
        return self.answer(200, "application/json", json.dumps({"token": signed}).encode())

    def refuse(self, status, code, message):
        body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        self.answer(status, "application/json", body)

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Gitlab).serve_forever()
