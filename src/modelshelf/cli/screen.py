"""What stands at the other end of stdout: how wide it is, and whether it shows bold and colour."""

from __future__ import annotations

import os
import sys
from typing import IO, Literal, NamedTuple

Tone = Literal["", "bold", "dim", "accent"]

# The only escape sequences this program writes; any other is text, and shown as text.
_CODES: dict[Tone, str] = {"bold": "\x1b[1m", "dim": "\x1b[2m", "accent": "\x1b[36m"}
_PLAIN = "\x1b[0m"
_NARROWEST = 20


class Screen(NamedTuple):
    """A place for text.

    Attributes:
        width: Cells in a line; ``None`` when lines may be as long as they are, as in a pipe.
        styled: Whether bold, dim and the accent may be used.
    """

    width: int | None = None
    styled: bool = False

    def tone(self, text: str, tone: Tone) -> str:
        """Return harmless ``text`` in a tone, where tones can be shown."""
        return f"{_CODES[tone]}{text}{_PLAIN}" if self.styled and tone and text else text


def look(stream: IO[str], *, plain: bool) -> Screen:
    """Return what ``stream`` leads to; ``plain`` asks for text without tones.

    ``NO_COLOR`` counts when it is not empty, as https://no-color.org asks.
    """
    if not is_terminal(stream):
        return Screen()
    colourless = plain or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Screen(_width(stream), not colourless)


def is_terminal(stream: IO[str] | None) -> bool:
    """Tell whether a person may be looking at ``stream``; a closed stream leads nowhere."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def someone_answers() -> bool:
    """Tell whether a question can be asked: somebody reads stderr and can type an answer."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def _width(stream: IO[str]) -> int | None:
    given = os.environ.get("COLUMNS", "")
    if given.isascii() and given.isdigit():
        return max(int(given[:6]), _NARROWEST)
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return None
    return max(columns, _NARROWEST) if columns else None
