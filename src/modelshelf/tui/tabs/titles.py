"""The names of the tabs in the rule over them, as many in full as there is room for."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.style import Style

from modelshelf.tui.show import STYLES
from modelshelf.tui.tabs import NAMES

TAB = "tab"
"""Under this word a click finds the name of the tab it hit."""
_SHORTEST = 1
_SHORT = {
    "signature": "sig", "evidence": "evid", "overview": "over", "lineage": "lin",
    "metrics": "met", "params": "par", "history": "hist",
}  # fmt: skip
"""What is read at a glance, in the order in which the names are shortened."""


def title(number: int, tab: str, room: int, *, model: str = "") -> Content:
    """Return the number of a version and the tabs, the chosen one in the accent.

    Args:
        number: Of the version.
        tab: The one that is chosen; it stands in full, and its neighbours as long as they can.
        room: Cells there are.
        model: The version's model, where nothing else on the screen says it; it is left out where
            the names of the tabs would have to be cut for it.
    """
    head = f"v{number}"
    named = f"{model}:{head}"
    if model and sum(map(len, _shortened(tab))) + len(NAMES) + 1 <= room - cell_len(named):
        head = named
    gap, names = _fitting(NAMES.index(tab), room - cell_len(head) - 2)
    parts = [_drawn(name, short, name == tab) for name, short in zip(NAMES, names, strict=True)]
    return Content.assemble((head, "bold"), "  ", Content(" " * gap).join(parts))


def _drawn(name: str, short: str, chosen: bool) -> Content:  # noqa: FBT001 - called above, with a comparison
    look = STYLES["accent"] + " reverse" if chosen else STYLES["dim"]
    return Content(short).stylize(look).stylize(Style.from_meta({TAB: name}))


def _shortened(tab: str) -> list[str]:
    return [name if name == tab else _SHORT.get(name, name) for name in NAMES]


def _fitting(chosen: int, room: int) -> tuple[int, list[str]]:
    """Return the gap and the names: in full, then some by their short ones, then cut to fit."""
    if _width(NAMES, 2) <= room:
        return 2, list(NAMES)
    names = list(NAMES)
    for name, short in _SHORT.items():
        if _width(names, 1) <= room:
            return 1, names
        if name != NAMES[chosen]:
            names[NAMES.index(name)] = short
    return (1, names) if _width(names, 1) <= room else _cut(chosen, room)


def _cut(chosen: int, room: int) -> tuple[int, list[str]]:
    names = list(NAMES)
    longest = max(map(len, NAMES))
    near = {chosen - 1, chosen + 1}
    far = [place for place in range(len(NAMES)) if place not in {*near, chosen}]
    # First those far from the chosen one are cut, then its neighbours.
    for places in (far, near & set(range(len(NAMES)))):
        for length in range(longest, _SHORTEST - 1, -1):
            if _width(names, 1) <= room:
                return 1, names
            for place in places:
                names[place] = NAMES[place][:length]
    return 1, names


def _width(names: list[str] | tuple[str, ...], gap: int) -> int:
    return sum(map(len, names)) + gap * (len(names) - 1)
