"""The terminal app in a real terminal: first paint, keys and filters at a million versions."""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path

from benchmarks.catalogs import build
from benchmarks.memory import MIB, most_memory
from benchmarks.rows import Row
from benchmarks.start import environment, process
from benchmarks.terminal import Terminal
from benchmarks.timing import interleaved, times
from modelshelf.domain.layering import lay_out
from modelshelf.registry.sample import build_sample

_ROUNDS = 9
_VERSIONS = int(os.environ.get("MODELSHELF_BENCH_VERSIONS", "1000000"))
_KEYS, _PAGES, _FILTERS = 120, 40, 5
_IDLE_SECONDS = 10.0
_THINGS = 300
_DOWN, _PAGE_DOWN, _ESC = b"\x1b[B", b"\x1b[6~", b"\x1b"
_IMPORT = [sys.executable, "-c", "import textual.app"]
_BARE = """
from textual.app import App
from textual.widgets import DataTable
class Bare(App):
    def compose(self):
        yield DataTable(cursor_type="row")
    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns(*(f"column {n}" for n in range(8)))
        table.add_rows([[f"row {n}"] * 8 for n in range(1000)])
        table.focus()
Bare().run()
"""


def main() -> list[Row]:
    """Measure the app on the sample registry, and on a registry of a million versions."""
    with tempfile.TemporaryDirectory(prefix="modelshelf-bench-") as scratch:
        folder = Path(scratch)
        rows = [_first_paint(folder)]
        rows += _large(folder)
        return [*rows, _layout()]


# --- first paint ----------------------------------------------------------------------------------


def _first_paint(folder: Path) -> Row:
    registry = build_sample(folder / "sample")
    works: dict[str, Callable[[], object]] = {
        "app": partial(_painted, registry, folder / "home"),
        "import": process(_IMPORT),
    }
    interleaved(works, 1)
    seconds = interleaved(works, _ROUNDS)
    took, ratio = statistics.median(seconds["app"]), times(seconds["app"], seconds["import"])
    imported = statistics.median(seconds["import"])
    return Row(
        "app: first paint",
        took * 1e3,
        "ms",
        f"python -c 'import textual.app': {imported * 1e3:.0f} ms",
        ratio,
        "<= 350 ms|2.5x",
        took <= 0.35 or ratio <= 2.5,
    )


def _painted(registry: Path, home: Path) -> None:
    """Start the app and end it as soon as it has painted its name."""
    terminal = Terminal(_command(registry), _environment(home))
    terminal.until(b"Modelshelf")
    terminal.process.kill()
    terminal.close()


# --- a million versions ---------------------------------------------------------------------------


def _large(folder: Path) -> list[Row]:
    registry = folder / "large"
    registry.mkdir()
    build(registry / "catalog.db", _VERSIONS)
    home = folder / "home"
    with _bare() as bare:
        down, page = _keys(bare, _DOWN, _KEYS), _keys(bare, _PAGE_DOWN, _PAGES)
    with _app(registry, home) as terminal:
        shown = terminal.until(b"person")
        terminal.rest()
        named = f"app at {_VERSIONS:,}"
        rows = [_row(f"{named}: table shown", shown * 1e3, "start to rows", shown, 1_000)]
        for name, key, count, other, bar in (
            ("arrow key, p95", _DOWN, _KEYS, down, 25),
            ("page key, p95", _PAGE_DOWN, _PAGES, page, 40),
        ):
            took = _p95(_keys(terminal, key, count)) * 1e3
            said = f"stock DataTable of 1,000 rows: {_p95(other) * 1e3:.1f} ms"
            rows.append(_row(f"{named}: {name}", took, said, _p95(other), bar))
        rows.append(_filtered(named, terminal))
        memory = most_memory(terminal.process.pid) / MIB
        rows.append(
            Row(f"{named}: memory", memory, "MiB", "", float("nan"), "<= 120 MiB", memory <= 120)
        )
        terminal.rest()
        idle = terminal.busy(_IDLE_SECONDS) * 100
        rows.append(Row(f"{named}: idle", idle, "% CPU", "", float("nan"), "< 2 %", idle < 2))
    return rows


def _filtered(named: str, terminal: Terminal) -> Row:
    """Measure from the last letter of a filter to the last byte that it paints."""
    seconds = []
    for number in range(_FILTERS):
        terminal.press(b"/")
        terminal.rest()
        *letters, last = list(f"model-{number:03d}")
        for letter in letters:
            terminal.press(letter.encode(), quiet=0.01)
        seconds.append(terminal.press(last.encode(), quiet=0.8))
        for _ in range(3):
            terminal.press(_ESC, quiet=0.2)
        terminal.rest()
    took = statistics.median(seconds) * 1e3
    return _row(f"{named}: filter settled", took, "last letter to last byte", float("nan"), 300)


def _row(work: str, measured: float, against: str, other: float, bar: int) -> Row:
    return Row(
        work, measured, "ms", against, measured / 1e3 / other, f"<= {bar} ms", measured <= bar
    )


def _keys(terminal: Terminal, key: bytes, count: int) -> list[float]:
    return [terminal.press(key) for _ in range(count)]


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


@contextmanager
def _app(registry: Path, home: Path) -> Iterator[Terminal]:
    state = home / "state" / "modelshelf"
    state.mkdir(parents=True, exist_ok=True)
    terminal = Terminal(_command(registry), _environment(home))
    try:
        terminal.until(b"Modelshelf")
        terminal.press(b"2")
        yield terminal
    finally:
        terminal.close()


@contextmanager
def _bare() -> Iterator[Terminal]:
    terminal = Terminal([sys.executable, "-c", _BARE], environment())
    try:
        terminal.until(b"row 1")
        terminal.rest()
        yield terminal
    finally:
        terminal.close()


def _command(registry: Path) -> list[str]:
    return [sys.executable, "-m", "modelshelf", "-R", str(registry)]


def _environment(home: Path) -> dict[str, str]:
    """Return an environment with a home of its own, in which nothing is remembered."""
    kept = {name: value for name, value in environment().items() if not name.startswith("XDG_")}
    return kept | {"HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"}


# --- the picture of a lineage ---------------------------------------------------------------------


def _layout() -> Row:
    """Measure laying out a lineage of 300 things, each with up to three origins."""
    chance = random.Random(7)
    names = [f"model-{number:03d}:v1" for number in range(_THINGS)]
    pairs = [
        (names[origin], name)
        for number, name in enumerate(names)
        for origin in {chance.randrange(max(0, number - 40), number) for _ in range(2)} if number
    ]  # fmt: skip
    widths = {name: len(name) for name in names}
    parents = {name: [a for a, b in pairs if b == name] for name in names}
    works: dict[str, Callable[[], object]] = {
        "layout": partial(lay_out, widths, pairs),
        "sort": lambda: tuple(TopologicalSorter(parents).static_order()),
    }
    seconds = interleaved(works, _ROUNDS)
    took = statistics.median(seconds["layout"]) * 1e3
    sort = statistics.median(seconds["sort"]) * 1e3
    return Row(
        f"lineage of {_THINGS} laid out",
        took,
        "ms",
        f"sorting it topologically: {sort:.2f} ms",
        times(seconds["layout"], seconds["sort"]),
        "<= 60 ms",
        took <= 60,
    )
