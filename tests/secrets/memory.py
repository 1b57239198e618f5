"""Looks through the memory of a stopped process for private keys and texts.

Arguments: the process, then files of keys (PEM, EC) or `text:TEXT`. Prints a line for each form in which
one is there.
"""
import base64
import re
import sys


def forms(path):
    """Each form in which the key in the file at `path` may lie in memory."""
    if path.startswith("text:"):
        yield "text", path.removeprefix("text:").encode()
        return
    lines = open(path).read().split()
    body = "".join(line for line in lines if re.fullmatch("[A-Za-z0-9+/=]{8,}", line))
    der = base64.b64decode(body)
    # RFC 5915: version 1, then the private key.
    scalar = re.search(rb"\x02\x01\x01\x04\x20(.{32})", der, re.S).group(1)
    yield "PEM", body[40:64].encode()
    yield "PEM, its second line", body[64:104].encode()
    yield "scalar", scalar
    yield "scalar as the signer holds it", scalar[::-1]
    yield "decimal numbers", ",".join(map(str, scalar[:12])).encode()
    yield "hexadecimal", scalar.hex().encode()


def main():
    process, files = sys.argv[1], sys.argv[2:]
    maps = open(f"/proc/{process}/maps").read()
    memory = open(f"/proc/{process}/mem", "rb")
    looked = 0
    regions = []
    for start, end, kind in re.findall(r"^(\w+)-(\w+) rw\S+ \S+ \S+ \S+ *(.*)$", maps, re.M):
        start, end = int(start, 16), int(end, 16)
        memory.seek(start)
        try:
            regions.append((kind, start, memory.read(end - start)))
        except OSError:
            continue
        looked += end - start
    for path in files:
        for form, needle in forms(path):
            for kind, start, content in regions:
                for found in re.finditer(re.escape(needle), content):
                    print(f"{path}: {form} in {kind or 'an unnamed region'} at {start + found.start():x}")
    print(f"looked through {looked} bytes", file=sys.stderr)


main()
