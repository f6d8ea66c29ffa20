"""The ladder of the policy file: its rungs, their rules, and what differs for some models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from modelshelf.domain.policy import BUILTIN_GATES, DAY, DEFAULT_POLICY, ROLES, Policy, Stage
from modelshelf.domain.policy.problem import nearest
from modelshelf.domain.policy.section import Section
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.policy import Override

STAGE_KEYS = (
    "holders", "gates", "approvals", "approvers", "four_eyes", "cooling_off", "expires", "ramp",
    "bypass", "on_replaced", "was",
)  # fmt: skip
OVERRIDE_KEYS = ("match", "stages")
_APPROVALS_MOST = 100
_SAID_MOST = 500
_RESERVED = ("draft", "archived", "latest")
_DEFAULTS = {s.name: s for s in DEFAULT_POLICY.stages}


def read_stages(top: Section) -> tuple[Stage, ...]:
    """Return the ladder, lowest rung first; what is wrong is kept in the section."""
    section = top.section("stages")
    ladder = _ladder(top)
    names = ladder or tuple(name for name in _DEFAULTS if _DEFAULTS[name].assignable)
    stages = {name: _DEFAULTS.get(name) or Stage(name) for name in names}
    for name in section.table:
        if ladder and name not in ladder and _can_be_stage(name):
            hint = nearest(name, ladder) or f"Add {name} to ladder, or remove this table."
            section.wrong(name, "is not in the ladder", required=", ".join(ladder), hint=hint)
        elif ladder or _check_name(section, name):
            stages[name] = _stage(stages.get(name, Stage(name)), section.section(name))
    _check_former(section, stages)
    return (_DEFAULTS["draft"], *stages.values(), _DEFAULTS["archived"])


def read_overrides(top: Section, stages: tuple[Stage, ...]) -> tuple[Override, ...]:
    """Return what differs for some models; what is wrong is kept in the section."""
    if "models" not in top.table:
        return ()
    from modelshelf.domain.policy import Override

    found = []
    known = {s.name: s for s in stages if s.assignable}
    for section in top.sections("models"):
        section.known(OVERRIDE_KEYS)
        if "match" not in section.table:
            section.wrong("", "does not say for which models", hint='Write match = "risk/*".')
        rules = section.section("stages")
        differing: dict[str, Mapping[str, Any]] = {}
        for name in rules.table:
            if name in known:
                differing[name] = _differing(known[name], rules.section(name))
            else:
                names = tuple(known)
                why = f"the ladder has {', '.join(names)}"
                rules.wrong(name, "is not a stage", why=why, hint=nearest(name, names))
        found.append(Override(section.patterns("match"), differing))
    return tuple(found)


def check_names(top: Section, policy: Policy) -> None:
    """Keep names of gates and roles that lead nowhere as mistakes."""
    gates = (*BUILTIN_GATES, *policy.gates)
    roles = (*ROLES, *dict.fromkeys(g.role for g in policy.grants if g.role not in ROLES))
    again = Section(top.table)  # whose mistakes have been kept already
    everywhere = [again.section("stages")]
    everywhere += [each.section("stages") for each in again.sections("models")]
    for stages in everywhere:
        for name, rules in stages.table.items():
            if isinstance(rules, Mapping):
                _check_names(Section(rules, (*stages.place, name), top.problems), gates, roles)


def _check_names(stage: Section, gates: tuple[str, ...], roles: tuple[str, ...]) -> None:
    for n, gate in enumerate(_names(stage.table.get("gates"))):
        if gate and gate not in gates:
            hint = nearest(gate, gates) or f"Define it under [gates.{safe(gate, 60)}]."
            says, why = (
                f"names {safe(gate, 60)!r}, which is no gate",
                f"the gates are {_said(gates)}",
            )
            stage.wrong(("gates", n), says, why=why, hint=hint)
    for key in ("approvers", "bypass"):
        for n, person in enumerate(_names(stage.table.get(key))):
            if person == "*":
                hint = "Leave it out: anybody may approve then." if key == "approvers" else ""
                stage.wrong((key, n), "names nobody with '*'", hint=hint)
            role = person.removeprefix("role:")
            if role != person and role not in roles:
                hint = (
                    nearest(role, roles) or f'Grant it under [roles]: {safe(role, 60)} = ["ana"].'
                )
                says = f"names the role {safe(role, 60)!r}, which nobody has"
                stage.wrong((key, n), says, why=f"the roles are {_said(roles)}", hint=hint)


def _said(names: tuple[str, ...]) -> str:
    return safe(", ".join(names), _SAID_MOST)


def _names(value: object) -> list[str]:
    """Return a list of names as they are compared; of anything else, refused before, nothing."""
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        return []
    return [normalize("NFC", v) for v in value]


def _ladder(top: Section) -> tuple[str, ...]:
    ladder = top.words("ladder", most=64)
    if top.table.get("ladder") == []:
        top.wrong("ladder", "is empty", hint='Write the stages, lowest first: ["staging"].')
    for n, name in enumerate(ladder):
        if name in ladder[:n]:
            top.wrong(("ladder", n), f"names {safe(name, 60)!r} twice")
        _check_name(top, name, ("ladder", n))
    return tuple(dict.fromkeys(name for name in ladder if _can_be_stage(name)))


def _can_be_stage(name: str) -> bool:
    """Whether a word reads as a label in references, and means nothing else there."""
    if not name[:1].isalpha() or not name.isascii() or name in _RESERVED:
        return False
    plain = name.replace("_", "").replace("-", "")
    return plain.isalnum() and not (name[0] == "v" and name[1:].isdigit())


def _check_name(section: Section, name: str, at: tuple[str | int, ...] | str = "") -> bool:
    before = len(section.problems)
    place = at or name
    section.accepted(place, name, most=64, kind="stage name")
    if len(section.problems) == before and not _can_be_stage(name):
        section.wrong(
            place,
            f"{safe(name, 40)!r} cannot be a stage" if at else "cannot be a stage",
            hint="Use a letter, then letters, digits, - and _; not a version number.",
        )
    return len(section.problems) == before


def _stage(present: Stage, rules: Section) -> Stage:
    rules.known(STAGE_KEYS)
    return Stage(
        present.name,
        holders=rules.choice("holders", ("one", "many"), present.holders),
        gates=tuple(dict.fromkeys(rules.words("gates", present.gates))),
        approvals=rules.whole(
            "approvals", present.approvals, least=0, most=_APPROVALS_MOST, of="people"
        ),
        approvers=rules.words("approvers", present.approvers),
        four_eyes=rules.flag("four_eyes", default=present.four_eyes),
        cooling_off=rules.seconds("cooling_off", present.cooling_off, most=366 * DAY),
        expires=rules.seconds("expires", present.expires, least=1.0),
        ramp=rules.choice("ramp", ("free", "approved"), present.ramp),
        bypass=rules.words("bypass", present.bypass),
        on_replaced=rules.choice("on_replaced", ("archive", "keep"), present.on_replaced),
        was=rules.text("was", present.was, most=64),
    )


def _differing(present: Stage, rules: Section) -> dict[str, Any]:
    """Return what a table for some models says differently about a stage."""
    if "was" in rules.table:
        hint = f"Write it under [stages.{present.name}]."
        rules.wrong("was", "cannot differ for some models", hint=hint)
    stage = _stage(present, rules)
    told = [key for key in rules.table if key in STAGE_KEYS and key != "was"]
    return {key: getattr(stage, key) for key in told}


def _check_former(section: Section, stages: Mapping[str, Stage]) -> None:
    """Keep former names as mistakes that are names of today, or the former name of two rungs."""
    former: dict[str, str] = {}
    for stage in stages.values():
        if not stage.was:
            continue
        at = (stage.name, "was")
        if stage.was in stages or stage.was in _RESERVED:
            section.wrong(
                at,
                f"names {safe(stage.was, 60)!r}, which is still in the ladder",
                hint=f"Leave it out of the ladder: ladder = [{_listed(stages, stage.was)}].",
            )
        elif stage.was in former:
            other = former[stage.was]
            section.wrong(at, f"names {safe(stage.was, 60)!r}, as does stages.{other}.was")
        former[stage.was] = stage.name


def _listed(stages: Mapping[str, Stage], without: str) -> str:
    return ", ".join(f'"{name}"' for name in stages if name != without)
