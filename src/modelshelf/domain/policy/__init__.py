"""The policy: the ladder of stages, the drop folders and the roles, read from ``modelshelf.toml``.

Values, and what is asked of them. Reading the text is `policy.reading`'s, the file `settings`'.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from modelshelf.domain.drop_rule import DropFolder
from modelshelf.domain.errors import NotFound
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.policy.probes import Probe
    from modelshelf.domain.policy.reading import parse_policy
    from modelshelf.domain.policy.values import Gate, Grant, Hook, Override

__all__ = [
    "BUILTIN_GATES",
    "DAY",
    "DEFAULT_POLICY",
    "ROLES",
    "Checkpoints",
    "Gate",
    "GateKind",
    "Grant",
    "Holders",
    "Hook",
    "OnReplaced",
    "Override",
    "Policy",
    "Ramp",
    "Stage",
    "parse_policy",
]

Holders = Literal["one", "many"]
Ramp = Literal["free", "approved"]
OnReplaced = Literal["archive", "keep"]
GateKind = Literal["builtin", "when", "run", "plugin"]
BUILTIN_GATES = ("scan", "complete", "signature", "fresh", "licence", "verified")
ROLES = ("viewer", "contributor", "reviewer", "admin")
"""Each may do all that those before it may."""
DAY = 86_400.0

_VALUES = "modelshelf.domain.policy.values"
_HOMES = {
    **dict.fromkeys(("Gate", "Grant", "Hook", "Override"), _VALUES),
    "parse_policy": "modelshelf.domain.policy.reading",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any of the names above
    """Load what most registries have no use for when it is first asked for."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


@dataclass(frozen=True, slots=True)
class Stage:
    """A rung of the ladder.

    Attributes:
        name: The word used in references and commands.
        holders: Whether several versions may hold it at once.
        gates: Names of the gates a version must pass.
        approvals: How many approvals it takes.
        approvers: Whose count: names, and ``role:reviewer`` for everybody who has a role; empty:
            anybody's.
        four_eyes: Whether nobody's approval of a request of their own counts.
        cooling_off: Seconds before one's approval of a request of one's own counts.
        expires: Seconds after which a request lapses.
        ramp: Whether a change of weights among those that hold it takes approvals again.
        bypass: Who may set gates and approvals aside, as in ``approvers``; empty: nobody.
        on_replaced: What becomes of the version that held it before.
        was: The name it had before in this registry; its history is carried over.
        assignable: False for the label-only rungs at both ends, ``draft`` and ``archived``.
    """

    name: str
    holders: Holders = "one"
    gates: tuple[str, ...] = ()
    approvals: int = 0
    approvers: tuple[str, ...] = ()
    four_eyes: bool = False
    cooling_off: float = 0.0
    expires: float = 14 * DAY
    ramp: Ramp = "free"
    bypass: tuple[str, ...] = ()
    on_replaced: OnReplaced = "archive"
    was: str = ""
    assignable: bool = True


class Checkpoints(NamedTuple):
    """What is done with the heads of the log.

    Attributes:
        key: A file with an Ed25519 private key that signs them; empty: they are not signed.
        run: A command that is handed each of them on stdin; empty: none.
        timeout: Seconds it may take.
    """

    key: str = ""
    run: tuple[str, ...] = ()
    timeout: float = 30.0


_NO_CHECKPOINTS = Checkpoints()


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one registry, lowest stage first.

    Attributes:
        stages: The ladder.
        drop_folders: The drop folders.
        grants: Who has which role.
        gates: The gates that the policy defines, by name; the built-in ones need no definition.
        hooks: Who is told of events.
        overrides: What differs for some models; where two say the same, the later one wins.
        named_actors: Who may act under another name than the system's user: everybody, nobody, or
            these names.
        checkpoints: What is done with the heads of the log.
        probes: The sets of examples that versions can be asked, by name.
    """

    stages: tuple[Stage, ...]
    drop_folders: tuple[DropFolder, ...] = (DropFolder(),)
    grants: tuple[Grant, ...] = ()
    gates: Mapping[str, Gate] = field(default_factory=dict)
    hooks: tuple[Hook, ...] = ()
    overrides: tuple[Override, ...] = ()
    named_actors: bool | tuple[str, ...] = True
    checkpoints: Checkpoints = _NO_CHECKPOINTS
    probes: Mapping[str, Probe] = field(default_factory=dict)

    def of(self, model: str) -> Policy:
        """Return the policy as it is for the model of that name."""
        changed: dict[str, dict[str, Any]] = {}
        for override in self.overrides:
            if override.fits(model):
                for stage, settings in override.stages.items():
                    changed.setdefault(stage, {}).update(settings)
        if not changed:
            return self
        return replace(
            self, stages=tuple(replace(s, **changed.get(s.name, {})) for s in self.stages)
        )

    def gate(self, name: str) -> Gate:
        """Return the gate that stages call ``name``: the policy's, else the built-in one."""
        found = self.gates.get(name)
        if found is not None:
            return found
        from modelshelf.domain.policy.values import builtin_gate

        return builtin_gate(name)

    @property
    def decides_always(self) -> bool:
        """Whether it has a say in every change, and not in promotions only."""
        renames = any(stage.was for stage in self.stages)
        return bool(self.grants or self.hooks or renames or self.named_actors is not True)

    def stage(self, name: str) -> Stage:
        """Return the assignable stage called ``name``.

        Raises:
            NotFound: There is none; the hint names the nearest.
        """
        for stage in self.stages:
            if stage.name == name and stage.assignable:
                return stage
        from modelshelf.domain.policy.problem import nearest

        known = self.assignable
        raise NotFound(
            f"there is no stage {safe(name, 40)!r}",
            why=f"the ladder has {', '.join(known)}",
            hint=nearest(name, known),
            subject=name,
        )

    @property
    def assignable(self) -> tuple[str, ...]:
        """Names of the stages that can be held, lowest first."""
        return tuple(s.name for s in self.stages if s.assignable)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all rungs, lowest first; reserved among aliases."""
        return tuple(s.name for s in self.stages)

    @property
    def former(self) -> tuple[str, ...]:
        """Former names of rungs."""
        return tuple(s.was for s in self.stages if s.was)


_DRAFT = Stage("draft", assignable=False)
_ARCHIVED = Stage("archived", assignable=False)
DEFAULT_POLICY = Policy(
    stages=(_DRAFT, Stage("staging"), Stage("production", holders="many"), _ARCHIVED)
)
