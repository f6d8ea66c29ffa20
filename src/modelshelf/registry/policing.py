"""The policy in the log, and the policy file before it gets there.

A new text is recorded before it first decides anything, and with it the stages that it renames. A
file can be checked whether or not a registry can be opened with it.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.catalog.audit_reader import fact
from modelshelf.domain import events
from modelshelf.domain.errors import ModelshelfError

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.domain.policy.problem import PolicyProblem
    from modelshelf.registry.context import Context

_SUBJECT = "policy"
_STILL_NS = 1_000_000_000


def policy_digest(context: Context) -> str:
    """Return the digest of the policy's text, by which decisions name it."""
    return hashlib.sha256(context.policy_text.encode()).hexdigest()


def record_policy(context: Context) -> None:
    """Record the policy's text in the log if it is not the one recorded last."""
    follow(context)
    if fact(context.database.reader(), "policy") != policy_digest(context):
        with context.write("record the policy") as transaction:
            record_changed(context, transaction)


def record_changed(context: Context, transaction: Transaction) -> None:
    """The same inside a transaction, before whatever it records.

    What is recorded is what the file says. A process that has an older text in mind, because the
    file cannot be read any more as a policy, decides by it and does not put it into force again.
    """
    digest, recorded = policy_digest(context), fact(transaction.raw, "policy")
    if recorded == digest or (recorded is not None and not _is_in_force(context)):
        return
    transaction.record(events.PolicyRecorded(digest, context.policy_text), _SUBJECT)
    _record_renamed(context, transaction)


def follow(context: Context) -> None:
    """Go by what the policy file says by now.

    While it has a mistake the former text goes on, and likewise for a second after it was written:
    somebody may be writing it, and half of a policy may lack a hook or a role.
    """
    from modelshelf.settings import policy_mark, read_policy

    mark = policy_mark(context.root)
    if mark == context.policy_mark:
        return
    # Some editors take the old file away before they write the new one: no rules for that moment.
    try:
        written = mark[2] if mark else context.root.stat().st_mtime_ns
    except OSError:  # the folder is gone, as whatever comes next will say
        return
    # The system's clock, and not the registry's: this is about the times of a file.
    if abs(time.time_ns() - written) < _STILL_NS:
        return
    former = context.policy.named_actors
    with suppress(ModelshelfError):
        context.policy, context.policy_text = read_policy(context.root)
    context.policy_mark = mark
    if context.policy.named_actors != former:
        from modelshelf.registry.actors import person_now

        context.database.act_as(person_now(context.given_actor, context.policy))


def _is_in_force(context: Context) -> bool:
    """Whether the file says just what ``context`` goes by."""
    from modelshelf.settings import read_policy

    try:
        return read_policy(context.root)[1] == context.policy_text
    except ModelshelfError:
        return False


def _record_renamed(context: Context, transaction: Transaction) -> None:
    """Carry over the history of stages that the policy calls by another name now."""
    renamed = [stage for stage in context.policy.stages if stage.was]
    if not renamed:
        return
    from modelshelf.catalog.rungs import stages_asked, stages_known

    known = stages_known(transaction.raw)
    former = known | stages_asked(transaction.raw)  # asked for, though nobody held it yet
    for stage in renamed:
        if stage.was in former and stage.name not in known:
            transaction.record(events.StageRenamed(stage.was, stage.name), _SUBJECT)


def check_policy_file(folder: Path, text: str | None = None) -> tuple[PolicyProblem, ...]:
    """Return all that is wrong with a policy file, by line: mistakes, and warnings.

    It is not asked that a registry can be opened there, or that there is one.

    Args:
        folder: The registry's folder; relative commands are looked for in it.
        text: The text to check; by default that of the folder's ``modelshelf.toml``.

    Raises:
        NotFound: There is no such file.
        Invalid: The file is too large, or not UTF-8.
        Unavailable: The file cannot be read.
    """
    from modelshelf.domain.policy.checking import Tools, check_policy
    from modelshelf.plugins.expressions import check_expression
    from modelshelf.plugins.licences import check_licence
    from modelshelf.settings import policy_text

    told = policy_text(folder) if text is None else text
    tools = Tools(
        check_expression, check_licence, lambda run: _missing_command(folder, run), _missing_plugin
    )
    return check_policy(told, tools, _held(folder))


def _held(folder: Path) -> tuple[str, ...]:
    """Return the stages that are held in the folder's registry; none where none can be read."""
    from modelshelf.catalog.database import CATALOG, Database
    from modelshelf.catalog.rungs import stages_held
    from modelshelf.domain.errors import ModelshelfError
    from modelshelf.domain.plain import moment

    database = Database(folder / CATALOG, lambda: moment(0), "")
    try:
        return stages_held(database.reader())
    except ModelshelfError:  # no registry, or one that cannot be read: its own trouble
        return ()
    finally:
        database.close()


def _missing_command(folder: Path, run: Sequence[str]) -> str | None:
    """Return why the program of a command cannot be found, as a clause."""
    import shutil

    program = run[0]
    place = program if Path(program).name == program else str(folder / program)
    if "{" in program or shutil.which(place):
        return None
    if place == program:
        return f"{program} is not on the PATH"
    return f"{place} cannot be run" if os.path.exists(place) else f"{place} is not there"  # noqa: PTH110 - no error where one may not look


def _missing_plugin(name: str) -> str | None:
    from modelshelf.plugins.gates import known_gates

    there = known_gates()
    if name in there:
        return None
    known = f"; there are {', '.join(there)}" if there else ""
    return f"no installed package has a gate of that name{known}"
