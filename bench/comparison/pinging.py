"""Sends PING once a millisecond and measures each reply. Runs alone, with real-time priority where the system allows it,
so that the load generator beside it does not delay it. Arguments: port, seconds. Prints one JSON object."""

import array
import gc
import json
import os
import socket
import sys
import time

PERIOD = 1_000_000  # nanoseconds


def main():
    port, seconds = int(sys.argv[1]), float(sys.argv[2])
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        pass
    gc.disable()
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    delays = array.array("q")
    latest_wake = 0
    clock = time.perf_counter_ns
    due = clock()
    end = due + int(seconds * 1e9)
    while due < end:
        now = clock()
        if now < due:
            time.sleep((due - now) / 1e9)
            now = clock()
            latest_wake = max(latest_wake, now - due)
        connection.sendall(b"PING\r\n")
        reply = connection.recv(64)
        if reply != b"+PONG\r\n":
            sys.exit(1)
        done = clock()
        delays.append(done - now)
        # Pings that fell due while this one waited would all have waited for the same cause: they are left out.
        due = max(due + PERIOD, done)
    ordered = sorted(delays)

    def at(share):
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1e6

    print(json.dumps({"longest": ordered[-1] / 1e6, "p50": at(0.5), "p99": at(0.99), "p999": at(0.999),
                      "late": latest_wake / 1e6, "count": len(ordered)}))


main()
