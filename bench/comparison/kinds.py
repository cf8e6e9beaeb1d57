"""How each kind of row is measured. A row is a declaration (see rows.py); measuring it gives one line of a table.

Rounds are interleaved: each round measures both servers, one right after the other, and the next round starts with the other
one. A ratio is Carnelian / Valkey within a round; the table shows the median over the rounds.
"""

import time
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from .load import OtherWork, PingingClient, Subscribers
from .servers import ServerFailed

ONE_LOOP = ("--io-threads", "1", "--save", "")
DEFAULTS = ("--save", "")

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Data:
    """What a server holds before a row runs: `command` sent once for each number below `keys`."""

    keys: int
    size: int
    command: str = "SET key:__rand_int__ __data__"
    held: int = None  # keys that are there after that, if another number
    also: tuple = ()  # further Data, filled in after it
    then: tuple = ()  # commands that follow, each sent once


@dataclass
class Result:
    cells: list
    passed: bool
    warning: str = ""


def below(value, limit):
    return limit is None or value <= limit


def spread(values):
    return f"{min(values):.2f}–{max(values):.2f}"


def pair(values, pattern="{:.2f}"):
    return " / ".join(pattern.format(value) for value in values)


def bound(limit):
    return "" if limit is None else f"{limit:g}"


def other_work(samples):
    cores = median(samples)
    return f"other processes used {cores:.0%} of a core" if cores > 0.1 else ""


def check_replies(servers, command, size):
    """Sends the row's command once to both servers: neither may refuse it, and the replies must have the same shape."""
    for placeholder in ("__rand_int__", "__rand_1st__", "__rand_2nd__", "__rand_3rd__"):
        command = command.replace(placeholder, "000000000007")
    for part in command.replace("__data__", "x" * size).split(" ; "):
        args = part.split()
        shapes = [_shape(server.call(*args)) for server in servers]
        if shapes[0] != shapes[1]:
            raise ServerFailed(f"'{args[0]}' is answered with {shapes[0]} by one server and with {shapes[1]} by the other")


def _shape(reply):
    if isinstance(reply, list):
        shapes = [_shape(item) for item in reply]
        # Data filled in by chance differ a little in number.
        return shapes if len(shapes) <= 100 else sorted({str(shape) for shape in shapes})
    if isinstance(reply, bytes):
        return f"{len(reply)} bytes"
    return "an integer" if isinstance(reply, int) else repr(reply)


class Watch:
    """Counts the commands that a server runs in the block, and fails when it answered one with an error or missed a key."""

    def __init__(self, server, may_miss=False):
        self._server = server
        self._may_miss = may_miss

    def __enter__(self):
        self._before = self._server.info()
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            return
        after = self._server.info()

        def grown(field):
            return int(after[field]) - int(self._before[field])

        self.commands = grown("total_commands_processed")
        label = self._server.program.label
        if grown("total_error_replies"):
            raise ServerFailed(f"{label} sent {grown('total_error_replies')} error replies")
        if not self._may_miss and grown("keyspace_misses"):
            raise ServerFailed(f"{label} missed {grown('keyspace_misses')} keys that it was given")


