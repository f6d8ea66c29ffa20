"""Sorts the globals of a pickle into known, unknown, rebuilding code, and dangerous."""

from __future__ import annotations

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from typing import Literal

from modelshelf.formats.pickles.denied import is_denied
from modelshelf.formats.pickles.embedded import rebuilds_code
from modelshelf.formats.pickles.known import is_known
from modelshelf.formats.pickles.values import Global

GlobalClass = Literal["known", "unknown", "code", "dangerous"]


def classify(symbol: Global) -> GlobalClass:
    """Return the class of a global.

    A dotted name is dangerous: it walks through attributes to anything a module happens to hold.
    """
    if rebuilds_code(symbol):
        return "code"
    if "." in symbol.name or runs_code(symbol):
        return "dangerous"
    modern = _modern(symbol)
    return "known" if is_known(modern.module, modern.name) else "unknown"


def runs_code(symbol: Global) -> bool:
    """Tell whether a global is denied under either of its spellings.

    A pickle of protocol 2 or older may use the names of Python 2, which Python translates before
    it imports; whether it does depends on the loader.
    """
    return any(is_denied(each.module, each.name) for each in (symbol, _modern(symbol)))


def _modern(symbol: Global) -> Global:
    pair = (symbol.module, symbol.name)
    if pair in NAME_MAPPING:
        return Global(*NAME_MAPPING[pair])
    return Global(IMPORT_MAPPING.get(symbol.module, symbol.module), symbol.name)
