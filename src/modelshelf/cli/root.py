"""The command `modelshelf`: which commands there are, and how every call begins and ends.

A command's module is imported when the command is called, and not before.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click
from click.exceptions import Exit, NoSuchCommand

from modelshelf.cli.command import shared_options
from modelshelf.cli.session import Session

# Section, then for each command its module below modelshelf.cli.commands and its line in the help.
SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Look": {
        "list": ("look", "List the models, or the versions of one model."),
        "show": ("look", "Show a model, or one version with all that is known about it."),
        "search": ("look", "Find versions by name, text, metric, parameter, tag or stage."),
        "compare": ("compare", "Lay versions side by side; exit code 1 when they differ."),
        "log": ("trace", "Show the audit log, newest entry first."),
        "evidence": ("requests", "Print why a version holds a stage, for an auditor."),
    },
    "Trace": {
        "lineage": ("lineage", "Show what a thing came from and what came of it."),
        "impact": ("lineage", "Show what serves now and came of a data set, a base, a commit."),
        "licences": ("lineage", "Show what the licences along the lineage of a version ask."),
        "leaks": ("lineage", "Find evaluation sets that were trained on."),
        "suggestions": ("links", "Show edges that were found; confirm or reject them."),
        "link": ("links", "Say that a version came from something."),
        "unlink": ("links", "Take away a link that was added by hand."),
        "reproduce": ("reproduce", "Say what making a version again takes, and do it."),
    },
    "Record": {
        "register": ("record", "Register a file or folder as the next version of a model."),
        "amend": ("record", "Add metadata to a version."),
        "card": ("cards", "Show, edit and compare model cards."),
        "probe": ("probes", "Let a version answer a pinned set of examples."),
        "describe": ("naming", "Change a model's description or owner."),
        "rename": ("naming", "Give a model a new name; the old one goes on leading to it."),
        "tag": ("naming", "Set or take off tags of a model or a version."),
        "alias": ("naming", "Give an alias to a version, take it away, or list aliases."),
    },
    "Promote": {
        "check": ("gates", "Say whether a version may hold a stage, and why not."),
        "promote": ("stages", "Give a stage to a version, or a split to several."),
        "request": ("requests", "Ask that a version hold a stage; answer, and carry it out."),
        "ramp": ("traffic", "Give a version in an A/B test another share, or end the test."),
        "rollback": ("stages", "Give a stage back to who held it before; or all, to a moment."),
        "undo": ("undo", "Take a change back by new entries."),
        "vouch": ("scans", "Say that the unknown code in a version's pickles may be used."),
        "archive": ("lifecycle", "Put a version away."),
        "yank": ("lifecycle", "Say that a version must not be used."),
        "retire": ("lifecycle", "Take a model out of use."),
        "restore": ("lifecycle", "Bring back what was archived, yanked or retired."),
    },
    "Use": {
        "resolve": ("look", "Say which versions serve a reference."),
        "checkout": ("bytes", "Write the bytes of a version to a file or folder."),
        "consumers": ("consumers", "Show who uses which version, and what nobody uses."),
    },
    "Keep": {
        "policy": ("policy", "Show the rules, check them, or explain them for a model."),
        "verify": ("upkeep", "Check the log, the tables and the bytes."),
        "checkpoint": ("audit", "Write the newest seal of the log down, to be kept elsewhere."),
        "export": ("audit", "Write the log out, so that a stranger can check it."),
        "scan": ("scans", "Look again into what is stored, when the scanner has changed."),
        "doctor": ("upkeep", "Look whether the machine and the registry are in order."),
        "gc": ("bytes", "Free the bytes of versions that were yanked long ago."),
        "backup": ("bytes", "Write a copy of the whole registry."),
        "rebuild": ("upkeep", "Rebuild all tables from the audit log."),
    },
    "Begin": {
        "init": ("begin", "Make a registry."),
        "watch": ("drops", "Take in what is dropped into the drop folders."),
        "inbox": ("inbox", "Show what became of what was dropped, and decide about the rest."),
        "hooks": ("hooks", "Show who is told of events, and tell them now."),
        "service": ("service", "Let the system watch the drop folders from login on."),
        "demo": ("begin", "Try everything on a sample registry."),
        "completion": ("begin", "Print the completion script of a shell."),
    },
}


class Root(click.Group):
    """The command `modelshelf`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        del ctx
        return [name for section in SECTIONS.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, importing the one module it stands in."""
        del ctx
        place = next((s[cmd_name] for s in SECTIONS.values() if cmd_name in s), None)
        if place is None:
            return None
        module = importlib.import_module(f"modelshelf.cli.commands.{place[0]}")
        found: dict[str, click.Command] = module.COMMANDS
        return found[cmd_name]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that ``args`` begin with, or say which one may be meant."""
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            raise NoSuchCommand(args[0], possibilities=self.list_commands(ctx), ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section, without importing them."""
        del ctx
        for title, section in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:10}", line) for name, (_, line) in section.items()])

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        """Return commands and options that begin so, without importing the commands."""
        from click.shell_completion import CompletionItem

        lines = {name: line for s in SECTIONS.values() for name, (_, line) in s.items()}
        found = [
            CompletionItem(n, help=line) for n, line in lines.items() if n.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def main(  # type: ignore[override]  # the one way in: every failure ends here as an exit code
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ANN401 - click's own
    ) -> NoReturn:
        """Run one call of the command line and exit with its code."""
        words = list(sys.argv[1:] if args is None else args)
        extra.pop("standalone_mode", None)
        session = extra.setdefault("obj", Session())
        try:
            code = _call(self, words, prog_name or "modelshelf", extra)
            sys.stdout.flush()
        except (Exception, KeyboardInterrupt) as exc:  # noqa: BLE001 - nobody is shown a traceback
            from modelshelf.cli.faults import end

            # A command line that cannot be read may still have asked for JSON.
            code = end(exc, self._command(words), as_json=session.json or "--json" in words)
        sys.exit(code)

    @staticmethod
    def _command(words: Sequence[str]) -> str:
        """Return the first word that is a command, for a crash report: the others may be secret."""
        return next((word for word in words if any(word in s for s in SECTIONS.values())), "")


def _call(group: Root, words: list[str], name: str, extra: dict[str, Any]) -> int:
    from os import environ

    if environ.get("_MODELSHELF_COMPLETE"):
        from modelshelf.cli.completion import complete

        return complete(group, extra)
    try:
        with group.make_context(name, words, **extra) as context:
            result = group.invoke(context)
    except Exit as exc:
        return exc.exit_code
    return result if isinstance(result, int) else 0


def _version(context: click.Context, option: click.Parameter, value: object) -> None:
    del option
    if value and not context.resilient_parsing:
        from modelshelf._version import __version__

        click.echo(f"modelshelf {__version__}")
        context.exit()


@click.group(
    "modelshelf",
    cls=Root,
    invoke_without_command=True,
    add_help_option=False,
    context_settings={"max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Print the version.",
)
@click.pass_context
def command_line(context: click.Context) -> int:
    """A model registry that lives on your own disk. Without a command: the terminal app."""
    if context.invoked_subcommand is not None:
        return 0
    from modelshelf.cli.app import open_app

    return open_app(context.ensure_object(Session))


command_line.params[:0] = shared_options()
