"""The policy in words: what it takes for the versions of one model to hold each stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from modelshelf.domain.policy import ROLES
from modelshelf.domain.policy.durations import duration_text
from modelshelf.domain.policy.toml import value_text
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.policy import Gate, Hook, Policy, Stage

_SHOWN = 400
_FRESH = {
    "registered": "it was registered",
    "evaluated": "it was evaluated",
    "data": "its newest training data is from",
}


@dataclass(frozen=True, slots=True)
class StageExplained:
    """What it takes to hold one stage.

    Attributes:
        name: The stage.
        sentences: The rules, one a line.
        gates: What each gate demands, by the gate's name, in order.
    """

    name: str
    sentences: tuple[str, ...]
    gates: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The policy as it is for one model.

    Attributes:
        model: The model's name.
        overrides: The patterns of the special rules that apply to it, in order.
        stages: The stages that can be held, lowest first.
        roles: Who has which role on it, by role.
        hooks: What is told of its events to whom, by the hook's key.
        sentences: What else is to be said: who may do what takes no role, and which probes its
            versions can be asked.
    """

    model: str
    overrides: tuple[str, ...]
    stages: tuple[StageExplained, ...]
    roles: Mapping[str, tuple[str, ...]]
    hooks: Mapping[str, str]
    sentences: tuple[str, ...]


def explain(policy: Policy, model: str) -> Explanation:
    """Return the policy in words for the model of that name."""
    mine = policy.of(model)
    roles = _roles(policy, model)
    fitting = (o.match for o in policy.overrides if o.fits(model))
    return Explanation(
        model=model,
        overrides=tuple(", ".join(match) for match in fitting),
        stages=tuple(_stage(mine, s, roles) for s in mine.stages if s.assignable),
        roles=roles,
        hooks={hook.key: _hook(hook) for hook in policy.hooks if _told(hook, model)},
        sentences=(*_open(policy), *_probes(policy)),
    )


def demand(gate: Gate) -> str:
    """Return what a gate demands, as a clause."""
    return safe(_demand(gate), _SHOWN)


def _stage(policy: Policy, stage: Stage, roles: Mapping[str, tuple[str, ...]]) -> StageExplained:
    gates = {name: demand(policy.gate(name)) for name in stage.gates}
    # Every stage has the scan, named or not.
    gates = gates if "scan" in gates else {"scan": demand(policy.gate("scan")), **gates}
    return StageExplained(stage.name, tuple(_rules(stage, roles)), gates)


