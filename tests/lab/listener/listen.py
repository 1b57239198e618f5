"""Listens as a server does that is not what it should be: `BEHAVIOUR ADDRESS PORT
[CHAIN-AND-KEY]`, the bytes that it says on standard input. Where the port is taken already, its traffic is led here."""

import os
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading
import time

MARK = 1  # of the middlebox's own packets, which are not led back to it


def read_request(connection):
    got = b""
    # A TLS client's hello is a bad request at its first byte.
    while b"\r\n\r\n" not in got and got[:1] != b"\x16" and len(got) < 65536:
        part = connection.recv(4096)
        if not part:
            return
        got += part


def closes(connection):
    connection.shutdown(socket.SHUT_WR)
    silent(connection)  # unread bytes would make a reset of it


def resets(connection):
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(connection):
    while connection.recv(4096):
        pass


def says(connection):
    connection.sendall(SAID)
    silent(connection)


def answers(connection):
    read_request(connection)
    connection.sendall(SAID)


def endless(connection):
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: " + b"a" * 4000 + b"\r\n")


def drips(connection):
    read_request(connection)
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"a" * 100000:
        connection.sendall(bytes([byte]))
        time.sleep(0.2)


def intercepts(connection):
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    plain.check_hostname, plain.verify_mode = False, ssl.CERT_NONE
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
    server.connect(("192.0.2.10", PORT))
    server = plain.wrap_socket(server, server_hostname="mygitlab.example.com")

    def copy(source, target):
        try:
            while part := source.recv(65536):
                target.sendall(part)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    threading.Thread(target=copy, args=(connection, server), daemon=True).start()
    copy(server, connection)


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        connection = self.request
        try:
            if CONTEXT:
                connection = CONTEXT.wrap_socket(connection, server_side=True)
            globals()[BEHAVIOUR](connection)
        except OSError:
            pass
        connection.close()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def shutdown_request(self, request):
        request.close()  # and not shut down: that would send a FIN before the RST


def lead(port):
    """Packets to this machine's port, or through it to another's, come to us instead."""
    for chain in ("PREROUTING", "OUTPUT"):
        rule = ["-p", "tcp", "--dport", str(PORT), "-m", "mark", "!", "--mark", str(MARK)]
        subprocess.run(
            ["iptables", "-t", "nat", "-I", chain, *rule, "-j", "DNAT", "--to", f"{ADDRESS}:{port}"], check=True
        )


BEHAVIOUR, ADDRESS, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])
SAID = sys.stdin.buffer.read()
CONTEXT = None
if len(sys.argv) > 4:
    CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CONTEXT.load_cert_chain(sys.argv[4])
try:
    # A middlebox is somewhere between: what listens on the port stays there.
    server = Server(("0.0.0.0", 0 if BEHAVIOUR == "intercepts" else PORT), Handler)
except OSError:
    server = Server(("0.0.0.0", 0), Handler)
if server.server_address[1] != PORT:
    lead(server.server_address[1])
if os.fork() == 0:
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    server.serve_forever()
