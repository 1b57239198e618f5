# Copyright (c) 2026 the labtrust authors
# MIT License (see https://opensource.org/license/mit)
# SPDX-License-Identifier: MIT
"""Writes the certificates and registries of a host into the script, in the same form as `labtrust render` does."""
from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
import shlex
import textwrap

BEGIN = "# --- The certificates and the registries ---\n"
END = "# --- The end of the certificates ---\n"

SECTION = re.compile(r"^-----BEGIN ([A-Z0-9 ]+)-----[ \t\r]*$(.*?)^-----END \1-----[ \t\r]*$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"-----(?:BEGIN|END) ")
KEY = re.compile(r"PRIVATE[ ]KEY-----")
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")

# The extension nameConstraints as it is encoded (RFC 5280, 4.2.1.10).
NAME_CONSTRAINTS = b"\x06\x03\x55\x1d\x1e"

# The ports of a GitLab: its web server's and its registry's.
ASSUMED_PORTS = (443, 4567)


class Invalid(Exception):
    """A variable is not what the script takes."""


class Anchor:
    """A CA certificate, and the registries for which it is trusted."""

    def __init__(self, text, endpoints):
        der = certificate(text)
        self.limits_names = NAME_CONSTRAINTS in der
        self.sha256 = hashlib.sha256(der).hexdigest()
        self.name = "labtrust-" + self.sha256[:16]
        body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
        self.pem = f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
        self.endpoints = []
        for endpoint in (endpoint for text in endpoints for endpoint in parse_endpoints(text)):
            if endpoint not in self.endpoints:
                self.endpoints.append(endpoint)


def certificate(text):
    """The DER of the one certificate in the PEM text `text`."""
    if KEY.search(text):
        raise Invalid("it holds a private key: give the certificate alone")
    sections = SECTION.findall(text)
    if len(MARK.findall(text)) != 2 * len(sections) or any(name != "CERTIFICATE" for name, _body in sections):
        raise Invalid("it is not one intact PEM certificate")
    if len(sections) != 1:
        raise Invalid(f"it holds {len(sections)} PEM certificates: write one element for each")
    try:
        der = base64.b64decode("".join(sections[0][1].split()), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("its certificate is not valid Base64") from None
    try:
        is_x509 = is_version_3(der)
    except ValueError:
        raise Invalid("its certificate is cut off or has more bytes at its end") from None
    if not is_x509:
        raise Invalid("it is not an X.509 certificate (v3)")
    return der


SEQUENCE, BIT_STRING, VERSION = 0x30, 0x03, 0xA0
VERSION_3 = (VERSION, b"\x02\x01\x02")


def is_version_3(der):
    """Whether `der` is a certificate: what is signed, which begins with its version, the algorithm, the signature."""
    whole = elements(der)
    if len(whole) != 1 or whole[0][0] != SEQUENCE:
        return False
    try:
        parts = elements(whole[0][1])
        return [tag for tag, _body in parts] == [SEQUENCE, SEQUENCE, BIT_STRING] and elements(parts[0][1])[0] == VERSION_3
    except (IndexError, ValueError):
        return False


def elements(der):
    """The tag and the contents of each DER element in `der`."""
    found = []
    while der:
        count = der[1] - 0x80 if len(der) > 1 and der[1] >= 0x80 else 0
        begin = 2 + count
        if len(der) < begin or count > 3 or der[1] == 0x80:
            raise ValueError
        end = begin + (int.from_bytes(der[2:begin], "big") if count else der[1])
        if len(der) < end:
            raise ValueError
        found.append((der[0], der[begin:end]))
        der = der[end:]
    return found


def parse_endpoints(text):
    """The pairs of host and port that HOST or HOST:PORT stands for."""
    host, port = text.strip(), None
    if host.lower().startswith("https://"):
        host = host[len("https://"):].rstrip("/")
    if "://" in host:
        raise Invalid(f"the endpoint {text!r} is not a host: use https:// or no scheme")
    if not is_address(host, 6):
        before, colon, after = host.rpartition(":")
        if colon and not after.endswith("]"):
            if not re.fullmatch("[0-9]{1,5}", after) or not 0 < int(after) < 65536:
                raise Invalid(f"the port of the endpoint {text!r} is not a number from 1 to 65535")
            host, port = before, int(after)
    host = parse_host(host, text)
    return [(host, port) for port in ((port,) if port else ASSUMED_PORTS)]


def parse_host(host, text):
    """A host as it stands in the name of a folder: in lower case, an IPv6 address in brackets."""
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if is_address(bare, 6):
        address = ipaddress.IPv6Address(bare)
        mapped = address.ipv4_mapped
        return f"[::ffff:{mapped}]" if mapped else f"[{address.compressed}]"
    if is_address(host, 4):
        return host
    name = host.lower().rstrip(".")
    labels = name.split(".")
    if len(name) > 253 or not all(LABEL.fullmatch(label) for label in labels) or re.fullmatch("[0-9]+|0x[0-9a-f]*", labels[-1]):
        raise Invalid(f"the endpoint {text!r} is not a host such as mygitlab.example.com or mygitlab.example.com:4567")
    return name


def is_address(text, version):
    """Whether `text` is an IP address, without a zone."""
    try:
        return "%" not in text and ipaddress.ip_address(text).version == version
    except ValueError:
        return False


def registry(host, port):
    """The line of a registry: the endpoint, the usual name of its folder, and the one that containerd tries first."""
    usual = host if port == 443 else f"{host}:{port}"
    before, colon, after = usual.rpartition(":")
    portable = f"{before}_{after}_" if colon else ""
    return f'    "$1" {" ".join(shlex.quote(word) for word in (f"{host}:{port}", usual, portable))}\n'


def section(anchors, is_removal):
    """The part of the script that depends on the variables."""
    action = "remove" if is_removal else "apply"
    lines = [f"default_action={action}\n"]
    for word in ("apply", "remove"):
        text = " (unless another is named)" if word == action else ""
        lines.append(f"default_{word}={shlex.quote(text)}\n")
    numbers = [str(number) for number in range(1, len(anchors) + 1)]
    lines.append(f"anchors={shlex.quote(' '.join(numbers))}\n")
    for number, anchor in zip(numbers, anchors):
        pem = " \\\n        ".join(f"'{line}'" for line in anchor.pem.splitlines())
        lines.append(f"sha256_{number}={anchor.sha256}\nname_{number}={anchor.name}\n")
        lines.append(f"pem_{number}() {{\n    printf '%s\\n' {pem}\n}}\nregistries_{number}() {{\n    :\n")
        lines.extend(registry(host, port) for host, port in anchor.endpoints)
        lines.append("}\n")
    return "".join(lines)


def script(template, anchors, is_removal):
    """The script `template` with other certificates and registries."""
    before, begin, rest = template.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise Invalid("the script of this collection is damaged: render the collection again")
    return before + begin + section(anchors, is_removal) + end + after
