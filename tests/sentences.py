"""What every failure must be: a sentence that can be shown on any terminal."""

from __future__ import annotations

import unicodedata

from modelshelf.domain.errors import ModelshelfError

# Controls, format signs (bidi, zero width), surrogates, private, unassigned, line separators.
HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def is_harmless(text: str) -> bool:
    """Whether no terminal obeys anything in ``text``."""
    return not any(unicodedata.category(char) in HARMFUL for char in text)


def check_sentence(error: ModelshelfError, *, most: int = 5_000) -> None:
    """Check that a failure says something, harmlessly and not endlessly."""
    said = str(error)
    assert said.strip()
    assert is_harmless(said), f"{said!r} could drive a terminal"
    assert len(said) < most
