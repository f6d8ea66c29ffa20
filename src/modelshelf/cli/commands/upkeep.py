"""Commands that check and mend: `verify`, `doctor`, `rebuild`."""

from __future__ import annotations

from typing import Any

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import FILE
from modelshelf.cli.views import upkeep as view
from modelshelf.cli.wording import plural
from modelshelf.domain.errors import Corrupt, Unavailable
from modelshelf.domain.plain import plain
from modelshelf.domain.text import safe


@command("verify", example="modelshelf verify --deep")
@click.option("--deep", is_flag=True, help="Read and hash every stored byte too.")
@click.option("--no-replay", is_flag=True, help="Do not compare the tables with a replay.")
@click.option(
    "--since",
    metavar="CHECKPOINT",
    help="Prove that the log extends this: a line, NUMBER:SEAL, or a file of lines.",
)
@click.option("--quick", is_flag=True, help="With --since: take what is before it on its word.")
@click.option(
    "--witness",
    type=FILE,
    metavar="FILE",
    help="Refuse a log older than this file remembers, or another; then remember this one.",
)
@click.option(
    "--public-key", type=FILE, metavar="FILE", help="The key that checkpoints are signed with."
)
@click.pass_obj
def verify(
    session: Session,
    /,
    *,
    no_replay: bool,
    **asked: Any,  # noqa: ANN401 - deep, since, quick, witness and public_key, as the registry names them
) -> None:
    """Check the log's seals, the tables against a replay, and with --deep the bytes.

    Ends with 0 when everything is whole, with 6 when something is not what was written.
    """
    with session.open() as registry, session.progress("checking", counted=True) as progress:
        found = registry.audit.verify(replay=not no_replay, progress=progress, **asked)
    answer = {"verification": {"whole": found.whole, **plain(found)}}
    session.show(answer, lambda to: view.verification(to, found))
    if not found.whole:
        first = found.problems[0]
        raise Corrupt(
            f"{plural(len(found.problems), 'thing is', 'things are')} not as written",
            why=f"{safe(first.where)}: {safe(first.what)}",
            observed=len(found.problems),
            required=0,
            subject=first.where,
        )


@command("doctor", example="modelshelf doctor")
@click.pass_obj
def doctor(session: Session) -> None:
    """Look whether the machine and the registry are in order; ends with 7 when something is not."""
    with session.open() as registry:
        checks = registry.upkeep.doctor()
    session.show({"checks": checks}, lambda to: view.checks(to, checks))
    failed = [check for check in checks if not check.ok]
    if failed:
        raise Unavailable(
            f"{', '.join(safe(check.name) for check in failed)}: not in order",
            hint=" ".join(safe(check.advice) for check in failed),
        )


@command("rebuild", example="modelshelf rebuild")
@click.pass_obj
def rebuild(session: Session) -> None:
    """Rebuild all tables from the audit log; the log itself is not touched."""
    with session.open() as registry:
        entries = registry.upkeep.rebuild()
    session.show(
        {"entries": entries}, lambda _to: [f"{plural(entries, 'entry', 'entries')} replayed"]
    )


COMMANDS = {c.name: c for c in (verify, doctor, rebuild)}
