"""Commands that put away and bring back: `archive`, `yank`, `retire`, `restore`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import MODEL, REFERENCE
from modelshelf.cli.views import models as view
from modelshelf.domain.names import parse_reference

if TYPE_CHECKING:
    from modelshelf.domain.consumers import Consumer
    from modelshelf.domain.models import ModelVersion, RegisteredModel

REASON = click.option("--reason", default="", metavar="TEXT", help="Why; it goes into the log.")


@command("archive", example="modelshelf archive churn:v1 --reason 'not needed any more'")
@click.argument("reference", type=REFERENCE)
@REASON
@click.pass_obj
def archive(session: Session, reference: str, *, reason: str) -> None:
    """Put a version away; nothing of it is lost."""
    with session.open() as registry:
        version = registry.versions.archive(reference, reason=reason)
    _tell_version(session, version, "is archived")


@command("yank", example="modelshelf yank churn:v2 --reason 'trained on leaked data'")
@click.argument("reference", type=REFERENCE)
@REASON
@click.pass_obj
def yank(session: Session, reference: str, *, reason: str) -> None:
    """Say that a version must not be used; references go on resolving, with a warning."""
    with session.open() as registry:
        version = registry.versions.yank(reference, reason=reason)
        used = registry.consumers.list(reference=version.reference)
    _tell_version(session, version, "is yanked", used)
    if used:
        from modelshelf.cli.views.consumers import warning

        for sentence in warning(used):
            session.warn(f"warning: {sentence}")


@command("retire", example="modelshelf retire churn --reason 'replaced by risk/churn'")
@click.argument("model", type=MODEL)
@REASON
@click.pass_obj
def retire(session: Session, model: str, *, reason: str) -> None:
    """Take a model out of use; its versions and stages stay as they are."""
    with session.open() as registry:
        retired = registry.models.retire(model, reason=reason)
    _tell_model(session, retired, "is retired")


@command("restore", example="modelshelf restore churn:v1 --reason 'needed for the audit'")
@click.argument("name", type=REFERENCE, metavar="MODEL|REFERENCE")
@REASON
@click.pass_obj
def restore(session: Session, name: str, *, reason: str) -> None:
    """Bring back a version that was archived or yanked, or a model that was retired."""
    with session.open() as registry:
        if parse_reference(name).kind == "model":
            _tell_model(session, registry.models.restore(name, reason=reason), "is in use again")
        else:
            version = registry.versions.restore(name, reason=reason)
            _tell_version(session, version, "is restored")


def _tell_version(
    session: Session, version: ModelVersion, state: str, used: Sequence[Consumer] | None = None
) -> None:
    answer: dict[str, object] = {"version": version}
    if used is not None:
        answer["consumers"] = used
    session.show(answer, lambda to: view.line(to, version.reference))
    session.say(f"{version.reference} {state}.")


def _tell_model(session: Session, model: RegisteredModel, state: str) -> None:
    session.show({"model": model}, lambda to: view.line(to, model.name))
    session.say(f"{model.name} {state}.")


COMMANDS = {c.name: c for c in (archive, yank, retire, restore)}
