"""The names of the tabs in the rule over them, as many in full as there is room for."""

from __future__ import annotations

from textual.content import Content
from textual.style import Style

from modelshelf.tui.show import STYLES
from modelshelf.tui.tabs import NAMES

TAB = "tab"
"""Under this word a click finds the name of the tab it hit."""
_SHORTEST = 1


def title(number: int, tab: str, room: int) -> Content:
    """Return the number of a version and the tabs, the chosen one in the accent.

    Args:
        number: Of the version.
        tab: The one that is chosen; it stands in full, and its neighbours as long as they can.
        room: Cells there are.
    """
    head = f"v{number}"
    gap, names = _fitting(NAMES.index(tab), room - len(head) - 2)
    parts = [_drawn(name, short, name == tab) for name, short in zip(NAMES, names, strict=True)]
    return Content.assemble((head, "bold"), "  ", Content(" " * gap).join(parts))


def _drawn(name: str, short: str, chosen: bool) -> Content:  # noqa: FBT001 - called above, with a comparison
    look = STYLES["accent"] + " reverse" if chosen else STYLES["dim"]
    return Content(short).stylize(look).stylize(Style.from_meta({TAB: name}))


def _fitting(chosen: int, room: int) -> tuple[int, list[str]]:
    """Return the gap and the names at the greatest length at which all of them fit."""
    if _width(NAMES, 2) <= room:
        return 2, list(NAMES)
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
