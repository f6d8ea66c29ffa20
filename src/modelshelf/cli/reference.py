"""Writes the reference part of `docs/cli.md` from the commands themselves.

python -m modelshelf.cli.reference docs/cli.md
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from modelshelf.cli.command import Command
from modelshelf.cli.root import SECTIONS, command_line

BEGIN = "<!-- reference: written by python -m modelshelf.cli.reference, do not edit below -->"


def reference() -> str:
    """Return the reference of every command, in Markdown."""
    return "\n".join(_lines()) + "\n"


def current(page: str) -> str:
    """Return a page with its reference part as it should be now."""
    head, _, _ = page.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{reference()}"


def main(arguments: list[str]) -> int:
    """Bring the page named on the command line up to date."""
    file = Path(arguments[0] if arguments else "docs/cli.md")
    file.write_text(current(file.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    return 0


def _lines() -> Iterator[str]:
    context = click.Context(command_line, info_name="modelshelf", **command_line.context_settings)
    yield "## Options of every command"
    yield ""
    yield "They stand before or after the command's name."
    yield ""
    yield from _options(command_line.get_params(context), context)
    for title, section in SECTIONS.items():
        yield ""
        yield f"## {title}"
        for name in section:
            command = command_line.get_command(context, name)
            if isinstance(command, Command):
                yield ""
                yield from _command(command, context)


def _command(command: Command, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=command.name, parent=parent)
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    usage = " ".join(
        ["modelshelf", command.name or "", *(a.make_metavar(context) for a in arguments)]
    )
    yield f"### `{usage}`"
    yield ""
    yield inspect.cleandoc(command.help or "")
    yield ""
    own = [p for p in command.params if p not in command.shared]
    if any(isinstance(p, click.Option) for p in own):
        yield from _options(own, context)
        yield ""
    yield "```sh"
    yield command.example
    yield "```"


def _options(params: Iterable[click.Parameter], context: click.Context) -> Iterator[str]:
    yield "| option | |"
    yield "|---|---|"
    for param in params:
        record = param.get_help_record(context) if isinstance(param, click.Option) else None
        if record is not None:
            names, text = (part.replace("|", r"\|") for part in record)
            yield f"| `{names}` | {text} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
