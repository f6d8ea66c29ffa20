"""What ``doctor`` finds: one value for each thing it looks at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What.
        ok: Whether it is as it should be.
        observed: What was found, as text.
        advice: What to do; empty when it is well.
    """

    name: str
    ok: bool
    observed: str
    advice: str = ""
