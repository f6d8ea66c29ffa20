"""The command for the rules of the registry: `policy`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import FILE, MODEL
from modelshelf.cli.views import policy as view
from modelshelf.cli.wording import plural
from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from modelshelf.domain.policy import Policy
    from modelshelf.registry import Registry


def _offer(context: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return what a shell is offered behind an action: files to check, else models."""
    kind = FILE if context.params.get("action") == "check" else MODEL
    return kind.shell_complete(context, param, begun)


@command("policy", example="modelshelf policy explain churn")
@click.argument("action", required=False, type=click.Choice(["show", "check", "explain"]))
@click.argument("words", nargs=-1, metavar="[FILE|MODEL]", shell_complete=_offer)
@click.pass_obj
def policy(session: Session, action: str | None, words: tuple[str, ...]) -> None:
    """Show the rules in force, check the policy file, or say what the rules are for a model.

    "show" lists every setting with where its value comes from: the default, the file or, with a
    MODEL, a special rule for it. "check" reads modelshelf.toml, or the FILE given, and lists every
    mistake and doubt by line; it ends with 2 where there is a mistake, and needs no registry.
    "explain MODEL" says in words what it takes for its versions to hold each stage. With --as-of
    the rules are those that the log had recorded by then.
    """
    if len(words) > 1:
        raise Invalid(f"{safe(words[1], 60)!r} is not understood", hint="modelshelf policy --help")
    match action or "show":
        case "check":
            _check(session, words[0] if words else None)
        case "explain":
            if not words:
                raise Invalid("no model is named", hint="modelshelf policy explain churn")
            _explain(session, words[0])
        case _:
            _show(session, words[0] if words else "")


def _check(session: Session, given: str | None) -> None:
    from modelshelf.registry.policing import check_policy_file
    from modelshelf.settings import POLICY_FILE, find_registry, read_text

    folder, text = find_registry(session.registry), None
    if given is not None:
        text = read_text(Path(given))
        # A draft that lies elsewhere is still meant for the registry, where there is one.
        folder = folder if (folder / "catalog.db").exists() else Path(given).absolute().parent
    found = check_policy_file(folder, text)
    name = POLICY_FILE if given is None else given
    mistakes = [problem for problem in found if not problem.warning]
    answer = {"file": name, "good": not mistakes, "problems": view.plain_problems(found)}
    session.show(answer, lambda to: view.problems(to, name, found))
    doubts = len(found) - len(mistakes)
    if mistakes:
        first = mistakes[0]
        at = f"line {first.line}, " if first.line else ""
        raise Invalid(
            f"{safe(name, 200)} has {plural(len(mistakes), 'mistake')}",
            why=f"{at}{first.what}",
            subject=first.where,
        )
    said = f", with {plural(doubts, 'doubt')}" if doubts else ""
    session.say(f"{safe(name, 200)} is a policy that works{said}.")


def _show(session: Session, model: str) -> None:
    from modelshelf.domain.policy.showing import settings_of

    with session.open() as registry:
        found, text = _in_force(registry)
        name = _name(session, registry, model) if model else ""
    settings = settings_of(found, text, name)
    session.show(
        {"model": name or None, "settings": settings}, lambda to: view.settings(to, settings)
    )


def _explain(session: Session, model: str) -> None:
    from modelshelf.domain.policy.explaining import explain

    with session.open() as registry:
        explained = explain(_in_force(registry)[0], _name(session, registry, model))
    session.show({"explained": explained}, lambda to: view.explained(to, explained))


def _in_force(registry: Registry) -> tuple[Policy, str]:
    """Return the rules and their text: those of the file, or those that were recorded by then."""
    from modelshelf.settings import parse_text, read_policy

    if registry.moment is None:
        return read_policy(registry.path)
    newest = registry.audit.entries(event="policy.recorded", limit=1)
    text = str(newest[0].body["text"]) if newest else ""
    return parse_text(text, f"the policy of entry {newest[0].seq}" if newest else ""), text


def _name(session: Session, registry: Registry, given: str) -> str:
    """Return the present name of a model; one that is not there yet may be asked about too."""
    from modelshelf.domain.names import check_model_name

    try:
        return registry.models.get(given).name
    except NotFound:
        name = check_model_name(given)
        session.say(f"No model is called {name} yet.")
        return name


COMMANDS = {c.name: c for c in (policy,)}
