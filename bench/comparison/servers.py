"""A server under test: started on a free port in a directory of its own, watched through /proc, ended by its process id."""

import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass

from .resp import Connection, ReplyError

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class ServerFailed(Exception):
    """A server did not start, died, or answered wrongly."""


class Info(dict):
    """INFO by field. A field that the server does not have is its failure."""

    def __missing__(self, field):
        raise ServerFailed(f"INFO has no field {field}")


@dataclass(frozen=True)
class Program:
    """One side of the comparison: a server binary and the arguments that it always gets."""

    label: str
    path: str
    args: tuple = ()

    def version(self):
        done = subprocess.run([self.path, "--version"], capture_output=True, text=True, timeout=30)
        lines = done.stdout.strip().splitlines()
        return lines[0] if lines else "unknown version"


@dataclass(frozen=True)
class Cpu:
    """Processor time that a process has used since its start, threads that have ended included."""

    total: int  # nanoseconds, as the scheduler counts them
    user: int  # clock ticks
    system: int  # clock ticks

    def __sub__(self, other):
        return Cpu(self.total - other.total, self.user - other.user, self.system - other.system)


def pinned(cores):
    """A preexec function: the child and all its later threads run on these cores only and die with this process."""
    parent = os.getpid()

    def prepare():
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        if cores is not None:
            os.sched_setaffinity(0, cores)

    return prepare


def free_port():
    while True:
        port = random.randint(20000, 29999)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Server:
    """A running server. Use it as a context manager: leaving the block ends the process and removes its directory."""

    def __init__(self, program, args, cores=None):
        self.program = program
        self._directory = tempfile.mkdtemp(prefix="compare-")
        self._connection = None
        self._process = None
        try:
            self._start(list(args), cores)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _start(self, args, cores):
        self.port = free_port()
        command = [self.program.path, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self._directory]
        with open(self._log_path, "wb") as log:
            begin = time.perf_counter()
            self._process = subprocess.Popen(
                command + args + list(self.program.args), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self._directory, preexec_fn=pinned(cores))
        self._connection = self._first_pong(begin + 30)
        self.start_seconds = time.perf_counter() - begin
        # Another server may have taken the port between the probe and the bind: never measure a stranger.
        answered = self.info("server").get("process_id")
        if answered != str(self.pid):
            raise ServerFailed(f"process {answered} answers on port {self.port}, not {self.program.label} ({self.pid})")

    def _first_pong(self, deadline):
        while True:
            if self._process.poll() is not None:
                raise ServerFailed(f"{self.program.label} ended with {self._process.returncode}:\n{self.log_tail()}")
            if time.perf_counter() > deadline:
                raise ServerFailed(f"{self.program.label} did not answer within 30 s:\n{self.log_tail()}")
            connection = None
            try:
                connection = Connection(self.port)
                if connection.call("PING") == "PONG":
                    return connection
            except (OSError, ReplyError):
                pass
            if connection is not None:
                connection.close()
            time.sleep(0.0005)

    @property
    def pid(self):
        return self._process.pid

    @property
    def _log_path(self):
        return os.path.join(self._directory, "server.log")

    def log_tail(self):
        with open(self._log_path, errors="replace") as log:
            return "".join(log.readlines()[-12:])

    def call(self, *args):
        return self._connection.call(*args)

    def info(self, *sections):
        return Info(self._connection.info(*sections))

    def cpu(self):
        # The CPU clock of a process has the number (~pid << 3) | 2: nanoseconds of all its threads, dead or alive.
        total = time.clock_gettime_ns((~self.pid << 3) | 2)
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return Cpu(total, int(fields[11]), int(fields[12]))

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/smaps_rollup") as rollup:
            for line in rollup:
                if line.startswith("Rss:"):
                    return int(line.split()[1]) * 1024
        raise ServerFailed(f"no resident size for process {self.pid}")

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)
