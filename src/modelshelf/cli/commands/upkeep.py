"""Commands that check and mend: `verify`, `doctor`, `rebuild`."""

from __future__ import annotations

import click

from modelshelf.cli.command import command
from modelshelf.cli.faults import EXIT_CODES
from modelshelf.cli.session import Session
from modelshelf.cli.views import upkeep as view
from modelshelf.cli.wording import plural
from modelshelf.domain.plain import plain


@command("verify", example="modelshelf verify --deep")
@click.option("--deep", is_flag=True, help="Read and hash every stored byte too.")
@click.option("--no-replay", is_flag=True, help="Do not compare the tables with a replay.")
@click.pass_obj
def verify(session: Session, *, deep: bool, no_replay: bool) -> int:
    """Check the log's seals, the tables against a replay, and with --deep the bytes.

    Ends with 0 when everything is whole, with 6 when something is not what was written.
    """
    with session.open() as registry, session.progress("checking", counted=True) as progress:
        found = registry.audit.verify(deep=deep, replay=not no_replay, progress=progress)
    answer = {"verification": {"whole": found.whole, **plain(found)}}
    session.show(answer, lambda to: view.verification(to, found))
    if found.whole:
        return 0
    session.warn(f"modelshelf: {plural(len(found.problems), 'thing')} not as written.")
    return EXIT_CODES["corrupt"]


@command("doctor", example="modelshelf doctor")
@click.pass_obj
def doctor(session: Session) -> int:
    """Look whether the machine and the registry are in order; ends with 7 when something is not."""
    with session.open() as registry:
        checks = registry.upkeep.doctor()
    session.show({"checks": checks}, lambda to: view.checks(to, checks))
    return 0 if all(check.ok for check in checks) else EXIT_CODES["unavailable"]


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
