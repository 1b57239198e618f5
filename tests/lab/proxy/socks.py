"""A SOCKS 5 proxy (RFC 1928) that forwards, or that answers every request with one number: `ADDRESS PORT LOG REPLY`."""

import socket
import socketserver
import sys
import threading

address, port, log, reply = sys.argv[1:]


def pipe(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    sink.shutdown(socket.SHUT_WR)


class Proxy(socketserver.BaseRequestHandler):
    def take(self, count):
        data = b""
        while len(data) < count:
            part = self.request.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def handle(self):
        try:
            self.take(self.take(2)[1])
            self.request.sendall(b"\5\0")
            kind = self.take(4)[3]
            if kind == 3:
                host = self.take(self.take(1)[0]).decode()
            else:
                family, length = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
                host = socket.inet_ntop(family, self.take(length))
            wanted = int.from_bytes(self.take(2), "big")
        except EOFError:
            return
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"Request (file descriptor 0): CONNECT {host}:{wanted}\n")
        self.request.sendall(bytes([5, int(reply), 0, 1, 0, 0, 0, 0, 0, 0]))
        if reply == "0":
            with socket.create_connection((host, wanted)) as server:
                threading.Thread(target=pipe, args=(self.request, server), daemon=True).start()
                pipe(server, self.request)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server((address, int(port)), Proxy).serve_forever()