@dataclass(frozen=True)
class CpuRow:
    """Processor time of the server per operation, one loop, server and load generator on a core each."""

    name: str
    title: str
    data: Data
    command: str
    pipeline: int
    total: float = None  # largest ratio allowed
    user: float = None
    refill: Data = None  # sent again before each round, for commands that take away what they work on
    left: str = None  # a command whose reply is 0 when nothing was left at the end of a round
    options: tuple = ()  # further arguments of both servers
    subscribers: int = 0  # clients that are subscribed to "channel" meanwhile
    load: tuple = ()  # further arguments of the load generator

    SECTION: ClassVar = "Server CPU per operation, one loop"
    HEADERS: ClassVar = ("work", "total", "at most", "user", "at most", "total of rounds", "CPU µs/op", "user µs/op",
                         "throughput", "k ops/s", "p50", "p99", "p99 ms")

    def measure(self, bench):
        servers = bench.loaded(self.data, ONE_LOOP + self.options, pinned=True)
        data = bench.scaled(self.data)
        check_replies(servers, self.command, data.size)
        load = dict(pipeline=self.pipeline, keys=data.keys, size=data.size, more=self.load)
        with ExitStack() as stack:
            for server in servers:
                stack.enter_context(Subscribers(server, "channel", self.subscribers, bench.load_cores))
                bench.load.run(server, self.command, seconds=bench.warmup, **load)
            return self._measure(bench, servers, load)

    def _measure(self, bench, servers, load):
        cost, loads, others = ([], []), ([], []), []
        user, all_time = [0, 0], [0, 0]
        for number in range(bench.rounds):
            for side in bench.order(number):
                server = servers[side]
                if self.refill:
                    refill = bench.scaled(self.refill)
                    bench.load.fill(server, refill.command, keys=refill.keys, size=refill.size)
                with bench.sampler(server, bench.load_cores) as sampler:
                    with OtherWork(servers) as other, Watch(server) as watch:
                        before = server.cpu()
                        loads[side].append(bench.load.run(server, self.command, seconds=bench.seconds, **load))
                        used = server.cpu() - before
                if self.left and server.call(*self.left.split()) == 0:
                    raise ServerFailed(f"{server.program.label} ran out of what '{self.command}' takes")
                cost[side].append(used.total / watch.commands)
                user[side] += sampler.user
                all_time[side] += sampler.all
                others.append(other.cores)

        def rounds(values):
            return [one / two if two else float("nan") for one, two in zip(*values)]

        totals = rounds(cost)
        total = median(totals)
        micros = [median(side) / 1000 for side in cost]
        # The user share is a count of samples, so it is taken over all rounds together.
        shares = [part / max(1, whole) for part, whole in zip(user, all_time)]
        user_micros = [value * share for value, share in zip(micros, shares)]
        user_ratio = total * shares[0] / shares[1] if shares[1] else float("nan")

        def load_ratio(field):
            return median(rounds([[getattr(item, field) for item in side] for side in loads]))

        return Result(
            [self.title, f"{total:.2f}", bound(self.total), f"{user_ratio:.2f}", bound(self.user), spread(totals),
             pair(micros, "{:.3f}"), pair(user_micros, "{:.3f}"), f"{load_ratio('throughput'):.2f}",
             pair([median(item.throughput for item in side) / 1000 for side in loads], "{:.0f}"),
             f"{load_ratio('p50'):.2f}", f"{load_ratio('p99'):.2f}",
             pair([median(item.p99 for item in side) for side in loads])],
            below(total, self.total) and below(user_ratio, self.user), other_work(others))


@dataclass(frozen=True)
class ThroughputRow:
    """Requests per second with default settings, nothing pinned, two threads of load."""

    name: str
    title: str
    data: Data
    command: str
    pipeline: int
    at_least: float = None
    options: tuple = ()  # further arguments of both servers

    SECTION: ClassVar = "Throughput with default settings, nothing pinned"
    HEADERS: ClassVar = ("work", "throughput", "at least", "of rounds", "k ops/s", "p50", "p99", "p99 ms")

    def measure(self, bench):
        servers = bench.loaded(self.data, DEFAULTS + self.options, pinned=False)
        data = bench.scaled(self.data)
        check_replies(servers, self.command, data.size)
        load = dict(pipeline=self.pipeline, keys=data.keys, size=data.size, threads=2, pinned_to_core=False)
        for server in servers:
            bench.load.run(server, self.command, seconds=bench.warmup, **load)
        loads, others = ([], []), []
        for number in range(bench.rounds):
            for side in bench.order(number):
                with OtherWork(servers) as other, Watch(servers[side]):
                    loads[side].append(bench.load.run(servers[side], self.command, seconds=bench.seconds, **load))
                others.append(other.cores)

        def ratios(field):
            return [getattr(one, field) / getattr(two, field) for one, two in zip(*loads)]

        throughput = median(ratios("throughput"))
        return Result(
            [self.title, f"{throughput:.2f}", bound(self.at_least), spread(ratios("throughput")),
             pair([median(item.throughput for item in side) / 1000 for side in loads], "{:.0f}"),
             f"{median(ratios('p50')):.2f}", f"{median(ratios('p99')):.2f}",
             pair([median(item.p99 for item in side) for side in loads])],
            self.at_least is None or throughput >= self.at_least, other_work(others))


