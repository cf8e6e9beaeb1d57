"""How late the event of a key that expires comes."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import ClassVar

from .kinds import ONE_LOOP, Result, bound, other_work, pair, spread
from .load import OtherWork
from .servers import ServerFailed, pinned


@dataclass(frozen=True)
class ExpiredRow:
    """Time from the millisecond at which a key expires to the arrival of its event at a subscriber; the limit is on Carnelian's longest."""

    name: str
    title: str
    keys: int
    seconds: int  # over which the deadlines are spread
    at_most_ms: float

    SECTION: ClassVar = "Delay of expired events (the limit is absolute)"
    HEADERS: ClassVar = ("what", "longest ms", "at most", "of rounds", "p50 ms", "p99 ms", "p99.9 ms")

    def measure(self, bench):
        keys, seconds = (self.keys // 10, self.seconds // 4) if bench.quick else (self.keys, self.seconds)
        results, others = ([], []), []
        for number in range(min(bench.rounds, 3)):
            for side in bench.order(number):
                with bench.start(side, ONE_LOOP + ("--notify-keyspace-events", "Ex"), pinned=True) as server, OtherWork([server]) as other:
                    results[side].append(self._run(server, keys, seconds, bench.load_cores))
                others.append(other.cores)

        def column(field):
            return [median(item[field] for item in side) for side in results]

        longest = column("longest")
        return Result(
            [self.title, pair(longest), bound(self.at_most_ms), spread([item["longest"] for item in results[0]]),
             pair(column("p50")), pair(column("p99")), pair(column("p999"))],
            longest[0] <= self.at_most_ms, other_work(others))

    @staticmethod
    def _run(server, keys, seconds, cores):
        script = Path(__file__).with_name("expiring.py")
        done = subprocess.run(
            [sys.executable, "-S", "-E", str(script), str(server.port), str(keys), str(seconds)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, preexec_fn=pinned(cores))
        if done.returncode != 0:
            raise ServerFailed(f"the events of {server.program.label} were not as expected: {done.stderr.strip()}")
        return json.loads(done.stdout)
