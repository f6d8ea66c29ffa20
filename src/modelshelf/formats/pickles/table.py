"""How an opcode's action is entered into a table."""

from __future__ import annotations

from collections.abc import Callable

from modelshelf.formats.pickles.stack import Stack
from modelshelf.formats.pickles.stream import ByteStream

Action = Callable[[Stack, bytes | None, ByteStream], None]
"""Given the stack, the opcode's argument (None when it is too long to keep) and the stream."""


def entering(table: dict[int, Action]) -> Callable[..., Callable[[Action], Action]]:
    """Return a decorator that enters a function for the opcodes it is given."""

    def does(*opcodes: bytes) -> Callable[[Action], Action]:
        def enter(action: Action) -> Action:
            table.update((opcode[0], action) for opcode in opcodes)
            return action

        return enter

    return does