@dataclass(frozen=True)
class MemoryRow:
    """Growth of resident memory, and of used_memory, per element added to a server that is warm but holds no keys."""

    name: str
    title: str
    data: Data
    at_most: float = None

    SECTION: ClassVar = "Memory per element"
    HEADERS: ClassVar = ("element", "resident", "at most", "of rounds", "bytes", "used_memory", "bytes")

    def measure(self, bench):
        data = self.data  # Never scaled: bytes per element depend on how full the tables are.
        resident, used = ([], []), ([], [])
        for number in range(min(bench.rounds, 3)):
            for side in bench.order(number):
                with bench.start(side, ONE_LOOP, pinned=True) as server:
                    # Connections, buffers and compiled code are there before the first key is.
                    warm = dict(pipeline=16, keys=data.keys, size=data.size, seconds=bench.warmup / 2)
                    bench.load.run(server, "GET key:__rand_int__", **warm)
                    bench.load.run(server, "SET warm __data__", **warm)
                    # So is the code of the command that adds elements, which is compiled in several steps.
                    for _ in range(10):
                        bench.load.fill(server, data.command, keys=2_000, size=data.size)
                        server.call("FLUSHALL")
                        time.sleep(0.2)
                    self._settle()
                    # What answering INFO takes is no memory of elements.
                    used_before = int(server.info()["used_memory"])
                    resident_before = server.resident_bytes()
                    bench.fill(server, data)
                    self._settle()
                    resident_after = server.resident_bytes()
                    used_after = int(server.info()["used_memory"])
                resident[side].append((resident_after - resident_before) / data.keys)
                used[side].append((used_after - used_before) / data.keys)
        ratios = [[one / two for one, two in zip(*values)] for values in (resident, used)]
        ratio = median(ratios[0])
        return Result(
            [self.title, f"{ratio:.2f}", bound(self.at_most), spread(ratios[0]), pair(map(median, resident), "{:.1f}"),
             f"{median(ratios[1]):.2f}", pair(map(median, used), "{:.1f}")],
            below(ratio, self.at_most))

    @staticmethod
    def _settle():
        time.sleep(1.5)  # Buffers of the connections that have just gone are given back within a second.


