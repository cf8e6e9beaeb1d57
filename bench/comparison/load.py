"""The clients: valkey-benchmark for load, a pinging client for delays, and what else ran on the machine meanwhile."""

import csv
import io
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .servers import ServerFailed, pinned

CLIENTS = 50


@dataclass(frozen=True)
class LoadResult:
    throughput: float  # requests per second, as the load generator sees it
    p50: float  # milliseconds
    p99: float  # milliseconds


class LoadGenerator:
    """Runs valkey-benchmark against one server. Any error reply, or output that is not understood, is a failure."""

    def __init__(self, path, cores):
        self._path = path
        self._cores = cores

    def run(self, server, command, *, pipeline, keys, size, seconds, threads=1, pinned_to_core=True, rate=0, more=()):
        """Loads the server for some seconds with random keys, with as many requests a second as it takes or a given number."""
        extent = ["--duration", str(seconds), *(["--rps", str(rate)] if rate else []), *more]
        return self._finish(*self._launch(server, command, pipeline, keys, size, threads, pinned_to_core, extent), timeout=seconds + 60)

    def fill(self, server, command, *, keys, size, pinned_to_core=True):
        """Sends the command once for every key number, in order."""
        return self._finish(*self._launch(server, command, 16, keys, size, 1, pinned_to_core,
                                          ["-n", str(keys), "--sequential"]), timeout=900)

    def _launch(self, server, command, pipeline, keys, size, threads, pinned_to_core, extent):
        args = [self._path, "-p", str(server.port), "-c", str(CLIENTS), "-P", str(pipeline), "-d", str(size),
                "-r", str(keys), "--csv", "--precision", "3", *extent]
        if threads > 1:
            args += ["--threads", str(threads)]
        process = subprocess.Popen(
            args + ["--"] + command.split(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, preexec_fn=pinned(self._cores if pinned_to_core else None))
        return process, command

    @staticmethod
    def _finish(process, command, timeout):
        try:
            output, errors = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            process.wait()
            raise
        rows = list(csv.DictReader(io.StringIO(output)))
        if process.returncode != 0 or errors.strip() or not rows:
            raise ServerFailed(f"load '{command}' failed ({process.returncode}): {errors.strip() or output.strip()}")
        row = rows[-1]
        return LoadResult(float(row["rps"]), float(row["p50_latency_ms"]), float(row["p99_latency_ms"]))


class PingingClient:
    """A client in a process of its own that sends PING each millisecond for some seconds."""

    def __init__(self, server, seconds, cores):
        script = Path(__file__).with_name("pinging.py")
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-E", str(script), str(server.port), str(seconds)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, preexec_fn=pinned(cores))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def result(self):
        """Waits for the end; milliseconds: longest, p50, p99, p999, and by how much the client itself woke late."""
        output, _ = self._process.communicate(timeout=300)
        if self._process.returncode != 0:
            raise ServerFailed("the pinging client failed: the server closed its connection or answered wrongly")
        return json.loads(output)


class Subscribers:
    """Connections of a process of their own that are subscribed to a channel and throw away what comes. None: nothing is started."""

    def __init__(self, server, channel, count, cores):
        self._server = server
        self._channel = channel
        self._count = count
        self._cores = cores

    def __enter__(self):
        if self._count == 0:
            return self
        script = Path(__file__).with_name("subscribing.py")
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-E", str(script), str(self._server.port), self._channel, str(self._count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=pinned(self._cores))
        if self._process.stdout.readline() != "ready\n":
            self.__exit__()
            raise ServerFailed(f"not all of {self._count} clients could subscribe")
        return self

    def __exit__(self, *_):
        if self._count == 0:
            return
        alive = self._process.poll() is None
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        if not alive:
            raise ServerFailed("the server closed the connection of a subscriber")


class OtherWork:
    """How much of one core the rest of the machine used while the block ran: what makes a measurement doubtful."""

    def __init__(self, servers):
        self._servers = servers

    def __enter__(self):
        self._before = self._sample()
        return self

    def __exit__(self, *_):
        after = self._sample()
        wall, busy, ours = (b - a for a, b in zip(self._before, after))
        self.cores = max(0.0, (busy - ours) / wall)

    def _sample(self):
        with open("/proc/stat") as stat:
            fields = [int(field) for field in stat.readline().split()[1:]]
        # user, nice, system, irq, softirq and steal; idle and iowait are left out.
        busy = (sum(fields[0:3]) + sum(fields[5:8])) / os.sysconf("SC_CLK_TCK")
        ours = sum(server.cpu().total for server in self._servers) / 1e9
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
            usage = resource.getrusage(who)
            ours += usage.ru_utime + usage.ru_stime
        return time.perf_counter(), busy, ours
