"""Names the scanner, so that a verdict can be told from one that rules of today would give."""

from __future__ import annotations

from functools import cache

# Raise the number whenever a rule is added, dropped or changed: verdicts of older numbers are
# then asked for again.
SCANNER = "modelshelf 2"
_BETWEEN = "; "


@cache
def scanner() -> str:
    """Return what a scan of a pickle made today is signed with; other files have its first part."""
    from importlib.metadata import PackageNotFoundError, version  # slow to import

    try:
        return signed(version("picklescan"))
    except PackageNotFoundError:
        return SCANNER


def signed(second: str) -> str:
    """Return the signature of a scan in which picklescan of the version ``second`` was asked."""
    return f"{SCANNER}{_BETWEEN}picklescan {second}"
