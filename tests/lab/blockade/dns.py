"""A name server that knows no name at all: `ADDRESS`. Whatever it is asked, it answers NXDOMAIN."""

import os
import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], 53))
if os.fork():
    sys.exit()
os.setsid()
null = os.open("/dev/null", os.O_RDWR)
for number in range(3):
    os.dup2(null, number)
while True:
    query, client = server.recvfrom(512)
    if len(query) < 12:
        continue
    end = 12
    while end < len(query) and query[end]:
        end += query[end] + 1
    question = query[12 : end + 5]
    # RFC 1035, 4.1.1: an answer, recursion available, code 3; one question, nothing else.
    server.sendto(query[:2] + b"\x81\x83" + b"\0\1\0\0\0\0\0\0" + question, client)
