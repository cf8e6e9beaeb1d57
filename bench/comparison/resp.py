"""A minimal blocking RESP2 client: enough to ask a server for INFO and to check that its replies are right."""

import socket


class ReplyError(Exception):
    """The server answered with an error, or closed the connection."""


class Connection:
    def __init__(self, port, timeout=30.0):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = self._socket.makefile("rb")

    def close(self):
        self._reader.close()
        self._socket.close()

    def call(self, *args):
        """Sends one command and returns its reply; an error reply is raised."""
        parts = [b"*%d\r\n" % len(args)]
        for arg in args:
            data = arg if isinstance(arg, bytes) else str(arg).encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
        self._socket.sendall(b"".join(parts))
        return self._read()

    def info(self, *sections):
        """Sections of INFO, all by default, as a dictionary of strings."""
        lines = self.call("INFO", *(sections or ("everything",))).decode("utf-8", "replace").splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))

    def _read(self):
        line = self._reader.readline()
        if not line.endswith(b"\r\n"):
            raise ReplyError("the server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise ReplyError(rest.decode("utf-8", "replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            length = int(rest)
            return None if length < 0 else self._reader.read(length + 2)[:-2]
        if kind == b"*":
            count = int(rest)
            return None if count < 0 else [self._read() for _ in range(count)]
        raise ReplyError(f"not a RESP2 reply: {line!r}")
