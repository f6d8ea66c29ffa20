"""How fast the audit log is proved: the chain of seals alone, and with a replay of every table."""

from __future__ import annotations

import resource
import sys
from statistics import median

from benchmarks.rows import Row
from benchmarks.shelf import Shelf
from benchmarks.timing import interleaved
from modelshelf import open_registry
from modelshelf.catalog import driver
from modelshelf.catalog.database import CATALOG

_ROUNDS = 3
_CHAIN_LEAST = 150_000
_REPLAY_LEAST = 8_000
