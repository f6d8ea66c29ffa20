"""The command that makes a version again: `reproduce`."""

from __future__ import annotations

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import FILE, FOLDER, REFERENCE
from modelshelf.domain.errors import Invalid


@command("reproduce", example="modelshelf reproduce churn:v3 --run")
@click.argument("reference", type=REFERENCE)
@click.option("--run", is_flag=True, help="Do it, with your rights, and record what came of it.")
@click.option("--list", "listed", is_flag=True, help="Show the attempts that were recorded.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=1e-6,
    show_default=True,
    metavar="X",
    help="How far a metric may be off, relative to its size.",
)
@click.option("--python", type=FILE, metavar="PATH", help="An interpreter to use as it is.")
@click.option("--keep", type=FOLDER, metavar="DIR", help="Leave the fresh folder here.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Stop the command after so long.",
)
@click.pass_obj
def reproduce(
    session: Session, /, reference: str, *, run: bool, listed: bool, **settings: str | float | None
) -> int:
    """Say what making a version again takes, and with --run do it; nothing is registered.

    Ends with 1 when something is missing, or when what came out is not what was registered.
    """
    from modelshelf.cli.views import reproduction as view

    if run and listed:
        raise Invalid("--run and --list do not go together", hint="Leave one of them out.")
    if run:
        return _run(session, reference, **settings)
    with session.open() as registry:
        if listed:
            found = registry.reproductions.list(reference)
            session.show({"reproductions": found}, lambda to: view.attempts(to, found))
            return 0
        recipe = registry.reproductions.recipe(reference)
    session.show({"recipe": recipe}, lambda to: view.recipe(to, recipe))
    session.say(view.summary(recipe))
    return 0 if recipe.complete else 1


def _run(session: Session, reference: str, **settings: str | float | None) -> int:
    from modelshelf.cli.views import reproduction as view
    from modelshelf.domain.reproduction import REPRODUCED

    with session.open() as registry:
        session.say("the recorded command runs with your rights")
        done = registry.reproductions.run(reference, say=session.say, **settings)  # type: ignore[arg-type]  # click's own types
    session.show({"reproduction": done}, lambda to: view.attempt(to, done))
    return 0 if done.report.outcome in REPRODUCED else 1


COMMANDS = {c.name: c for c in (reproduce,)}
