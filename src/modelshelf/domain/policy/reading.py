"""The policy file read: a parsed TOML table in, a :class:`Policy` and all that is wrong out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelshelf.domain.policy import DEFAULT_POLICY, Checkpoints, Policy
from modelshelf.domain.policy.problem import PolicyProblem
from modelshelf.domain.policy.section import Section
from modelshelf.domain.policy.stages import check_names, read_overrides, read_stages
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.policy import Gate, Grant, Hook
    from modelshelf.domain.policy.probes import Probe

SECTIONS = (
    "ladder", "stages", "gates", "roles", "actors", "models", "drop_folders", "hooks",
    "checkpoints", "probes",
)  # fmt: skip
CHECKPOINT_KEYS = ("key", "run", "timeout")
ACTOR_KEYS = ("named",)
GRANT_KEYS = ("who", "models")
_COMMAND_MOST = 3_600.0


def parse_policy(
    table: Mapping[str, Any], source: str = "modelshelf.toml", text: str = ""
) -> Policy:
    """Return the policy that a parsed TOML ``table`` describes.

    What a rung of the default ladder is not told keeps its default; a new name is added
    above the rungs before it, in the order of the file, unless the ladder is given.

    Args:
        table: What ``tomllib`` returned.
        source: The file's name, for sentences.
        text: What the table was read from, for the line of a mistake; empty when it is not known.

    Raises:
        Invalid: An unknown key or a value of the wrong kind, with a suggestion.
    """
    policy, problems = read_table(table)
    if problems:
        raise located(problems, text)[0].error(source)
    return policy


def read_table(table: Mapping[str, Any]) -> tuple[Policy, list[PolicyProblem]]:
    """Return the policy that a parsed TOML ``table`` describes, and all that is wrong with it.

    What is wrong has its default in the policy.
    """
    top = Section(table)
    top.known(SECTIONS)
    stages = read_stages(top)
    policy = Policy(
        stages=stages,
        drop_folders=_folders(top),
        grants=_grants(top),
        gates=_gates(top),
        hooks=_hooks(top),
        overrides=read_overrides(top, stages),
        named_actors=_named_actors(top.section("actors")),
        checkpoints=_checkpoints(top.section("checkpoints")),
        probes=_probes(top),
    )
    check_names(top, policy)
    return policy, top.problems


def located(problems: list[PolicyProblem], text: str) -> list[PolicyProblem]:
    """Return the problems with their lines in ``text``, in the order of the lines."""
    if not text or not problems:
        return problems
    from modelshelf.domain.policy.lines import find_lines

    lines = find_lines(text, [problem.place for problem in problems])
    found = [p._replace(line=line) for p, line in zip(problems, lines, strict=True)]
    return sorted(found, key=lambda problem: problem.line)


def _folders(top: Section) -> tuple[Any, ...]:
    if "drop_folders" not in top.table:
        return DEFAULT_POLICY.drop_folders
    from modelshelf.domain.policy.folders import read_folder

    found = tuple(read_folder(section) for section in top.sections("drop_folders"))
    return found or DEFAULT_POLICY.drop_folders


def _gates(top: Section) -> dict[str, Gate]:
    if "gates" not in top.table:
        return {}
    from modelshelf.domain.policy.gates import read_gate

    section = top.section("gates")
    return {gate.name: gate for gate in (read_gate(section, key) for key in section.table)}


def _hooks(top: Section) -> tuple[Hook, ...]:
    if "hooks" not in top.table:
        return ()
    from modelshelf.domain.policy.hooks import read_hooks

    return read_hooks(top.sections("hooks"))


def _probes(top: Section) -> dict[str, Probe]:
    if "probes" not in top.table:
        return {}
    from modelshelf.domain.policy.probes import read_probes

    return read_probes(top.section("probes"))


def _named_actors(section: Section) -> bool | tuple[str, ...]:
    section.known(ACTOR_KEYS)
    value = section.table.get("named", True)
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return section.words("named")
    section.wrong("named", "is neither true, false nor a list of names", observed=value)
    return True


def _checkpoints(section: Section) -> Checkpoints:
    if not section.table:
        return DEFAULT_POLICY.checkpoints
    from modelshelf.domain.policy.commands import read_command

    section.known(CHECKPOINT_KEYS)
    return Checkpoints(
        key=section.text("key", most=4_000),
        run=read_command(section),
        timeout=section.seconds("timeout", 30.0, least=0.1, most=_COMMAND_MOST),
    )


def _grants(top: Section) -> tuple[Grant, ...]:
    if "roles" not in top.table:
        return ()
    from modelshelf.domain.policy.values import Grant

    section = top.section("roles")
    found: list[Grant] = []
    for role in section.table:
        name = section.accepted(role, role, most=64, kind="role")
        if name:
            found += [Grant(name, who, models) for who, models in _people(section, role)]
    return tuple(dict.fromkeys(found))


def _people(roles: Section, role: str) -> list[tuple[str, str]]:
    """Return who has a role, and the pattern of models on which."""
    value = roles.table[role]
    if not isinstance(value, list) or not all(isinstance(v, str | Mapping) for v in value):
        roles.wrong(
            role,
            "is not a list of names",
            observed=value,
            hint=f'Write {safe(role, 60)} = ["ana", {{ who = ["li"], models = ["risk/*"] }}].',
        )
        return []
    found: list[tuple[str, str]] = []
    for n, each in enumerate(value):
        if isinstance(each, str):
            one = Section({"who": [each]}, (*roles.place, role, n), roles.problems)
        else:
            who = each.get("who")
            each = {**each, "who": [who]} if isinstance(who, str) else each  # noqa: PLW2901
            one = Section(each, (*roles.place, role, n), roles.problems)
            one.known(GRANT_KEYS)
            if not one.table.get("who"):
                one.wrong("", "names nobody", hint='Write who = ["ana"], or ["*"] for everybody.')
        found += [(who, models) for who in one.words("who") for models in one.patterns("models")]
    return found
