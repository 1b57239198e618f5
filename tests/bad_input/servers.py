"""Servers that do not do what a server should, each on a port of its own of 192.0.2.10.

Says "ready" once all of them listen, and serves for ever.
"""

import itertools
import os
import socket
import ssl
import struct
import threading
import time

ADDRESS = "192.0.2.10"


def hang(client):
    """Takes the connection, and says nothing."""
    time.sleep(60)


def drip(client):
    """One byte a second of what could become a handshake."""
    client.sendall(b"\x16")
    for byte in b"\x03\x03\x40\x00" + b"\x02\x00\x3f\xfc\x03\x03" * 100:
        time.sleep(1)
        client.sendall(bytes([byte]))


def noise(client):
    """Endless data that is no TLS."""
    block = os.urandom(65536)
    while True:
        client.sendall(block)


def records(client):
    """Endless records of a handshake that never comes to its end."""
    client.recv(4096)
    record = b"\x16\x03\x03\x40\x00" + b"\x00" * 16384
    while True:
        client.sendall(record)


def warnings(client):
    """Endless alerts that mean nothing."""
    client.recv(4096)
    while True:
        client.sendall(b"\x15\x03\x03\x00\x02\x01\x5a")


def http(client):
    """Plain HTTP, as a GitLab without a certificate speaks it."""
    client.recv(4096)
    client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def http_redirect(client):
    client.recv(4096)
    client.sendall(b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://mygitlab.example.com/\r\n\r\n")


def ssh(client):
    """The other port that people try."""
    client.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
    time.sleep(60)


def close(client):
    """Hangs up at once."""


def reset(client):
    """Hangs up with a reset."""
    client.recv(16)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def alert(client):
    """Refuses the handshake."""
    client.recv(4096)
    client.sendall(b"\x15\x03\x03\x00\x02\x02\x28")


def name_alert(client):
    """Knows no such host."""
    client.recv(4096)
    client.sendall(b"\x15\x03\x03\x00\x02\x02\x70")


def old(client):
    """A server that speaks TLS 1.0 at most refuses like this one."""
    client.recv(4096)
    client.sendall(b"\x15\x03\x01\x00\x02\x02\x46")


def old_hello(client):
    """Or answers with a hello of TLS 1.0."""
    client.recv(4096)
    hello = b"\x03\x01" + os.urandom(32) + b"\x00" + b"\xc0\x13" + b"\x00"
    message = b"\x02" + struct.pack(">I", len(hello))[1:] + hello
    client.sendall(b"\x16\x03\x01" + struct.pack(">H", len(message)) + message)
    time.sleep(60)


def half(client):
    """A good beginning of a handshake, and then nothing: what a real server sends, cut in its middle."""
    inner, outer = socket.socketpair()
    threading.Thread(target=serve_tls, args=(inner, "/tmp/in/chain.pem"), daemon=True).start()
    outer.sendall(client.recv(4096))
    client.sendall(outer.recv(300))
    time.sleep(60)


def serve_tls(client, chain, key="/tmp/in/leaf.key"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    try:
        with context.wrap_socket(client, server_side=True) as connection:
            connection.recv(1)
    except OSError:
        pass


def hundred(client):
    """A hundred certificates."""
    serve_tls(client, "/tmp/in/hundred.pem")


def large(client):
    """A certificate message of twenty megabytes: a length of 24 bits holds sixteen, records go on."""
    client.recv(4096)
    hello = b"\x03\x03" + os.urandom(32) + b"\x00" + b"\xc0\x2b" + b"\x00"
    message = b"\x02" + struct.pack(">I", len(hello))[1:] + hello
    body = b"\xff\xff\xf0" + (b"\x00\x40\x00" + b"\x30" * 0x4000) * 1023
    message += b"\x0b\xff\xff\xf3" + body + b"\x00" * (20 << 20)
    for at in range(0, len(message), 16384):
        part = message[at : at + 16384]
        client.sendall(b"\x16\x03\x03" + struct.pack(">H", len(part)) + part)


def good(client):
    """A good pair with its root."""
    serve_tls(client, "/tmp/in/chain.pem")


def alone(client):
    """A good leaf, without its root."""
    serve_tls(client, "/tmp/in/leaf.crt")


def hostile(client):
    """A certificate whose names a terminal would obey."""
    serve_tls(client, "/tmp/in/hostile-served.crt", "/tmp/in/keyed.key")


SERVERS = [hang, drip, noise, records, warnings, http, http_redirect, ssh, close, reset, alert, name_alert, old,
           old_hello, half, hundred, large, good, alone, hostile]


def run(serve, client):
    try:
        with client:
            serve(client)
    except OSError:
        pass


def listen(serve, server):
    while True:
        client, _ = server.accept()
        threading.Thread(target=run, args=(serve, client), daemon=True).start()


def main():
    for port, serve in zip(itertools.count(9000), SERVERS):
        server = socket.create_server((ADDRESS, port), backlog=64)
        threading.Thread(target=listen, args=(serve, server), daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


main()
