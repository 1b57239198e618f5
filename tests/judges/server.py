"""A TLS server for the clients that are asked by a handshake.

Its input names a folder a line, with chain.pem and leaf.key; each is served on a port of its own,
sent as it is, whatever is wrong with it. The answer to each line is the port, or 0 if OpenSSL
cannot send that chain. It ends when its input ends.
"""

import socket
import ssl
import sys
import threading

PATIENCE = 20


def context(folder):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # The server is no judge: weak keys are sent like all others.
    made.set_ciphers("ALL:@SECLEVEL=0")
    made.load_cert_chain(folder + "/chain.pem", folder + "/leaf.key")
    return made


def answer(made, connection):
    try:
        connection.settimeout(PATIENCE)
        with made.wrap_socket(connection, server_side=True) as client:
            if client.recv(4096):
                client.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
    except OSError:
        pass  # The client says why.
    finally:
        connection.close()


def serve(made, listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(made, connection), daemon=True).start()


threading.stack_size(256 * 1024)
for line in sys.stdin:
    try:
        made = context(line.rstrip("\n"))
    except (ssl.SSLError, ValueError):
        print(0, flush=True)
        continue
    listener = socket.create_server(("127.0.0.1", 0), backlog=32)
    threading.Thread(target=serve, args=(made, listener), daemon=True).start()
    print(listener.getsockname()[1], flush=True)
