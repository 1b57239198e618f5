"""A proxy that answers whatever it is asked with one status line, as sites have it: `ADDRESS PORT LOG STATUS`."""

import http.server
import sys

address, port, log, status = sys.argv[1:]
code, _, reason = status.partition(" ")


class Proxy(http.server.BaseHTTPRequestHandler):
    def do_CONNECT(self):
        self.send_response(int(code), reason)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_HEAD = do_CONNECT

    def log_request(self, *_):
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"Request (file descriptor 0): {self.requestline}\n")


http.server.ThreadingHTTPServer((address, int(port)), Proxy).serve_forever()