def _rules(stage: Stage, roles: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    if stage.holders == "many":
        yield "several versions may hold it at once and share the traffic"
    else:
        yield "one version at a time holds it"
    after = "is archived" if stage.on_replaced == "archive" else "is left as it is"
    yield f"the version that is replaced {after}"
    if stage.approvals:
        yield from _approvals(stage, roles)
    else:
        yield "nobody is asked for approval"
    yield (
        f"gates and approvals may be set aside, with a reason, by {_who(stage.bypass, roles)}"
        if stage.bypass
        else "nobody may set gates and approvals aside"
    )
    if stage.was:
        yield f"it was called {safe(stage.was, 60)} before"


def _approvals(stage: Stage, roles: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    number = "1 approval" if stage.approvals == 1 else f"{stage.approvals} approvals"
    yield f"it takes {number}, by {_who(stage.approvers, roles) or 'anybody'}"
    if stage.four_eyes:
        yield "nobody's approval of a request of their own counts"
    elif stage.cooling_off:
        wait = duration_text(stage.cooling_off)
        yield f"one's approval of a request of one's own counts after {wait}"
    yield f"a request lapses after {duration_text(stage.expires)}"
    if stage.ramp == "approved":
        yield "a change of weights among those that hold it takes approvals again"
    else:
        yield "weights among those that hold it change without approvals"


def _who(who: Sequence[str], roles: Mapping[str, tuple[str, ...]]) -> str:
    """Return names and roles in words; a role with those who have it."""
    said: list[str] = []
    for each in who:
        role = each.removeprefix("role:")
        if role == each:
            said.append(safe(each, 60))
            continue
        covering = ROLES[ROLES.index(role) :] if role in ROLES else (role,)
        people = dict.fromkeys(p for r in covering for p in roles.get(r, ()))
        named = ", ".join(people) or "nobody has it here"
        said.append(f"whoever has the role {safe(role, 60)} ({named})")
    return " or ".join(said)


def _roles(policy: Policy, model: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for grant in policy.grants:
        if fnmatchcase(model, grant.models):
            who = "everybody" if grant.person == "*" else safe(grant.person, 60)
            found.setdefault(grant.role, []).append(who)
    return {role: tuple(dict.fromkeys(people)) for role, people in found.items()}


def _open(policy: Policy) -> Iterator[str]:
    granted = {grant.role for grant in policy.grants}
    missing = [role for role in ROLES if role not in granted]
    if not granted:
        yield "no role is granted, so whoever can open the registry may do everything"
    elif missing:
        yield f"nobody has the roles {', '.join(missing)}, so what takes them is open to everybody"
    if policy.named_actors is False:
        yield "everybody acts under the name they have at the operating system"
    elif isinstance(policy.named_actors, tuple):
        names = ", ".join(safe(n, 60) for n in policy.named_actors) or "nobody"
        yield f"under another name than the operating system's act only: {names}"


def _probes(policy: Policy) -> Iterator[str]:
    if policy.probes:
        from modelshelf.domain.policy.probes import explain_probe

        yield from map(explain_probe, policy.probes.values())


def _told(hook: Hook, model: str) -> bool:
    return any(fnmatchcase(model, pattern) for pattern in hook.models)


def _hook(hook: Hook) -> str:
    events = ", ".join(hook.on)
    if hook.run:
        return safe(f"{events}: runs {' '.join(hook.run)}", _SHOWN)
    # What follows the host is often as good as a password.
    scheme, _, rest = hook.url.partition("://")
    host = rest.split("/")[0].split("?")[0].rpartition("@")[2]
    signed = "signed" if hook.secret else "not signed"
    return safe(f"{events}: posts to {scheme}://{host}, {signed}", _SHOWN)


def _demand(gate: Gate) -> str:
    match gate.kind:
        case "when":
            return gate.when
        case "run":
            limit, stands = duration_text(gate.timeout), duration_text(gate.stands)
            command = " ".join(gate.run)
            return f"the command {command} ends with 0 within {limit}; that stands for {stands}"
        case "plugin":
            told = ", ".join(f"{key} = {value_text(v)}" for key, v in gate.settings.items())
            passes = f"the installed gate {gate.use} passes{f' with {told}' if told else ''}"
            return f"{passes}; that stands for {duration_text(gate.stands)}"
    return _builtin(gate)


def _builtin(gate: Gate) -> str:
    told = gate.settings
    found = ""
    match gate.use:
        case "scan":
            found = "nothing unsafe was found, and no code that nobody has vouched for"
        case "complete":
            found = f"recorded are: {', '.join(told['needs'])}"
        case "signature":
            like = "the same as" if told["allow"] == "same" else "compatible with"
            found = f"inputs and outputs are {like} those of the present holder"
        case "fresh":
            when = " and ".join(_FRESH.get(each, each) for each in told["of"])
            found = f"{when} at most {duration_text(told['within'])} ago"
        case "licence":
            found = _licence(gate)
        case "verified":
            found = f"its bytes were read and hashed at most {duration_text(told['within'])} ago"
    return found


def _licence(gate: Gate) -> str:
    told = gate.settings
    whose = (
        "its licence, and those of what it was made from, are"
        if told["inherit"]
        else ("its licence is")
    )
    allowed = f"among {', '.join(told['allowed'])}" if told["allowed"] else "known"
    unknown = (
        "none or an unknown one is let pass"
        if told["unknown"] == "pass"
        else ("none or an unknown one fails")
    )
    return f"{whose} {allowed}; {unknown}"
