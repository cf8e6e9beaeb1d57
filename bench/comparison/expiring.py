"""Writes keys whose names tell when they expire and takes the time of their events. Runs alone, with real-time priority where the system allows it.
Arguments: port, keys, seconds over which the deadlines are spread. Prints one JSON object."""

import bisect
import gc
import json
import os
import re
import socket
import sys
import time

LEAD = 25_000  # milliseconds between the first write and the first deadline
PATIENCE = 60  # seconds without an event


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def write(port, keys, first, step):
    connection = connect(port)
    for begin in range(0, keys, 1000):
        commands = []
        for number in range(begin, min(begin + 1000, keys)):
            # Neighbours in time are not neighbours in the order of writing.
            deadline = first + int(number * 7919 % keys * step)
            commands.append(b"SET k:%d:%d v PXAT %d\r\n" % (number, deadline, deadline))
        connection.sendall(b"".join(commands))
        left = 5 * len(commands)
        while left > 0:
            reply = connection.recv(left)
            if not reply or b"-" in reply:
                sys.exit(f"a write was refused: {reply!r}")
            left -= len(reply)
    connection.close()


def main():
    port, keys, seconds = (int(argument) for argument in sys.argv[1:4])
    listener = connect(port)
    listener.sendall(b"SUBSCRIBE __keyevent@0__:expired\r\n")
    listener.recv(4096)
    first = int(time.time() * 1000) + LEAD
    write(port, keys, first, seconds * 1000 / keys)
    if time.time() * 1000 > first:
        sys.exit(f"writing {keys} keys took too long")
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        pass
    gc.disable()
    times, ends, parts, length = [], [], [], 0
    expected = len(b"*3\r\n$7\r\nmessage\r\n$22\r\n__keyevent@0__:expired\r\n") * keys
    for number in range(keys):
        name = 16 + len(str(number))
        expected += name + len(b"$\r\n\r\n") + len(str(name))
    while length < expected:
        part = listener.recv(1 << 20)
        if not part:
            sys.exit("the server closed the connection")
        length += len(part)
        times.append(time.time())
        ends.append(length)
        parts.append(part)
    delays = []
    for match in re.finditer(rb"k:\d+:(\d{13})\r\n", b"".join(parts)):
        arrived = times[bisect.bisect_left(ends, match.end())]
        delays.append(arrived * 1000 - int(match.group(1)))
    if len(delays) != keys:
        sys.exit(f"{len(delays)} events came for {keys} keys")
    delays.sort()
    if delays[0] < 0:
        sys.exit(f"an event came {-delays[0]:.2f} ms before its key expired")

    def at(share):
        return delays[min(keys - 1, int(share * keys))]

    print(json.dumps({"longest": delays[-1], "p50": at(0.5), "p99": at(0.99), "p999": at(0.999)}))


main()
