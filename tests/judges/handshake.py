"""Python as a judge: a TLS handshake in memory, as strict as Python 3.13 is by default.

Each argument is a folder with chain.pem, leaf.key, root.pem and host; each line of output is the
verdict for one: "accepted", or why not.
"""

import ssl
import sys


def judge(folder):
    with open(folder + "/host") as file:
        host = file.read()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(folder + "/chain.pem", folder + "/leaf.key")
    client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_side.load_verify_locations(folder + "/root.pem")
    client_side.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_side.wrap_bio(to_client, to_server, server_hostname=host)
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(10):
        for side in (client, server):
            try:
                side.do_handshake()
                if side is client:
                    return "accepted"
            except ssl.SSLWantReadError:
                pass
    return "no end of the handshake"


for folder in sys.argv[1:]:
    try:
        print(judge(folder))
    except ssl.SSLError as error:
        print(str(error).replace("\n", " "))
