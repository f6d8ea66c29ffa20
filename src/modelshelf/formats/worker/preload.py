"""Imports in the child all that looking may ever use, because later no import works."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from types import ModuleType

import modelshelf.formats
from modelshelf.formats import second
from modelshelf.formats.scanner import scanner

# What the standard library and inspectors import only when it is first needed.
_LATE = ("_strptime", "array", "heapq", "unicodedata", "yaml")
_CODECS = (
    "ascii", "cp437", *(f"cp125{number}" for number in range(9)), "koi8_r", "koi8_u", "latin_1",
    *(f"iso8859_{number}" for number in (*range(1, 12), 13, 14, 15, 16)), "mac_roman",
    "raw_unicode_escape", "unicode_escape", "utf_16", "utf_16_be", "utf_16_le", "utf_32",
    "utf_32_be", "utf_32_le", "utf_7", "utf_8", "utf_8_sig",
)  # fmt: skip


def preload() -> None:
    """Import everything."""
    for name in (*_LATE, *(f"encodings.{codec}" for codec in _CODECS)):
        importlib.import_module(name)
    for module in pkgutil.walk_packages(modelshelf.formats.__path__, "modelshelf.formats."):
        if not module.name.startswith("modelshelf.formats.worker"):
            importlib.import_module(module.name)
    for name in ("http", "http.client"):
        # What picklescan wants a web client for is not wanted here, and takes half of its start.
        sys.modules.setdefault(name, ModuleType(name))
    second.load()
    scanner()