@dataclass(frozen=True)
class DelayRow:
    """Delay of a client that pings each millisecond while keys are written, then read, overwritten and expired."""

    name: str
    title: str
    keys: int
    pinned: bool
    at_most: float = None
    pause_ms: float = None  # longest pause for garbage collection that the server may report

    SECTION: ClassVar = "Delay of a client that pings each millisecond under load"
    HEADERS: ClassVar = ("work", "longest", "at most", "of rounds", "longest ms", "p99.9 ms", "p99 ms",
                         "client late ms", "GC pause ms", "at most", "GC pauses")

    def measure(self, bench):
        seconds = 10 if bench.quick else 60
        data = bench.scaled(Data(self.keys, 64))
        results, others, pauses, pause_counts = ([], []), [], [], []
        for number in range(min(bench.rounds, 3)):
            for side in bench.order(number):
                args = ONE_LOOP if self.pinned else DEFAULTS
                with bench.start(side, args, self.pinned) as server, OtherWork([server]) as other:
                    results[side].append(self._run(bench, server, data, seconds))
                    info = server.info()
                    if int(info["expired_keys"]) == 0:
                        raise ServerFailed(f"{server.program.label} expired no keys under load")
                    if "gc_pause_max_usec" in info:
                        pauses.append(int(info["gc_pause_max_usec"]) / 1000)
                        pause_counts.append(int(info.get("gc_pauses", 0)))
                others.append(other.cores)

        def column(field):
            return [median(item[field] for item in side) for side in results]

        ratios = [one["longest"] / two["longest"] for one, two in zip(*results)]
        ratio, pause = median(ratios), max(pauses, default=None)
        return Result(
            [self.title, f"{ratio:.2f}", bound(self.at_most), spread(ratios), pair(column("longest")),
             pair(column("p999")), pair(column("p99")), pair(column("late")),
             "" if pause is None else f"{pause:.2f}", bound(self.pause_ms),
             "" if pause is None else f"{median(pause_counts):.0f}"],
            below(ratio, self.at_most) and (pause is None or below(pause, self.pause_ms)), other_work(others))

    def _run(self, bench, server, data, seconds):
        lifetime = seconds // 3
        write = f"SET key:__rand_int__ __data__ EX {lifetime}"
        mix = (f"SET key:__rand_1st__ __data__ ; GET key:__rand_2nd__ ; "
               f"SET key:__rand_3rd__ __data__ EX {lifetime // 2} ; GET key:__rand_int__")
        pinned = dict(pinned_to_core=self.pinned)
        bench.load.run(server, "PING", pipeline=16, keys=1, size=3, seconds=bench.warmup, **pinned)
        with PingingClient(server, seconds, bench.load_cores if self.pinned else None) as client:
            end = time.perf_counter() + seconds
            with Watch(server, may_miss=True):
                bench.load.fill(server, write, keys=data.keys, size=data.size, **pinned)
                left = int(end - time.perf_counter())
                if left < lifetime // 2:
                    raise ServerFailed(f"writing {data.keys} keys took all but {left} s: too slow for this row")
                bench.load.run(server, mix, pipeline=4, keys=data.keys, size=data.size, seconds=left, **pinned)
            return client.result()


@dataclass(frozen=True)
class StartRow:
    """Time from starting the process to its first PONG, with default settings; the limit is on Carnelian's own time."""

    name: str
    title: str
    milliseconds: float

    SECTION: ClassVar = "Start and idle memory (limits are absolute)"
    HEADERS: ClassVar = ("what", "Carnelian", "at most", "Valkey", "of rounds")

    def measure(self, bench):
        times = ([], [])
        for number in range(bench.rounds + 1):
            for side in bench.order(number):
                with bench.start(side, DEFAULTS, pinned=False) as server:
                    times[side].append(server.start_seconds * 1000)
        # The first start reads the program from the disk.
        return absolute(self.title, [side[1:] for side in times], self.milliseconds, "ms")


@dataclass(frozen=True)
class IdleRow:
    """Resident memory of a server with default settings and no keys, some seconds after its start."""

    name: str
    title: str
    mebibytes: float

    SECTION: ClassVar = StartRow.SECTION
    HEADERS: ClassVar = StartRow.HEADERS

    def measure(self, bench):
        sizes = ([], [])
        for number in range(min(bench.rounds, 3)):
            with ExitStack() as stack:
                servers = [stack.enter_context(bench.start(side, DEFAULTS, pinned=False)) for side in (0, 1)]
                time.sleep(1 if bench.quick else 5)
                for side, server in enumerate(servers):
                    sizes[side].append(server.resident_bytes() / MEBIBYTE)
        return absolute(self.title, sizes, self.mebibytes, "MiB")


def absolute(title, values, limit, unit):
    carnelian, valkey = (median(side) for side in values)
    return Result([title, f"{carnelian:.0f} {unit}", f"{limit:g} {unit}", f"{valkey:.0f} {unit}",
                   f"{min(values[0]):.0f}–{max(values[0]):.0f} {unit}"], carnelian <= limit)
