"""The terminal app in a real terminal: first paint, keys and filters at a million versions."""

from __future__ import annotations

import os
import random
import shutil
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
_KEYS, _PAGES, _FILTERS, _STARTS = 120, 60, 5, 3
_IDLE_SECONDS = 10.0
_THINGS, _ROWS_SEEN = 300, 40
_DOWN, _PAGE_DOWN, _ESC, _ENTER = b"\x1b[B", b"\x1b[6~", b"\x1b", b"\r"
# Only a row of versions, and only the title of a list that is filtered, hold these.
_SHOWN, _FOUND = b":v", b" found"
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
        table.add_rows([[f"row {n}"] * 8 for n in range(3000)])
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
    registry = Path(os.environ.get("MODELSHELF_BENCH_REGISTRY", folder / "large"))
    registry.mkdir(exist_ok=True)
    if not (registry / "catalog.db").exists():
        build(registry / "catalog.db", _VERSIONS)
    home, named = folder / "home", f"app at {_VERSIONS:,}"
    rows = _shown(named, registry, home)
    with _bare() as bare, _app(registry, home) as terminal:
        terminal.until(_SHOWN)
        terminal.rest()
        terminal.press(_ENTER)
        terminal.rest()
        for name, key, count, bar in (
            ("arrow key, p95", _DOWN, _KEYS, 25),
            ("page key, p95", _PAGE_DOWN, _PAGES, 40),
        ):
            (other, its), (took, ours) = _keys(bare, key, count), _keys(terminal, key, count)
            said = (
                f"DataTable of 3,000: {other * 1e3:.1f} ms; CPU {ours:.1f} and {its:.1f} ms a key"
            )
            rows.append(_row(f"{named}: {name}", took * 1e3, said, other, bar))
        rows += _filtered(named, terminal)
        memory = most_memory(terminal.process.pid) / MIB
        rows.append(
            Row(f"{named}: memory", memory, "MiB", "", float("nan"), "<= 120 MiB", memory <= 120)
        )
        terminal.rest()
        idle = terminal.busy(_IDLE_SECONDS) * 100
        rows.append(Row(f"{named}: idle", idle, "% CPU", "", float("nan"), "< 2 %", idle < 2))
    return rows


def _shown(named: str, registry: Path, home: Path) -> list[Row]:
    """Measure from the start of the app, and from key 2 in another part, to rows of versions."""
    started, busy, switched = [], [], []
    for _ in range(_STARTS):
        with _app(registry, home) as terminal:
            started.append(terminal.until(_SHOWN))
            busy.append(terminal.processor())
        with _app(registry, home, part="audit") as terminal:
            terminal.until(b"Modelshelf")
            terminal.rest()
            switched.append(terminal.told(b"2", _SHOWN)[0])
    return [
        _row(f"{named}: table shown", statistics.median(took) * 1e3, said, float("nan"), 1_000)
        for took, said in (
            (started, f"from the start; CPU {statistics.median(busy) * 1e3:.0f} ms"),
            (switched, "from the key of the part"),
        )
    ]


def _filtered(named: str, terminal: Terminal) -> list[Row]:
    """Measure from the last letter of a filter to the first rows, and to their exact count."""
    pairs = []
    for number in range(_FILTERS):
        terminal.press(b"/")
        terminal.rest()
        *letters, last = list(f"model-{number:03d}")
        for letter in letters:
            terminal.press(letter.encode())
        pairs.append(terminal.told(last.encode(), _FOUND))
        for _ in range(3):
            terminal.press(_ESC)
            terminal.rest()
    first, settled = (statistics.median(took) * 1e3 for took in zip(*pairs, strict=True))
    nan = float("nan")
    return [
        _row(f"{named}: filter, first rows", first, "from the last letter", nan, 300),
        _row(f"{named}: filter settled", settled, "the same, and the exact count", nan, 300),
    ]


def _row(work: str, measured: float, against: str, other: float, bar: int) -> Row:
    return Row(
        work, measured, "ms", against, measured / 1e3 / other, f"<= {bar} ms", measured <= bar
    )


def _keys(terminal: Terminal, key: bytes, count: int) -> tuple[float, float]:
    """Return the seconds that a key takes, p95, and the milliseconds of processor time of each."""
    before = terminal.processor()
    seconds = [terminal.press(key) for _ in range(count)]
    return _p95(seconds), (terminal.processor() - before) / count * 1e3


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


@contextmanager
def _app(registry: Path, home: Path, part: str = "models") -> Iterator[Terminal]:
    """Start the app in one of its parts, with nothing remembered."""
    settings = home / ".config" / "modelshelf" / "config.toml"
    shutil.rmtree(home, ignore_errors=True)
    settings.parent.mkdir(parents=True)
    settings.write_text(f'start = "{part}"\n', "utf-8")
    terminal = Terminal(_command(registry), _environment(home))
    try:
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
    """Measure laying out a lineage of 300 things, each with up to two origins, and its first rows.

    The lines of a row are made when it is asked for, so those of a screenful are asked for.
    """
    chance = random.Random(7)
    names = [f"model-{number:03d}:v1" for number in range(_THINGS)]
    pairs = [
        (names[origin], name)
        for number, name in enumerate(names[1:], 1)
        for origin in sorted({chance.randrange(max(0, number - 40), number) for _ in range(2)})
    ]
    widths = {name: len(name) for name in names}
    parents = {name: [a for a, b in pairs if b == name] for name in names}

    def layout() -> None:
        drawing = lay_out(widths, pairs)
        for row in range(_ROWS_SEEN):
            drawing.row(row)

    works: dict[str, Callable[[], object]] = {
        "layout": layout,
        "sort": lambda: tuple(TopologicalSorter(parents).static_order()),
    }
    seconds = interleaved(works, _ROUNDS)
    took = statistics.median(seconds["layout"]) * 1e3
    sort = statistics.median(seconds["sort"]) * 1e3
    return Row(
        f"lineage of {_THINGS} laid out, {_ROWS_SEEN} rows drawn",
        took,
        "ms",
        f"sorting it topologically: {sort:.2f} ms",
        times(seconds["layout"], seconds["sort"]),
        "<= 60 ms",
        took <= 60,
    )
