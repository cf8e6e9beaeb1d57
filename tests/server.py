"""Starts a server for a test: on a free port of 127.0.0.1, in a folder of its own, ended by its process id."""
import os, pathlib, random, shlex, shutil, signal, socket, subprocess, tempfile, time


class Server:
    """with Server("program --option") as server: ... server.port ...; afterwards server.complaint says what went wrong."""

    def __init__(self, command, arguments="", data=None):
        words = shlex.split(command)
        self.command = [os.path.abspath(word) if "/" in word and os.path.exists(word) else word for word in words]
        self.arguments = shlex.split(arguments)
        self.data = data  # to begin with: an RDB file, or the folder of an AOF
        self.complaint = None

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="carnelian-test-")
        if self.data:
            if os.path.isdir(self.data):
                shutil.copytree(self.data, os.path.join(self.folder, "appendonlydir"))
            else:
                shutil.copy(self.data, os.path.join(self.folder, "dump.rdb"))
        self.port = free_port()
        self.log = open(os.path.join(self.folder, "output.txt"), "wb")
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", self.folder]
        self.process = subprocess.Popen([*self.command, *options, *self.arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=subprocess.STDOUT)
        try:
            self.wait_until_ready()
        except BaseException:
            self.clean_up()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(20)
            self.complaint = f"the server ended with {code}:\n{self.output()}" if code else None
        except subprocess.TimeoutExpired:
            self.complaint = f"SIGTERM did not end the server:\n{self.output()}"
        self.clean_up()

    def output(self):
        return pathlib.Path(self.log.name).read_text(errors="replace")[-3000:]

    def clean_up(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait_until_ready(self):
        for _ in range(1500):
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.command[0]} ended with {self.process.returncode} instead of serving:\n{self.output()}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(100) == b"+PONG\r\n":
                        return
            except OSError:
                pass
            time.sleep(0.02)
        raise RuntimeError(f"{self.command[0]} does not answer PING:\n{self.output()}")


def free_port():
    while True:
        port = random.randint(20000, 29999)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
