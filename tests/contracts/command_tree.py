"""The commands that there are, asked of the command line itself."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import click

import modelshelf.cli


def walk(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Yield every visible command below a group with the words that call it."""
    context = click.Context(group, info_name=" ".join(path))
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        words = (*path, name)
        yield " ".join(words), command
        if isinstance(command, click.Group):
            yield from walk(command, words)


def long_options(command: click.Command) -> list[str]:
    """Return a command's visible long options, both forms of an on/off pair included."""
    return sorted(
        name
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden
        for name in (*option.opts, *option.secondary_opts)
        if name.startswith("--")
    )


def root_of(groups: list[click.Group]) -> click.Group:
    """Return the one group that is no command of another."""
    inner = {id(command) for group in groups for _, command in walk(group)}
    (root,) = {id(group): group for group in groups if id(group) not in inner}.values()
    return root


def command_line() -> click.Group:
    """Return the `modelshelf` command, wherever in the package it is put together."""
    names = [m.name for m in pkgutil.walk_packages(modelshelf.cli.__path__, "modelshelf.cli.")]
    modules = [modelshelf.cli, *map(importlib.import_module, names)]
    things = [thing for module in modules for thing in vars(module).values()]
    return root_of([thing for thing in things if isinstance(thing, click.Group)])
