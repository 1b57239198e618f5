"""Makes a self-signed certificate odd: odd.py KIND CERT KEY writes it in PEM, signed again with its key.

KIND is `san` (the subject alternative names twice), `serial` (a needless zero) or `date` (an offset, no Z).
"""

import base64
import subprocess
import sys


def element(tag, body):
    size = len(body)
    length = [size] if size < 128 else [0x80 | (size.bit_length() + 7) // 8, *size.to_bytes((size.bit_length() + 7) // 8, "big")]
    return bytes([tag, *length]) + body


def elements(data):
    found = []
    while data:
        start, size = 2, data[1]
        if size >= 128:
            start, size = 2 + (size & 127), int.from_bytes(data[2 : 2 + (size & 127)], "big")
        found.append((data[0], data[start : start + size]))
        data = data[start + size :]
    return found


kind, path, key = sys.argv[1:]
text = open(path).read().split("-----")[2]
((_, whole),) = elements(base64.b64decode(text))
signed, algorithm, _ = elements(whole)
fields = elements(signed[1])
if kind == "san":
    ((_, list_),) = elements(fields[-1][1])
    extensions = elements(list_)
    extensions += [one for one in extensions if b"\x06\x03\x55\x1d\x11" in one[1]]
    fields[-1] = (0xA3, element(0x30, b"".join(element(*one) for one in extensions)))
elif kind == "serial":
    fields[1] = (2, b"\0\0" + fields[1][1].lstrip(b"\0")[:8])
elif kind == "date":
    first, last = elements(fields[4][1])
    fields[4] = (0x30, element(first[0], first[1][:10] + b"+0000") + element(*last))
signed = element(0x30, b"".join(element(*one) for one in fields))
line = ["openssl", "dgst", "-sha256", "-sign", key]
signature = subprocess.run(line, input=signed, stdout=subprocess.PIPE, check=True).stdout
whole = element(0x30, signed + element(*algorithm) + element(3, b"\0" + signature))
print("-----BEGIN CERTIFICATE-----")
print(base64.encodebytes(whole).decode(), end="")
print("-----END CERTIFICATE-----")
