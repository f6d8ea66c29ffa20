"""The policy file checked as a whole: every mistake with its line, and what may not be meant.

What needs more than the text is handed in: whether an expression or a licence can be read, whether
a command or an entry point is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import normalize

from modelshelf.domain.policy import ROLES
from modelshelf.domain.policy.problem import PolicyProblem, nearest
from modelshelf.domain.policy.reading import located, read_table
from modelshelf.domain.policy.section import Section
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.policy import Hook, Policy, Stage
    from modelshelf.domain.policy.problem import Place

_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")
_DIGITS_MOST = 9


def _nothing(_: object) -> None:
    return None


class Tools(NamedTuple):
    """What checking cannot do by itself; each returns a sentence that says what is wrong, or none.

    Attributes:
        expression: Whether a CEL expression can be read.
        licence: Whether a licence is known.
        command: Whether a command's program is there; given the command and its arguments.
        plugin: Whether an entry point of a gate is there.
    """

    expression: Callable[[str], str | None] = _nothing
    licence: Callable[[str], str | None] = _nothing
    command: Callable[[Sequence[str]], str | None] = _nothing
    plugin: Callable[[str], str | None] = _nothing


def check_policy(
    text: str, tools: Tools | None = None, held: Sequence[str] = ()
) -> tuple[PolicyProblem, ...]:
    """Return all that is wrong with the text of a policy file, by line, mistakes and warnings.

    Args:
        text: The text.
        tools: What is asked of outside; by default nothing.
        held: Names of the stages that are held in the registry the policy is for.
    """
    import tomllib

    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return (not_toml(error, text),)
    policy, problems = read_table(table)
    top = Section(table, (), problems)
    asked = tools or Tools()
    _ask_gates(top, policy, asked)
    _ask_commands(top, policy, asked)
    _warn_stages(top, policy, held)
    _warn_gates(top, policy)
    _warn_hooks(top, policy)
    _warn_probes(top, policy)
    return tuple(dict.fromkeys(located(problems, text)))


def not_toml(error: Exception, text: str) -> PolicyProblem:
    """Return why a text is not TOML, with the line."""
    if isinstance(error, RecursionError):
        return PolicyProblem((), "it is nested too deeply")
    said = str(error)
    found = _LINE.search(said)
    line = 0
    if found is not None:
        line = int(found[1][:_DIGITS_MOST]) if found[1] else text.count("\n") + 1
    return PolicyProblem((), "it is not TOML", safe(_LINE.sub("", said)), line=line)


def _ask_gates(top: Section, policy: Policy, tools: Tools) -> None:
    for name, told in _table(top.table, "gates").items():
        gate = policy.gates.get(normalize("NFC", name))
        if gate is None or not isinstance(told, dict):
            continue
        if gate.kind == "when" and told.get("when") == gate.when:
            _ask(top, ("gates", name, "when"), "cannot be read", tools.expression(gate.when))
        elif gate.kind == "plugin" and gate.use:
            why = tools.plugin(gate.use)
            _ask(top, ("gates", name, "plugin"), "is not installed here", why, warning=True)
        elif gate.use == "licence":
            for n, licence in enumerate(gate.settings["allowed"]):
                why = tools.licence(licence)
                _ask(top, ("gates", name, "allowed", n), "is no licence that is known", why)


def _ask_commands(top: Section, policy: Policy, tools: Tools) -> None:
    commands: list[tuple[Place, Sequence[str]]] = [
        (("gates", gate.name, "run"), gate.run) for gate in policy.gates.values() if gate.run
    ]
    commands += [(("probes", p.name, "run"), p.run) for p in policy.probes.values() if p.run]
    if policy.checkpoints.run:
        commands.append((("checkpoints", "run"), policy.checkpoints.run))
    for place, run in commands:
        _ask(top, place, "names a command that is not found", tools.command(run), warning=True)
    for n, each in enumerate(_tables(top, "hooks")):
        run = tuple(v for v in _list(each, "run") if isinstance(v, str))
        if run:
            says = "names a command that is not found"
            _ask(top, ("hooks", n, "run"), says, tools.command(run), warning=True)


def _ask(
    top: Section,
    place: Place,
    says: str,
    answer: str | None,
    *,
    warning: bool = False,
) -> None:
    if answer is not None:
        top.wrong(place, says, why=safe(answer), warning=warning)


def _warn_stages(top: Section, policy: Policy, held: Sequence[str]) -> None:
    former = {stage.was for stage in policy.stages}
    for name in held:
        if name not in policy.names and name not in former:
            top.wrong(
                "ladder" if "ladder" in top.table else "stages",
                f"has no {safe(name, 60)}, which models hold",
                hint=f'Say which stage it is now: was = "{safe(name, 60)}"; or add it.',
                warning=True,
            )
    for stage in policy.stages:
        if stage.name in _table(top.table, "stages"):
            _warn_stage(top, policy, stage, ("stages", stage.name))
    for n, each in enumerate(_tables(top, "models")):
        rules = _table(each, "stages")
        if not rules:
            top.wrong(("models", n), "changes nothing", warning=True)
        for stage in policy.of(_model_for(each)).stages:
            if stage.name in rules:
                _warn_stage(top, policy, stage, ("models", n, "stages", stage.name))


def _model_for(override: dict[str, Any]) -> str:
    """Return a name that the override is for: its pattern itself, without what stands for all."""
    match = override.get("match")
    first = match[0] if isinstance(match, list) and match else match
    return first.replace("*", "x").replace("?", "x") if isinstance(first, str) else ""


def _warn_stage(top: Section, policy: Policy, stage: Stage, place: Place) -> None:
    if stage.approvals and stage.approvers:
        people = _people(policy, stage.approvers)
        if people is not None and len(people) < stage.approvals:
            can = f"{len(people)} can give them" if people else "nobody can give them"
            top.wrong(
                (*place, "approvals"),
                f"asks for {stage.approvals}, and {can}",
                why=f"approvers are {safe(', '.join(stage.approvers), 120)}",
                hint="Grant the role to more people, or name them.",
                warning=True,
            )
    rules: Any = top.table
    for key in place:
        rules = rules[key]
    if not isinstance(rules, dict):
        return
    for key in ("approvers", "four_eyes", "cooling_off"):
        if not stage.approvals and rules.get(key) and isinstance(rules.get("approvals", 0), int):
            says = "means nothing where no approvals are asked for"
            top.wrong((*place, key), says, hint="Write approvals = 1.", warning=True)


def _people(policy: Policy, who: Sequence[str]) -> set[str] | None:
    """Return whom names and roles stand for; ``None`` for everybody."""
    found: set[str] = set()
    for each in who:
        role = each.removeprefix("role:")
        if role == each:
            found.add(each)
            continue
        covering = ROLES[ROLES.index(role) :] if role in ROLES else (role,)
        people = {grant.person for grant in policy.grants if grant.role in covering}
        if "*" in people:
            return None
        found |= people
    return found


def _warn_gates(top: Section, policy: Policy) -> None:
    used = {gate for stage in policy.stages for gate in stage.gates}
    for override in policy.overrides:
        for settings in override.stages.values():
            used.update(settings.get("gates", ()))
    for name in _table(top.table, "gates"):
        if normalize("NFC", name) not in used:
            top.wrong(("gates", name), "is a gate that no stage names", warning=True)
    for stage, rules in _table(top.table, "stages").items():
        gates = [g for g in _list(rules, "gates") if isinstance(g, str)]
        for n, gate in enumerate(gates):
            if gate in gates[:n]:
                top.wrong(("stages", stage, "gates", n), "stands there twice", warning=True)


def _warn_hooks(top: Section, policy: Policy) -> None:
    from modelshelf.domain.events import EVENTS

    names = tuple(EVENTS)
    tables = _tables(top, "hooks")
    for n, each in enumerate(tables):
        on = each.get("on")
        for m, pattern in enumerate([on] if isinstance(on, str) else _list(each, "on")):
            if isinstance(pattern, str) and not any(fnmatchcase(e, pattern) for e in names):
                place = ("hooks", n, "on") if isinstance(on, str) else ("hooks", n, "on", m)
                says = f"is {safe(pattern, 60)!r}, and no event is called so"
                top.wrong(place, says, hint=nearest(pattern, names), warning=True)
    if len(tables) == len(policy.hooks):  # else some were refused, and the numbers do not fit
        for n, hook in enumerate(policy.hooks):
            for m, other in enumerate(policy.hooks):
                if n != m and _shadows(other, hook) and not (n < m and _shadows(hook, other)):
                    says = f"tells nobody anything that hooks[{m}] does not tell them"
                    top.wrong(("hooks", n), says, hint="Remove one of them.", warning=True)
                    break


def _warn_probes(top: Section, policy: Policy) -> None:
    if not policy.probes:
        return
    from modelshelf.domain.policy.probes import warn_probe

    for key, told in _table(top.table, "probes").items():
        probe = policy.probes.get(normalize("NFC", key))
        if probe is not None and isinstance(told, dict):
            warn_probe(Section(told, ("probes", key), top.problems), probe)


def _shadows(wide: Hook, narrow: Hook) -> bool:
    """Whether one hook tells the same place all that the other tells it."""
    return (
        (wide.run, wide.url) == (narrow.run, narrow.url)
        and _covers(wide.on, narrow.on)
        and _covers(wide.models, narrow.models)
    )


def _covers(wide: Sequence[str], narrow: Sequence[str]) -> bool:
    return all(any(fnmatchcase(each, pattern) for pattern in wide) for each in narrow)


def _table(table: object, key: str) -> dict[str, Any]:
    found = table.get(key) if isinstance(table, dict) else None
    return found if isinstance(found, dict) else {}


def _list(table: object, key: str) -> list[Any]:
    found = table.get(key) if isinstance(table, dict) else None
    return found if isinstance(found, list) else []


def _tables(top: Section, key: str) -> list[dict[str, Any]]:
    """Return the tables of a list; what is none of them, whose mistake is kept, is empty."""
    return [each if isinstance(each, dict) else {} for each in _list(top.table, key)]
