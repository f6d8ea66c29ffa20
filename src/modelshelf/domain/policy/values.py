"""Values of the policy that most registries have none of: gates, grants, hooks, overrides.

They stand apart because a frozen dataclass costs every start half a millisecond;
``modelshelf.domain.policy`` hands them on under its own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from modelshelf.domain.plain import canonical, plain
from modelshelf.domain.policy import DAY, GateKind

COMPLETE = (
    "card", "owner", "dataset", "code", "description", "signature", "licence", "environment",
    "run", "metrics", "params", "tags",
)  # fmt: skip
"""What the gate ``complete`` can ask for, beside one metric, param or tag by its name."""
COMPLETE_BY_NAME = ("metrics", "params", "tags")
FRESH = ("registered", "evaluated", "data")
DEFAULT_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "scan": {},
    "complete": {"needs": ["card", "owner", "dataset", "code", "metrics"]},
    "signature": {"allow": "compatible"},
    "fresh": {"within": 30 * DAY, "of": ["registered"]},
    "licence": {"allowed": [], "unknown": "fail", "inherit": True},
    "verified": {"within": 7 * DAY},
}
"""What each built-in gate is told where the policy does not say; durations in seconds.

Where no licence is allowed by name, every known one is.
"""


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition that a version must meet.

    Attributes:
        name: What stages call it.
        kind: ``builtin`` (``use`` names it), ``when`` (an expression), ``run`` (a command) or
            ``plugin`` (``use`` names the entry point).
        use: Which built-in gate or entry point.
        when: A CEL expression.
        run: A command and its arguments; ``{path}`` stands for the artifact.
        timeout: Seconds a command may take.
        stands: Seconds for which a measurement (a command, an entry point) stands.
        env: Names of environment variables that a command is given.
        message: What is said when it fails.
        settings: What a built-in gate or an entry point is told, such as ``needs`` or ``allowed``.
    """

    name: str
    kind: GateKind = "builtin"
    use: str = ""
    when: str = ""
    run: tuple[str, ...] = ()
    timeout: float = 60.0
    stands: float = DAY
    env: tuple[str, ...] = ()
    message: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def measured(self) -> bool:
        """Whether it must be run before it can be judged: it costs time, or is another's code."""
        return self.kind in ("run", "plugin") or self.use == "verified"

    @property
    def definition(self) -> str:
        """The digest of everything that decides its answer."""
        from hashlib import sha256

        told = [self.kind, self.use, self.when, self.run, self.timeout, self.env, self.settings]
        return sha256(canonical(plain(told)).encode()).hexdigest()

    def definition_for(self, stage: str) -> str:
        """The same, with the stage where the answer is about it, as a package's or ``{stage}``.

        Else what was measured for an easy stage, or against its holder, would stand for any other.
        """
        if self.kind != "plugin" and not any("{stage}" in word for word in self.run):
            return self.definition
        from hashlib import sha256

        return sha256(f"{self.definition} {stage}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that somebody has.

    Attributes:
        role: viewer, contributor, reviewer, admin, or a word of the policy's own.
        person: The actor's name; ``*`` for everybody.
        models: A pattern of model names, such as ``risk/*``.
    """

    role: str
    person: str
    models: str = "*"


@dataclass(frozen=True, slots=True)
class Hook:
    """Something outside that is told of events.

    Attributes:
        key: Names it in the log of deliveries: its ``name``, or a digest of the rest.
        on: Patterns of event names.
        models: Patterns of model names; events of no model are told where it is ``*``.
        run: A command and its arguments; it gets the event on stdin.
        url: Or an address that the event is posted to.
        secret: Where the secret that signs it is: ``env:NAME`` or ``file:PATH``.
        timeout: Seconds one attempt may take.
        attempts: How often it is tried before it is given up.
        allow_loopback: Whether ``http`` to this machine is allowed.
        env: Names of environment variables that a command is given.
    """

    key: str
    on: tuple[str, ...] = ("*",)
    models: tuple[str, ...] = ("*",)
    run: tuple[str, ...] = ()
    url: str = ""
    secret: str = ""
    timeout: float = 10.0
    attempts: int = 12
    allow_loopback: bool = False
    env: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """Rules of stages that differ for some models.

    Attributes:
        match: Patterns of model names.
        stages: The settings that differ, by the attribute of :class:`Stage`, by stage.
    """

    match: tuple[str, ...]
    stages: Mapping[str, Mapping[str, Any]]

    def fits(self, model: str) -> bool:
        """Whether it is meant for the model of that name."""
        return any(fnmatchcase(model, pattern) for pattern in self.match)


def builtin_gate(name: str, use: str = "", settings: Mapping[str, Any] | None = None) -> Gate:
    """Return a built-in gate; what it is not told has its default.

    Args:
        name: What stages call it.
        use: Which one; by default the one called ``name``.
        settings: What it is told.
    """
    told = {**DEFAULT_SETTINGS.get(use or name, {}), **(settings or {})}
    return Gate(name, use=use or name, settings=told)
