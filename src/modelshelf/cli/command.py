"""What all commands have in common: the options that stand anywhere, and the layout of help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from modelshelf.cli.session import Session


def _keep(context: click.Context, option: click.Parameter, value: object) -> None:
    session = context.find_object(Session)
    if session is not None and value not in (None, False):
        setattr(session, option.name, value)


def shared_options() -> list[click.Option]:
    """Return the options that stand before or after any command; the session keeps them."""
    from modelshelf.cli.values import FOLDER

    given: dict[str, Any] = {"expose_value": False, "callback": _keep}
    return [
        click.Option(
            ["-R", "--registry"], type=FOLDER, metavar="DIR", help="The registry's folder.", **given
        ),
        click.Option(["--json"], is_flag=True, help="Answer with one JSON object.", **given),
        click.Option(["-q", "--quiet"], is_flag=True, help="No narration on stderr.", **given),
        click.Option(
            ["--as-of"],
            metavar="WHEN",
            help="Look at the past: a date, a time in UTC, or the number of a log entry.",
            **given,
        ),
        click.Option(["--actor"], metavar="NAME", help="Who is acting, for the log.", **given),
        click.Option(["--no-color"], is_flag=True, help="No bold and no colour.", **given),
        # Our own, because click's loads the translations of every language to say one sentence.
        click.Option(
            ["-h", "--help"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_help,
            help="Show this and end.",
        ),
    ]


def _help(context: click.Context, option: click.Parameter, value: object) -> None:
    del option
    if value and not context.resilient_parsing:
        click.echo(context.get_help())
        context.exit()


class Command(click.Command):
    """A command that also takes the shared options, and shows an example in its help.

    Attributes:
        example: A command line that works.
        shared: The options that every command takes, as far as it has none of that name itself.
    """

    def __init__(self, *args: Any, example: str = "", **settings: Any) -> None:  # noqa: ANN401 - click's own
        settings["add_help_option"] = False  # it is among the shared ones
        super().__init__(*args, **settings)
        self.example = example
        taken = {name for param in self.params for name in param.opts}
        self.shared = [o for o in shared_options() if not taken.intersection(o.opts)]
        self.params.extend(self.shared)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, then the shared ones on a few lines."""
        own = [p for p in self.get_params(ctx) if p not in self.shared]
        records = [r for p in own if isinstance(p, click.Option) and (r := p.get_help_record(ctx))]
        if records:
            with formatter.section("Options"):
                formatter.write_dl(records)
        names = ", ".join("/".join(o.opts) for o in self.shared)
        with formatter.section("Options of every command"):
            formatter.write_text(f"{names}; modelshelf --help tells them.")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example."""
        super().format_epilog(ctx, formatter)
        if self.example:
            with formatter.section("Example"):
                formatter.write_text(self.example)


def command(name: str, *, example: str) -> Callable[[Callable[..., Any]], Command]:
    """Return the decorator that makes a function the command ``name``."""
    return click.command(name, cls=Command, example=example)
