"""Python as a client: a TLS handshake with the default context, `plain` as it is, or `strict` as
Python 3.13 made it by default (VERIFY_X509_STRICT and VERIFY_X509_PARTIAL_CHAIN).

The first argument is the mode, each other one a folder with host, port and root.pem; each line of
output is the verdict for one: "accepted", or why not.
"""

import socket
import ssl
import sys

STRICT = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN


def text(folder, name):
    with open(f"{folder}/{name}") as file:
        return file.read()


def judge(folder, strict):
    context = ssl.create_default_context(cafile=folder + "/root.pem")
    context.verify_flags &= ~STRICT
    if strict:
        context.verify_flags |= STRICT
    address = ("127.0.0.1", int(text(folder, "port")))
    with socket.create_connection(address, timeout=20) as connection:
        with context.wrap_socket(connection, server_hostname=text(folder, "host")):
            return "accepted"


for folder in sys.argv[2:]:
    try:
        print(judge(folder, sys.argv[1] == "strict"))
    except (OSError, ValueError) as error:
        print(str(error).replace("\n", " ") or repr(error))
