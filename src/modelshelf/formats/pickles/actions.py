"""What each opcode does to the stack, on symbols."""

from __future__ import annotations

from typing import Final

from modelshelf.formats.pickles.calling import CALLING
from modelshelf.formats.pickles.plain import PLAIN
from modelshelf.formats.pickles.table import Action

ACTIONS: Final[dict[int, Action]] = PLAIN | CALLING
