"""Sorts the globals of a pickle into known, unknown and dangerous."""

from __future__ import annotations

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from typing import Literal

from modelshelf.formats.pickles.denied import is_denied
from modelshelf.formats.pickles.known import is_known
from modelshelf.formats.pickles.values import Global

GlobalClass = Literal["known", "unknown", "dangerous"]


def classify(symbol: Global) -> GlobalClass:
    """Return the class of a global.

    A pickle of protocol 2 or older may use the names of Python 2, which Python translates before
    it imports; whether it does depends on the loader, so both spellings are judged and the worse
    one counts. A dotted name walks through attributes to anything a module happens to hold.
    """
    spellings = {symbol, _modern(symbol)}
    if any(is_denied(each.module, each.name) or "." in each.name for each in spellings):
        return "dangerous"
    modern = _modern(symbol)
    return "known" if is_known(modern.module, modern.name) else "unknown"


def _modern(symbol: Global) -> Global:
    pair = (symbol.module, symbol.name)
    if pair in NAME_MAPPING:
        return Global(*NAME_MAPPING[pair])
    return Global(IMPORT_MAPPING.get(symbol.module, symbol.module), symbol.name)
