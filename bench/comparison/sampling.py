"""Where a server spends its time, user space or kernel, counted in two ways.

The kernel's own count (utime and stime) asks at each clock tick (often 4 ms) which side was running: free of cost, but a share
of 20 % over 20 s of processor time is known to about 3 % of itself. perf asks 5000 times a second, which is closer and costs both
servers some 2 % of their time. Exact counters (instructions, cycles) need hardware that virtual machines rarely pass on.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time

from .servers import ServerFailed, pinned

_KERNEL_HALF = 1 << 63


class TickSampler:
    """Counts the clock ticks of a server while its block runs."""

    def __init__(self, server, cores):
        self._server = server

    def __enter__(self):
        self._before = self._server.cpu()
        return self

    def __exit__(self, *_):
        used = self._server.cpu() - self._before
        self.user, self.all = used.user, used.user + used.system


class PerfSampler:
    """Samples a server with `perf record` while its block runs."""

    def __init__(self, server, cores):
        self._pid = server.pid
        self._cores = cores

    def __enter__(self):
        self._directory = tempfile.mkdtemp(prefix="compare-perf-")
        self._file = os.path.join(self._directory, "samples")
        self._recorder = subprocess.Popen(
            ["perf", "record", "-q", "-e", "cpu-clock", "-F", "4999", "-p", str(self._pid), "-o", self._file],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=pinned(self._cores))
        time.sleep(0.3)
        return self

    def __exit__(self, kind, *_):
        try:
            self._recorder.send_signal(signal.SIGINT)
            self._recorder.wait(30)
            if kind is None:
                self._count()
        finally:
            if self._recorder.poll() is None:
                self._recorder.kill()
                self._recorder.wait()
            shutil.rmtree(self._directory, ignore_errors=True)

    def _count(self):
        listing = subprocess.run(["perf", "script", "-i", self._file, "-F", "ip"], capture_output=True, text=True)
        addresses = [int(line, 16) for line in listing.stdout.split()]
        if not addresses:
            raise ServerFailed("perf took no samples; measure without --perf")
        self.all = len(addresses)
        self.user = sum(1 for address in addresses if address < _KERNEL_HALF)
