"""What is wrong in a policy file: where, what and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import safe

Place = tuple[str | int, ...]
"""Keys and places in lists that lead to a setting: ``("hooks", 0, "url")``."""

_BEGUN = 3


class PolicyProblem(NamedTuple):
    """Something in the policy file that is wrong, or that may not be what was meant.

    Attributes:
        place: Where, as keys and places in lists.
        what: What is wrong, in one clause that names the setting.
        why: The reason, where ``what`` does not say it.
        hint: What to do.
        observed: What stands there.
        required: What may stand there.
        line: Its line in the file, from 1; 0 when that is not known.
        warning: Whether the policy works all the same.
    """

    place: Place
    what: str
    why: str = ""
    hint: str = ""
    observed: str = ""
    required: str = ""
    line: int = 0
    warning: bool = False

    @property
    def where(self) -> str:
        """The setting as it is written in TOML."""
        return written(self.place)

    @property
    def sentence(self) -> str:
        """All of it for people: what is wrong, why, what is needed and what to do."""
        said = f"{self.what}: {self.why}" if self.why else self.what
        for name, value in (("observed", self.observed), ("required", self.required)):
            if value and value not in said:
                said += f", {name} {value}"
        said += "" if said.endswith((".", "?", "!")) else "."
        return f"{said} {self.hint}".strip()

    def error(self, source: str) -> Invalid:
        """Return it as the error that a broken policy of the file ``source`` ends with."""
        at = f"{source}, line {self.line}" if self.line else source
        return Invalid(
            f"{at}: {self.what}",
            why=self.why,
            observed=self.observed or None,
            required=self.required or None,
            hint=self.hint,
            subject=self.where,
        )


def written(place: Place) -> str:
    """Return keys and places in lists as TOML has them: ``hooks[0].url``."""
    parts: list[str] = []
    for key in place:
        if isinstance(key, int):
            parts.append(f"[{key}]")
            continue
        shown = safe(key, 60)
        bare = shown.isascii() and shown.replace("-", "").replace("_", "").isalnum()
        parts.append(("." if parts else "") + (shown if bare else f'"{shown}"'))
    return "".join(parts)


def nearest(word: str, known: Sequence[str]) -> str:
    """Return the question which of the ``known`` words was meant, or nothing."""
    from difflib import get_close_matches

    begun = [each for each in known if len(word) >= _BEGUN and each.startswith(word)]
    near = begun or get_close_matches(word[:200], known, n=1)
    return f"Did you mean {safe(near[0], 60)}?" if near else ""
