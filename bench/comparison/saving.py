"""BGSAVE: how long it takes, and what it costs those who write meanwhile. Where the server forks, its child counts too.
And how long a server takes to load such a file."""

import os
import tempfile
import threading
import time
from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from .kinds import DEFAULTS, MEBIBYTE, Data, Result, Watch, below, bound, other_work, pair, spread
from .load import OtherWork, PingingClient
from .servers import ServerFailed

WRITE = "SET key:__rand_int__ __data__"


class MemorySampler(threading.Thread):
    """Looks at the memory of a process and its children, shared pages counted once, and keeps the most that it saw."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self._pid = server.pid
        self._ended = threading.Event()
        self.most = self.now()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self.join()

    def run(self):
        while not self._ended.wait(0.1):
            self.most = max(self.most, self.now())

    def now(self):
        total = self._proportional(self._pid)
        try:
            with open(f"/proc/{self._pid}/task/{self._pid}/children") as children:
                total += sum(self._proportional(int(child)) for child in children.read().split())
        except OSError:
            pass
        return total

    @staticmethod
    def _proportional(pid):
        try:
            with open(f"/proc/{pid}/smaps_rollup") as rollup:
                return next((int(line.split()[1]) * 1024 for line in rollup if line.startswith("Pss:")), 0)
        except OSError:
            return 0  # It has just ended.


@dataclass(frozen=True)
class SaveRow:
    """Wall time of BGSAVE of an idle server; then of one under writes, its memory and the delay of a client that pings."""

    name: str
    title: str
    keys: int
    rate: int  # writes a second
    at_most: float = None  # ratio of wall times
    extra_memory: float = None  # share of the data
    delay: float = None  # ratio of the longest delays, and of p99.9

    SECTION: ClassVar = "BGSAVE"
    HEADERS: ClassVar = ("data", "wall time", "at most", "of rounds", "seconds", "extra memory", "at most", "of the data (Valkey)",
                         "longest delay", "at most", "longest ms", "p99.9 ms", "file size")

    def measure(self, bench):
        data = bench.scaled(Data(self.keys, 64))
        results, others = ([], []), []
        for number in range(min(bench.rounds, 3)):
            for side in bench.order(number):
                with bench.start(side, DEFAULTS, pinned=False) as server, OtherWork([server]) as other:
                    results[side].append(self._run(bench, server, data))
                others.append(other.cores)

        def column(field):
            return [median(item[field] for item in side) for side in results]

        def ratios(field):
            return [one[field] / two[field] for one, two in zip(*results)]

        walls, delays, late, sizes = ratios("wall"), ratios("longest"), ratios("p999"), ratios("size")
        extra = column("extra")
        return Result(
            [self.title, f"{median(walls):.2f}", bound(self.at_most), spread(walls), pair(column("wall")), f"{extra[0]:.3f}", bound(self.extra_memory),
             f"{extra[1]:.3f}", f"{median(delays):.2f}", bound(self.delay), pair(column("longest")), pair(column("p999")), f"{median(sizes):.3f}"],
            below(median(walls), self.at_most) and below(extra[0], self.extra_memory) and below(median(delays), self.delay)
            and below(median(late), self.delay), other_work(others))

    def _run(self, bench, server, data):
        empty = MemorySampler(server).most
        bench.load.fill(server, WRITE, keys=data.keys, size=data.size, pinned_to_core=False)
        wall = self._save(server)
        size = int(os.stat(os.path.join(server.call("CONFIG", "GET", "dir")[1].decode(), "dump.rdb")).st_size)
        before = MemorySampler(server).most
        seconds = max(5, int(wall * 3))
        load = threading.Thread(target=lambda: bench.load.run(
            server, WRITE, pipeline=1, keys=data.keys, size=data.size, seconds=seconds, pinned_to_core=False, rate=self.rate))
        with Watch(server), PingingClient(server, seconds, None) as client, MemorySampler(server) as memory:
            load.start()
            time.sleep(1)
            self._save(server)
            result = client.result()
            load.join()
        return {"wall": wall, "size": size, "extra": max(0, memory.most - before) / max(before - empty, MEBIBYTE),
                "longest": result["longest"], "p999": result["p999"]}

    @staticmethod
    def _save(server):
        begin = time.perf_counter()
        server.call("BGSAVE")
        while server.info()["rdb_bgsave_in_progress"] == "1":
            if time.perf_counter() - begin > 600:
                raise ServerFailed(f"{server.program.label} saves for more than 600 s")
            time.sleep(0.01)
        info = server.info()
        if info["rdb_last_bgsave_status"] != "ok":
            raise ServerFailed(f"{server.program.label} could not save")
        return time.perf_counter() - begin


@dataclass(frozen=True)
class LoadRow:
    """Time from starting a process to its first PONG, with a file to load that Valkey has written."""

    name: str
    title: str
    keys: int
    at_most: float

    SECTION: ClassVar = "Load of a file"
    HEADERS: ClassVar = ("data", "wall time", "at most", "of rounds", "seconds", "processor seconds")

    def measure(self, bench):
        data = bench.scaled(Data(self.keys, 64))
        times, work, others = ([], []), ([], []), []
        with tempfile.TemporaryDirectory(prefix="compare-") as folder:
            settings = (*DEFAULTS, "--dir", folder)
            with bench.start(1, settings, pinned=False) as server:
                bench.fill(server, data, pinned=False)
                server.call("SAVE")
            for number in range(bench.rounds):
                for side in bench.order(number):
                    with OtherWork([]) as other, bench.start(side, settings, pinned=False) as server:
                        if server.call("DBSIZE") != data.keys:
                            raise ServerFailed(f"{server.program.label} has not loaded the file")
                        times[side].append(server.start_seconds)
                        work[side].append(server.cpu().total / 1e9)
                    others.append(other.cores)
        ratios = [one / two for one, two in zip(*times)]
        return Result(
            [self.title, f"{median(ratios):.2f}", bound(self.at_most), spread(ratios), pair(map(median, times)), pair(map(median, work))],
            below(median(ratios), self.at_most), other_work(others))
