"""How fast the audit log is proved: the chain of seals alone, and with a replay of every table."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from statistics import median

from benchmarks.rows import Row
from benchmarks.shelf import Shelf
from modelshelf.catalog.database import CATALOG

_ROUNDS = 3
_CHAIN_LEAST = 150_000
_REPLAY_LEAST = 8_000
_MEGABYTE = 1 << 20
_GROWTH_MOST = 64

# In a process of its own, so that what it takes of memory is its own too.
_CHILD = """\
import json, pathlib, resource, sys, time
from modelshelf import open_registry
from modelshelf.catalog import driver
from modelshelf.catalog.database import CATALOG

def most_memory():
    # What getrusage says on Linux is never less than what the parent process had.
    status = pathlib.Path("/proc/self/status")
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

with open_registry(sys.argv[1], actor="bench") as registry:
    replay = sys.argv[2] == "replay"
    registry.audit.head()
    before = most_memory()
    begin = time.perf_counter()
    if sys.argv[2] == "read":
        catalog = driver.open_reader(registry.path / CATALOG)
        entries = sum(1 for _ in catalog.execute("SELECT * FROM audit ORDER BY seq"))
        whole = True
    else:
        found = registry.audit.verify(replay=replay)
        entries, whole = found.entries, found.whole
    seconds = time.perf_counter() - begin
    grown = most_memory() - before
print(json.dumps([entries, seconds, grown, whole]))
"""


@dataclass(frozen=True, slots=True)
class _Run:
    """One pass over the log: entries a second, bytes of memory it took, whether all was whole."""

    rate: float
    grown: int
    whole: bool


def main(shelf: Shelf) -> list[Row]:
    """Measure `audit.verify` on the log of 100,000 versions with twenty values each."""
    runs: dict[str, list[_Run]] = {"read": [], "chain": [], "replay": []}
    for _ in range(_ROUNDS):
        for work, done in runs.items():
            done.append(_run(shelf, work))
    read, chain, replay = (median(run.rate for run in done) for done in runs.values())
    whole = all(run.whole for done in runs.values() for run in done)
    grown = median(run.grown for run in runs["replay"]) / _MEGABYTE
    size = (shelf.path / CATALOG).stat().st_size / _MEGABYTE
    return [
        Row(
            "verify the chain of seals",
            chain,
            "entries/s",
            f"only reading the log: {read:,.0f}/s",
            chain / read,
            f">= {_CHAIN_LEAST:,}/s",
            whole and chain >= _CHAIN_LEAST,
        ),
        Row(
            "verify the chain and every table",
            replay,
            "entries/s",
            f"the chain alone: {chain:,.0f}/s",
            replay / chain,
            f">= {_REPLAY_LEAST:,}/s",
            whole and replay >= _REPLAY_LEAST,
        ),
        Row(
            "memory that verifying takes",
            grown,
            "MiB",
            f"the catalog: {size:,.0f} MiB",
            grown / size,
            f"<= {_GROWTH_MOST} MiB",
            grown <= _GROWTH_MOST,
        ),
    ]


def _run(shelf: Shelf, work: str) -> _Run:
    command = [sys.executable, "-c", _CHILD, str(shelf.path), work]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    entries, seconds, grown, whole = json.loads(done.stdout)
    return _Run(entries / seconds, grown, whole)
