"""The tabs about one version: each asks its own question, and only once somebody looks at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from modelshelf.tui.show import styled

if TYPE_CHECKING:
    from datetime import datetime

    from modelshelf.registry import Registry
    from modelshelf.tui.widgets.paragraphs import Paragraph

NAMES = (
    "overview",
    "card",
    "metrics",
    "params",
    "signature",
    "files",
    "lineage",
    "gates",
    "history",
    "evidence",
)
ROWS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Told:
    """What a tab says.

    Attributes:
        rows: Names and values.
        card: Markdown below them; empty in every tab but one.
    """

    rows: Sequence[Paragraph] = ()
    card: str = ""


Telling = Callable[["datetime"], Told]
"""The answer to a tab's question: says it as it is at a moment, since ages grow."""


def look(registry: Registry, tab: str, reference: str) -> Telling:
    """Put the question of a tab about a version; its module is read when it is first needed.

    Raises:
        ModelshelfError: It cannot be answered.
    """
    ask = import_module(f"modelshelf.tui.tabs.{tab}").look
    return cast("Telling", ask(registry, reference))


def plainly(text: str) -> Paragraph:
    """Return a quiet sentence that takes the whole width."""
    return "", styled((text, "dim"))


def heading(text: str, more: str = "") -> Paragraph:
    """Return a heading with something quiet behind it."""
    return "", styled((text, "strong"), (f"  {more}" if more else "", "dim"))


def and_more(shown: int, whole: int, command: str) -> list[Paragraph]:
    """Return the line that says what is left out, if anything is, and where all of it is shown."""
    return [plainly(f"and {whole - shown:,} more: {command}")] if whole > shown else []
