"""Subscribes to a channel with many connections and throws away what comes. Arguments: port, channel, connections. Says "ready" when all
are subscribed; ends with a failure when the server closes one."""

import select
import socket
import sys


def main():
    port, channel, count = int(sys.argv[1]), sys.argv[2].encode(), int(sys.argv[3])
    poll = select.epoll()
    connections = {}
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        connection.sendall(b"*2\r\n$9\r\nSUBSCRIBE\r\n$%d\r\n%s\r\n" % (len(channel), channel))
        if not connection.recv(4096).startswith(b"*3\r\n$9\r\nsubscribe\r\n"):
            sys.exit(1)
        connections[connection.fileno()] = connection
        poll.register(connection.fileno(), select.EPOLLIN)
    print("ready", flush=True)
    room = bytearray(1 << 20)
    while True:
        for number, _ in poll.poll():
            if connections[number].recv_into(room) == 0:
                sys.exit(1)


main()
