"""Options, the choice of rows, and the servers that rows share."""

import argparse
import fnmatch
import os
import shlex
import shutil
import signal
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from . import report
from .load import LoadGenerator
from .resp import ReplyError
from .rows import ROWS
from .sampling import PerfSampler, TickSampler
from .servers import Program, Server, ServerFailed

_REPOSITORY = Path(__file__).resolve().parents[2]


class Bench:
    """What rows measure with: two programs (Carnelian is side 0, Valkey side 1), load, and the extent of the work."""

    def __init__(self, programs, load, cores, options):
        self.programs = programs
        self.load = load
        self.server_cores, self.load_cores = cores
        self.quick = options.quick
        self.rounds = options.rounds or (3 if options.quick else 5)
        self.seconds = options.seconds or (1 if options.quick else 4)
        self.warmup = 1 if options.quick else 4
        self.sampler = PerfSampler if options.perf else TickSampler
        self._shared = None
        self._stack = ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()

    def order(self, number):
        """Which side goes first in a round: they take turns."""
        return (0, 1) if number % 2 == 0 else (1, 0)

    def scaled(self, data):
        return replace(data, keys=max(1, data.keys // 10)) if self.quick else data

    def start(self, side, args, pinned):
        """A server of the row's own."""
        self.release()
        return self._launch(side, args, pinned)

    def loaded(self, data, args, pinned):
        """Both servers, holding the data. The next row gets the same two if it asks for the same."""
        wanted = (data, args, pinned)
        if self._shared is None or self._shared[0] != wanted:
            self.release()
            servers = [self._stack.enter_context(self._launch(side, args, pinned)) for side in (0, 1)]
            self._shared = (wanted, servers)
            for server in servers:
                self.fill(server, self.scaled(data), pinned)
        return self._shared[1]

    def fill(self, server, data, pinned=True):
        for part in (data, *data.also):
            self.load.fill(server, part.command, keys=part.keys, size=part.size, pinned_to_core=pinned)
        held = server.call("DBSIZE")
        wanted = data.keys if data.held is None else data.held
        if held != wanted:
            raise ServerFailed(f"{server.program.label} holds {held} keys and not {wanted}")
        for command in data.then:
            server.call(*command.split())

    def release(self):
        """Ends the servers that rows shared."""
        self._shared = None
        self._stack.close()

    def _launch(self, side, args, pinned):
        return Server(self.programs[side], args, self.server_cores if pinned else None)


def main():
    options = _options()
    rows = [row for row in ROWS if _chosen(row.name, options.only)]
    if options.list:
        print("\n".join(f"{row.name:<16} {row.SECTION}: {row.title}" for row in rows))
        return 0
    if not rows:
        sys.exit(f"no row matches {options.only}; --list shows them all")
    # Ending by a signal unwinds the stack like any other failure, so that no server stays behind.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    programs = [Program("Carnelian", _program(options.server), tuple(shlex.split(options.server_args))),
                Program("Valkey", _peer("valkey-server", options.valkey))]
    versions = [(program, program.version()) for program in programs]
    for program, version in versions:
        print(f"{program.label}: {version}")
    cores = _cores(options.cores)
    load = LoadGenerator(_peer("valkey-benchmark", options.benchmark), cores[1])

    measured, broken = [], []
    with Bench(programs, load, cores, options) as bench:
        settings = f"{bench.rounds} rounds of {bench.seconds} s" + (", --quick: not for the record" if bench.quick else "")
        print(f"{len(rows)} rows, {settings}", flush=True)
        for row in rows:
            try:
                result = row.measure(bench)
            except (ServerFailed, ReplyError, OSError) as failure:
                bench.release()
                broken.append(row.name)
                print(f"ERROR {row.name:<15} {failure}", flush=True)
                continue
            measured.append((row, result))
            print(report.line(row, result), flush=True)
    if options.out and measured:
        Path(options.out).write_text(report.markdown(versions, measured, settings), encoding="utf-8")
    failed = [row.name for row, result in measured if not result.passed]
    print(f"{len(measured) - len(failed)} passed, {len(failed)} failed, {len(broken)} could not be measured")
    return 1 if failed or broken else 0


def _options():
    parser = argparse.ArgumentParser(prog="bench/compare", description="Compares Carnelian with real Valkey.")
    parser.add_argument("--server", default=str(_REPOSITORY / "out" / "carnelian-server"), help="Carnelian's program (%(default)s)")
    parser.add_argument("--server-args", default="", metavar="ARGS", help="more arguments for Carnelian, as in a shell")
    parser.add_argument("--valkey", help="Valkey's program (default: $VALKEY_BIN, PATH, /opt/peers/bin)")
    parser.add_argument("--benchmark", help="valkey-benchmark (default: as for Valkey)")
    parser.add_argument("--only", default="*", metavar="PATTERNS", help="rows by name: patterns with commas between")
    parser.add_argument("--list", action="store_true", help="show the rows and stop")
    parser.add_argument("--rounds", type=int, help="rounds per row (5)")
    parser.add_argument("--seconds", type=int, help="length of a round (4)")
    parser.add_argument("--quick", action="store_true", help="short rounds over a tenth of the keys: a smoke test")
    parser.add_argument("--perf", action="store_true", help="take the user share from perf samples instead of clock ticks")
    parser.add_argument("--cores", default="0,1", help="core of the server and of the load generator (%(default)s)")
    parser.add_argument("--out", metavar="FILE", help="write the tables as Markdown")
    return parser.parse_args()


def _chosen(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns.split(","))


def _program(path):
    found = shutil.which(path)
    if found is None:
        sys.exit(f"{path} is not there; publish it with: dotnet publish src/Carnelian.Server -c Release -o out")
    return os.path.abspath(found)


def _peer(name, given):
    places = os.pathsep.join(filter(None, [os.environ.get("VALKEY_BIN"), os.environ.get("PATH"), "/opt/peers/bin"]))
    found = shutil.which(given) if given else shutil.which(name, path=places)
    if found is None:
        sys.exit(f"{given or name} is not there; set VALKEY_BIN to the directory of Valkey's programs")
    return os.path.abspath(found)


def _cores(text):
    try:
        server, load = (int(part) for part in text.split(","))
    except ValueError:
        sys.exit("--cores wants two numbers, as in 0,1")
    if server == load or not {server, load} <= os.sched_getaffinity(0):
        sys.exit(f"--cores {text}: the server and the load generator need a core each, of those this process may use")
    return {server}, {load}
