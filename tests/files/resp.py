"""A connection that speaks RESP2 and changes nothing of what is said: strings are bytes, errors are exceptions."""
import socket


class Error(Exception):
    pass


class Connection:
    def __init__(self, port, db=0, timeout=120):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.file = self.socket.makefile("rb", 1 << 16)
        if db:
            self("SELECT", db)

    def __call__(self, *words):
        return self.many([words])[0]

    def many(self, commands):
        """Several commands at once; the replies in order, the first error is raised after all have come."""
        self.socket.sendall(b"".join(map(encode, commands)))
        replies = [self.read() for _ in commands]
        for reply in replies:
            if isinstance(reply, Error):
                raise reply
        return replies

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server has hung up")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            return Error(rest.decode("latin-1"))
        if kind == b":":
            return int(rest)
        length = int(rest)
        if length < 0:
            return None
        if kind == b"$":
            return self.file.read(length + 2)[:-2]
        return [self.read() for _ in range(length)]

    def close(self):
        self.file.close()
        self.socket.close()


def encode(words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        if not isinstance(word, bytes):
            word = str(word).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(word), word))
    return b"".join(parts)
