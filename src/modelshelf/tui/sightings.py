"""How what was dropped looks: its line in the inbox, the counts above, and everything about one."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from textual.content import Content
from textual.style import Style

from modelshelf.domain.inspection import Finding
from modelshelf.domain.intake import TAKING, Sighting
from modelshelf.domain.models import VersionDetail
from modelshelf.domain.origins import arrival_line, scan_words
from modelshelf.domain.quarantine import PREFIX, Quarantined
from modelshelf.domain.text import safe, size_text
from modelshelf.tui import teaching
from modelshelf.tui.columns import Clock
from modelshelf.tui.show import STYLES, Cell, Look, age, ago, line, moment, styled
from modelshelf.tui.store import Dropped
from modelshelf.tui.widgets.grid import Column, Layout
from modelshelf.tui.widgets.paragraphs import Paragraph

FILTER_EXAMPLES = "churn   model.onnx   churn:v3   quarantine:7   pickle"
STATES = ("", "waiting", "refused", "quarantined", "taken", "same", "ignored")
"""What can be asked for; the first is all."""

_SIGNS: Mapping[str, tuple[str, Look]] = {
    "waiting": ("○", "plain"),
    "taking in": ("▸", "accent"),
    "refused": ("✗", "warn"),
    "quarantined": ("⚠", "warn"),
    "taken": ("✓", "plain"),
    "same": ("=", "dim"),
    "ignored": ("–", "dim"),
}
_FINDINGS_SHOWN = 20
_REASON_SHOWN = 1_000
_ALL = 100
_BAR = 10
_TROUBLES = {
    "not watching": "Nothing that is dropped is taken in: {}. What waits stays where it is.",
    "another process watches": "{}: what is dropped is taken in there.",
    ", not ": "{}: what is dropped there is not taken in.",
    "watching by polling": "{}: what is dropped is seen a little later.",
}
PAST = "The past has no inbox: its lines say what lies in the folders now. T comes back to now."


def is_taking(seen: Sighting) -> bool:
    """Tell whether something is being read right now."""
    return seen.state == "waiting" and seen.reason == TAKING


def is_quarantined(seen: Sighting) -> bool:
    """Tell whether something was refused for what is in it, and is or was kept apart."""
    return seen.state == "refused" and seen.reference.startswith(PREFIX)


def state_of(seen: Sighting) -> str:
    """Return the state in one word or two, as the list shows it."""
    if is_taking(seen):
        return "taking in"
    return "quarantined" if is_quarantined(seen) else seen.state


def progress(seen: Sighting) -> str:
    """Return how far the reading is: ``42 % of 12.3 GB``; empty when nothing is being read."""
    if not is_taking(seen) or not seen.size:
        return ""
    return f"{min(_ALL, _ALL * seen.done // seen.size)} % of {size_text(seen.size)}"


def bar(seen: Sighting) -> str:
    """Return the same with a bar before it."""
    told = progress(seen)
    if not told:
        return ""
    full = min(_BAR, _BAR * seen.done // seen.size)
    return f"{'█' * full}{'░' * (_BAR - full)} {told}"


def trouble(state: str) -> str:
    """Return what is wrong with the watching, in a sentence; empty while all is well.

    Args:
        state: What the head of the screen says of it.
    """
    said = next((told for sign, told in _TROUBLES.items() if sign in state), "")
    told = said.format(safe(state))
    return told[:1].upper() + told[1:]


def layout(clock: Clock) -> Layout[Sighting]:
    """Return how lines are listed."""

    def cells(seen: Sighting) -> tuple[Cell, ...]:
        state = state_of(seen)
        sign, look = _SIGNS[state]
        return (
            Cell(f"{sign} {state}", look),
            Cell(safe(seen.path)),
            Cell(_belongs(seen), "dim" if seen.state == "same" else "plain"),
            Cell(size_text(seen.size) if seen.size else "", "dim"),
            Cell(age(clock(), seen.at), "dim"),
            Cell(bar(seen) or safe(seen.reason), "accent" if is_taking(seen) else "plain"),
        )

    return Layout(
        (
            Column("state", 13),
            Column("path", 20, grow=True, most=48),
            Column("version", 14, grow=True, most=20, rank=1),
            Column("size", 8, right=True, rank=2),
            Column("since", 6, right=True),
            Column("reason", 12, grow=True, begins=True),
        ),
        cells,
        lambda seen: seen.id,
    )


def _belongs(seen: Sighting) -> str:
    return safe(seen.reference) or (f"→ {safe(seen.model)}" if seen.model else "")


# --- titles ---------------------------------------------------------------------------------------


def title(counts: Mapping[str, int], chosen: str, found: int | None, *, more: bool) -> Content:
    """Return the title of the list: how many there are of each state, the chosen one marked.

    A click on a state shows that state only; on the chosen one, all of them again.

    Args:
        counts: Lines of each state.
        chosen: The state that is shown; empty for all.
        found: How many lines a text filter found; ``None`` without one.
        more: Whether there are more than those.
    """
    parts = [styled(("inbox", "strong"))]
    if found is not None:
        parts.append(styled((f"{found:,}{'+' if more else ''} found", "accent")))
    for state in STATES[1:]:
        count = counts.get(state, 0)
        if not count and state != chosen:
            continue
        sign, look = _SIGNS[state]
        text = f"{sign} {count:,} {state}"
        style = STYLES["accent"] + " reverse" if state == chosen else STYLES[look]
        to = "" if state == chosen else state
        word = Content.assemble((text, style))
        parts.append(word.stylize(Style.from_meta({"@click": f"screen.show_state('{to}')"})))
    return Content("  ").join(parts)


def line_title(seen: Sighting | None) -> Content:
    """Return the title of the pane about one line."""
    if seen is None:
        return Content("")
    return styled((f"line {seen.id}", "strong"), (f"  {state_of(seen)}", "dim"))


# --- everything about one line --------------------------------------------------------------------


def teach(folders: Sequence[str]) -> list[Paragraph]:
    """Return how files are dropped."""
    inbox = safe(folders[0]) if folders else "inbox"
    rows: list[Paragraph] = [
        ("", line("Drop a model file, or a folder, into a folder that is called like its model:")),
        ("", Content("")),
        ("", line(f"  {teaching.drop(inbox)}", 500)),
        ("", Content("")),
        ("", line("Once it lies still it is looked into, never loaded, and becomes churn:v1.")),
        ("", line("A file model.onnx.json beside it may name metrics, owner and more.")),
        ("", line("The app watches while it is open; without it: modelshelf watch")),
    ]
    if len(folders) > 1:
        rows += [("", Content("")), ("", styled(("also watched", "dim")))]
        rows += [("", line(f"  {folder}")) for folder in folders[1:]]
    return rows


def about(found: Dropped, now: datetime) -> list[Paragraph]:
    """Return everything that is known of one line."""
    seen, kept = found.sighting, found.kept
    rows: list[Paragraph] = [("path", line(seen.path, _REASON_SHOWN)), ("state", _state(found))]
    if kept is not None:
        rows.append(("reason", styled((kept.reason, "warn"))))
    elif seen.reason:
        rows.append(("reason", line(seen.reason, _REASON_SHOWN)))
    if read := bar(seen):
        told = f" · {size_text(min(seen.done, seen.size))} read"
        rows.append(("read", styled((read, "accent"), told)))
    rows += _below("what to do", _ways(found))
    rows.append(("since", styled(f"{ago(now, seen.at)} · ", (f"{moment(seen.at)} UTC", "dim"))))
    if seen.model:
        rows.append(("pointed to", styled((seen.model, "strong"))))
    if kept is not None:
        rows += quarantined(kept)
    elif found.version is not None:
        rows += _version(found.version)
    elif seen.size:
        rows.append(("size", line(size_text(seen.size))))
    return rows


def _below(name: str, values: Iterable[Content]) -> Iterator[Paragraph]:
    """Yield values below each other beside one name."""
    for value in values:
        yield name, value
        name = " "


def _state(found: Dropped) -> Content:
    state = state_of(found.sighting)
    sign, look = _SIGNS[state]
    kept = found.kept
    if kept is None:
        return styled((f"{sign} {state}", look))
    told = {
        "held": f"held as {kept.reference}",
        "released": f"released as {kept.version or 'a version'}",
        "discarded": "discarded for good; its bytes are kept",
    }[kept.state]
    return styled((f"{sign} {state}", look), f" · {told}")


def quarantined(kept: Quarantined) -> list[Paragraph]:
    """Return what is known of something quarantined, with what the scan found."""
    rows: list[Paragraph] = [("rule", line(kept.rule))]
    rows += findings(kept.inspection.findings if kept.inspection else ())
    rows += [
        ("meant for", line(kept.model or "no model yet")),
        ("content", line(f"{kept.kind}, {size_text(kept.size)}")),
        ("owner", line(kept.owner or "unknown")),
        ("kept at", line(kept.place, _REASON_SHOWN)),
        ("sha256", styled((kept.digest or "could not be stored", "dim"))),
    ]
    if kept.closed_at is not None:
        why = f"{kept.closed_by}, {moment(kept.closed_at)} UTC: {kept.closed_reason}"
        rows.append((kept.state, line(why, _REASON_SHOWN)))
    rows.append(("refused", line(f"{moment(kept.at)} UTC, watched by {kept.actor}")))
    return rows


def findings(found: Sequence[Finding]) -> list[Paragraph]:
    """Return what the scan noticed, a line for each, the worst first."""
    order = ("dangerous", "warning", "info")
    worst = sorted(found, key=lambda one: order.index(one.severity))[:_FINDINGS_SHOWN]
    told = [
        styled((one.severity, "warn"), f" {one.rule} in {one.where}: {one.detail}") for one in worst
    ]
    if len(found) > len(worst):
        told.append(styled((f"and {len(found) - len(worst):,} more", "dim")))
    return list(_below("found", told))


def _version(known: VersionDetail) -> list[Paragraph]:
    version = known.version
    rows: list[Paragraph] = [
        ("version", styled((version.reference, "strong"), f" · {version.format}")),
        ("content", line(f"{version.kind}, {size_text(version.size)}")),
        ("scan", line(scan_words(version))),
    ]
    rows += findings([one for one in known.inspection.findings if one.severity != "info"])
    if arrived := arrival_line(known.arrival):
        rows.append(("arrived", line(arrived, _REASON_SHOWN)))
    rows.append(("by", line(version.created_by)))
    rows.append(("sha256", styled((version.digest, "dim"))))
    return rows


def _ways(found: Dropped) -> Iterator[Content]:
    """Yield what a person can do, with the key and the same as a command."""
    seen, kept, number = found.sighting, found.kept, found.sighting.id
    match state_of(seen):
        case "taken" | "same":
            yield _way("enter goes to it", f"modelshelf show {shlex.quote(safe(seen.reference))}")
        case "quarantined" if kept is not None and kept.state != "held":
            yield line("Nothing: it is closed.")
        case "quarantined":
            yield _way("a releases it", f'modelshelf inbox release {number} --reason "…"')
            yield _way("x discards it", f'modelshelf inbox discard {number} --reason "…"')
            yield _way("i puts it back and scans it again", f"modelshelf inbox retry {number}")
        case "refused":
            yield line("Mend it or its sidecar: it is looked at again when either changes.")
            yield _way("m names its model", f"modelshelf inbox point {number} MODEL")
            yield _way("i looks at it again", f"modelshelf inbox retry {number}")
        case "taking in":
            yield line("Wait: it is being read.")
        case "waiting":
            yield line("Wait, or finish writing it: it is taken in once it lies still.")
            yield _way("r looks now", "modelshelf watch --once")
            yield _way("m names its model", f"modelshelf inbox point {number} MODEL")
        case _:
            yield _way("m names its model", f"modelshelf inbox point {number} MODEL")
            yield _way("i looks at it again", f"modelshelf inbox retry {number}")


def _way(words: str, command: str) -> Content:
    key, _, rest = words.partition(" ")
    return styled((key, "accent"), f" {rest} · ", (command, "dim"))
