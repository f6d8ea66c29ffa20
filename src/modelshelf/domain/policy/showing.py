"""The policy in force, setting by setting, with where each value comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from modelshelf.domain.policy.durations import duration_text
from modelshelf.domain.policy.folders import FOLDER_KEYS
from modelshelf.domain.policy.hooks import HOOK_KEYS
from modelshelf.domain.policy.stages import STAGE_KEYS

if TYPE_CHECKING:
    from modelshelf.domain.policy import Gate, Policy
    from modelshelf.domain.policy.problem import Place

Origin = Literal["default", "file", "override"]
_DURATIONS = frozenset(
    {"cooling_off", "expires", "timeout", "stands", "within", "settle", "settle_folder"}
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the policy in force.

    Attributes:
        place: Where it stands, as keys and places in lists.
        value: Its value as TOML has it; durations as text where they are whole seconds.
        origin: Whether it is the default, is set in the file, or is set for this model only.
        line: The line of the file that sets it, from 1; 0 for a default.
    """

    place: Place
    value: Any
    origin: Origin
    line: int = 0


def settings_of(policy: Policy, text: str, model: str = "") -> tuple[Setting, ...]:
    """Return all settings of a policy, in the order in which they would be written.

    Args:
        policy: The policy that was read from ``text``.
        text: The text of the policy file; empty when there is none.
        model: A model's name, to see the policy as it is for that model; empty: as it is without
            special rules, which are listed.
    """
    import tomllib

    table = tomllib.loads(text)
    overriding = _overriding(policy, table, model)
    found: list[tuple[Place, Any, Place, Origin]] = []
    for place, value in _all(policy, model):
        if place in overriding:
            found.append((place, value, overriding[place], "override"))
        else:
            there = _stands(table, place)
            found.append((place, value, place, "file" if there else "default"))
    return tuple(_with_lines(found, text))


def _with_lines(found: Sequence[tuple[Place, Any, Place, Origin]], text: str) -> Iterator[Setting]:
    from modelshelf.domain.policy.lines import find_lines

    lines = find_lines(text, [said for _, _, said, _ in found])
    for (place, value, _, origin), line in zip(found, lines, strict=True):
        yield Setting(place, value, origin, 0 if origin == "default" else line)


def _shown(key: str, value: Any) -> Any:  # noqa: ANN401 - any value of a setting
    if key in _DURATIONS and isinstance(value, float) and value == int(value):
        return duration_text(value)
    return list(value) if isinstance(value, tuple) else value


def _stands(table: Mapping[str, Any], place: Place) -> bool:
    here: Any = table
    for key in place:
        inside = isinstance(here, list) and isinstance(key, int) and key < len(here)
        if not inside and not (isinstance(here, Mapping) and key in here):
            return False
        here = here[key]
    return True


def _overriding(policy: Policy, table: Mapping[str, Any], model: str) -> dict[Place, Place]:
    """Return which settings of stages special rules set for a model, and where they say it."""
    found: dict[Place, Place] = {}
    for n, override in enumerate(policy.overrides if model else ()):
        if override.fits(model):
            for stage, settings in override.stages.items():
                for key in settings:
                    place = ("models", n, "stages", stage, key)
                    if _stands(table, place):
                        found["stages", stage, key] = place
    return found


def _all(policy: Policy, model: str) -> Iterator[tuple[Place, Any]]:
    mine = policy.of(model) if model else policy
    yield ("ladder",), list(mine.assignable)
    for stage in mine.stages:
        if stage.assignable:
            for key in STAGE_KEYS:
                if key != "was" or stage.was:
                    yield ("stages", stage.name, key), _shown(key, getattr(stage, key))
    named = dict.fromkeys(gate for stage in mine.stages for gate in stage.gates)
    for name in dict.fromkeys((*policy.gates, *named)):
        gate = policy.gate(name)
        for key, value in _gate(gate):
            yield ("gates", name, key), value if gate.kind == "plugin" else _shown(key, value)
    yield from _probes(policy)
    yield from _roles(policy)
    yield ("actors", "named"), _shown("named", policy.named_actors)
    if not model:
        yield from _overrides(policy)
    yield from _outside(policy)


def _gate(gate: Gate) -> Iterator[tuple[str, Any]]:
    if gate.kind == "builtin":
        if gate.use != gate.name:
            yield "use", gate.use
        yield from gate.settings.items()
    elif gate.kind == "when":
        yield "when", gate.when
    elif gate.kind == "run":
        yield from (("run", gate.run), ("timeout", gate.timeout), ("stands", gate.stands))
        yield "env", gate.env
    else:
        yield from (("plugin", gate.use), ("stands", _shown("stands", gate.stands)))
        yield from gate.settings.items()
    if gate.message:
        yield "message", gate.message


def _probes(policy: Policy) -> Iterator[tuple[Place, Any]]:
    if policy.probes:
        from modelshelf.domain.policy.probes import settings_of_probe

        for name, probe in policy.probes.items():
            for key, value in settings_of_probe(probe):
                yield ("probes", name, key), _shown(key, value)


def _roles(policy: Policy) -> Iterator[tuple[Place, Any]]:
    granted: dict[str, dict[str, list[str]]] = {}
    for grant in policy.grants:
        granted.setdefault(grant.role, {}).setdefault(grant.models, []).append(grant.person)
    for role, people in granted.items():
        said: list[Any] = []
        for models, who in people.items():
            said += who if models == "*" else [{"who": who, "models": [models]}]
        yield ("roles", role), said


def _overrides(policy: Policy) -> Iterator[tuple[Place, Any]]:
    for n, override in enumerate(policy.overrides):
        yield ("models", n, "match"), list(override.match)
        for stage, settings in override.stages.items():
            for key, value in settings.items():
                yield ("models", n, "stages", stage, key), _shown(key, value)


def _outside(policy: Policy) -> Iterator[tuple[Place, Any]]:
    for n, folder in enumerate(policy.drop_folders):
        for key in FOLDER_KEYS:
            if key != "pattern" or folder.pattern:
                yield ("drop_folders", n, key), _shown(key, getattr(folder, key))
    for n, hook in enumerate(policy.hooks):
        for key in HOOK_KEYS:
            value = hook.key if key == "name" else getattr(hook, key)
            if value not in ("", (), False):
                yield ("hooks", n, key), _shown(key, value)
    for key, value in policy.checkpoints._asdict().items():
        if value:
            yield ("checkpoints", key), _shown(key, value)
