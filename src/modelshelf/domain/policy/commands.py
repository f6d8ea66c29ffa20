"""Commands in the policy file, which no shell reads, and the environment they are given."""

from __future__ import annotations

from modelshelf.domain.policy.section import Section
from modelshelf.domain.text import safe

_ARGUMENT_MOST = 10_000


def read_command(section: Section, key: str = "run") -> tuple[str, ...]:
    """Return the command below ``key``: a program and its arguments."""
    before = len(section.problems)
    found = section.words(key, most=_ARGUMENT_MOST, lines=True)
    value = section.table.get(key)
    if value == []:
        section.wrong(key, "is empty", hint="Name the program to run.")
    elif isinstance(value, str) and len(section.problems) > before:
        section.problems[-1] = section.problems[-1]._replace(
            why="a command is a list, and no shell reads it",
            hint=f'Write {key} = ["program", "argument"].',
        )
    return found


def read_variables(section: Section, key: str = "env") -> tuple[str, ...]:
    """Return the names of environment variables below ``key``."""
    found = section.words(key)
    for n, name in enumerate(found):
        if "=" in name:
            says = f"gives {safe(name.split('=')[0], 40)!r} a value"
            hint = "Give the name only; the value comes from the environment."
            section.wrong((key, n), says, hint=hint)
    return tuple(name for name in found if "=" not in name)
