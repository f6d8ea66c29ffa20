"""The policy: the ladder of stages, the drop folders and the roles, read from ``modelshelf.toml``.

Pure: a parsed TOML table in, a :class:`Policy` or a sentence out. Reading the file is `settings`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Literal, TypeVar

from modelshelf.domain.drop_rule import DropFolder, check_rule
from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.plain import canonical, plain
from modelshelf.domain.text import accept, safe

Holders = Literal["one", "many"]
Ramp = Literal["free", "approved"]
GateKind = Literal["builtin", "when", "run", "plugin"]
BUILTIN_GATES = ("scan", "complete", "signature", "fresh", "licence", "verified")
ROLES = ("viewer", "contributor", "reviewer", "admin")
"""Each may do all that those before it may."""
DAY = 86_400.0
OnReplaced = Literal["archive", "keep"]

_C = TypeVar("_C", bound=str)
_SECTIONS = ("stages", "gates", "roles", "drop_folders", "hooks", "models")


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
class Checkpoints:
    """What is done with the heads of the log.

    Attributes:
        key: A file with an Ed25519 private key that signs them; empty: they are not signed.
        run: A command that is handed each of them on stdin; empty: none.
        timeout: Seconds it may take.
    """

    key: str = ""
    run: tuple[str, ...] = ()
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Override:
    """Rules of stages that differ for some models; ``stages`` as they are for those, by name."""

    match: tuple[str, ...]
    stages: Mapping[str, Stage]


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one registry, lowest stage first.

    Attributes:
        stages: The ladder.
        drop_folders: The drop folders.
        grants: Who has which role.
        gates: The gates that the policy defines, by name; the built-in ones need no definition.
        hooks: Who is told of events.
        overrides: What differs for some models; a later one wins.
        named_actors: Who may act under another name than the system's user: everybody, nobody, or
            these names.
        checkpoints: What is done with the heads of the log.
    """

    stages: tuple[Stage, ...]
    drop_folders: tuple[DropFolder, ...] = (DropFolder(),)
    grants: tuple[Grant, ...] = ()
    gates: Mapping[str, Gate] = field(default_factory=dict)
    hooks: tuple[Hook, ...] = ()
    overrides: tuple[Override, ...] = ()
    named_actors: bool | tuple[str, ...] = True
    checkpoints: Checkpoints = Checkpoints()

    def of(self, model: str) -> Policy:
        """Return the policy as it is for the model of that name."""
        changed: dict[str, Stage] = {}
        for override in self.overrides:
            if any(fnmatchcase(model, pattern) for pattern in override.match):
                changed.update(override.stages)
        if not changed:
            return self
        return replace(self, stages=tuple(changed.get(s.name, s) for s in self.stages))

    def gate(self, name: str) -> Gate:
        """Return the gate that stages call ``name``: the policy's, else the built-in one."""
        return self.gates.get(name) or Gate(name, use=name)

    @property
    def decides_always(self) -> bool:
        """Whether it has a say in every change, and not in promotions only."""
        return bool(self.grants or self.hooks or self.named_actors is not True)

    def stage(self, name: str) -> Stage:
        """Return the assignable stage called ``name``.

        Raises:
            NotFound: There is none; the hint names the nearest.
        """
        for stage in self.stages:
            if stage.name == name and stage.assignable:
                return stage
        known = self.assignable
        near = _nearest(name, known)
        raise NotFound(
            f"there is no stage {safe(name, 40)!r}",
            why=f"the ladder has {', '.join(known)}",
            hint=f"Did you mean {near[0]}?" if near else "",
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


_DRAFT = Stage("draft", assignable=False)
_ARCHIVED = Stage("archived", assignable=False)
DEFAULT_POLICY = Policy(
    stages=(_DRAFT, Stage("staging"), Stage("production", holders="many"), _ARCHIVED)
)


def parse_policy(table: Mapping[str, Any], source: str = "modelshelf.toml") -> Policy:
    """Return the policy that a parsed TOML ``table`` describes.

    What a rung of the default ladder is not told keeps its default; a new name is added
    above the rungs before it, in the order of the file.

    Args:
        table: What ``tomllib`` returned.
        source: The file's name, for sentences.

    Raises:
        Invalid: An unknown key or a value of the wrong kind, with a suggestion.
    """
    _known(table, _SECTIONS, source)
    stages = {s.name: s for s in DEFAULT_POLICY.stages if s.assignable}
    for name, rule in _table(table, "stages", source).items():
        stages[name] = _stage(stages.get(name, Stage(name)), rule, f"{source}: stages.{name}")
    folders = tuple(
        _folder(f, f"{source}: drop_folders[{n}]")
        for n, f in enumerate(_list(table, "drop_folders", source))
    )
    grants = tuple(
        Grant(role, person)
        for role, people in _table(table, "roles", source).items()
        for person in _strings(people, f"{source}: roles.{role}")
    )
    return Policy(
        stages=(_DRAFT, *stages.values(), _ARCHIVED),
        drop_folders=folders or DEFAULT_POLICY.drop_folders,
        grants=grants,
    )


_STAGE_NAME = re.compile(r"(?!v?[0-9]+$)[A-Za-z][A-Za-z0-9_-]*")
_STAGE_KEYS = ("holders", "gates", "approvals", "approvers", "four_eyes", "on_replaced")


def _stage(present: Stage, rule: object, where: str) -> Stage:
    name = present.name
    accept("stage name", name, most=64, empty=False)
    # A stage is written in references, so it must read as a label there and mean nothing else.
    if not _STAGE_NAME.fullmatch(name) or name in ("draft", "archived", "latest"):
        raise Invalid(
            f"{where}: {safe(name, 40)!r} cannot be a stage",
            hint="Use a letter, then letters, digits, - and _; not a version number.",
        )
    if not isinstance(rule, Mapping):
        raise Invalid(f"{where} is not a table", observed=safe(rule, 60))
    _known(rule, _STAGE_KEYS, where)
    approvals = rule.get("approvals", present.approvals)
    if isinstance(approvals, bool) or not isinstance(approvals, int) or approvals < 0:
        raise Invalid(f"{where}.approvals is not a number of people", observed=safe(approvals, 60))
    return Stage(
        name,
        holders=_one_of(rule.get("holders", present.holders), ("one", "many"), f"{where}.holders"),
        gates=tuple(_strings(rule.get("gates", list(present.gates)), f"{where}.gates")),
        approvals=approvals,
        on_replaced=_one_of(
            rule.get("on_replaced", present.on_replaced),
            ("archive", "keep"),
            f"{where}.on_replaced",
        ),
    )


_FOLDER_KEYS = (
    "path", "model", "pattern", "settle", "settle_folder", "keep", "pickles", "watch",
)  # fmt: skip


def _folder(rule: object, where: str) -> DropFolder:
    if not isinstance(rule, Mapping):
        raise Invalid(f"{where} is not a table", observed=safe(rule, 60))
    _known(rule, _FOLDER_KEYS, where)
    default = DropFolder()
    model = accept(f"{where}.model", rule.get("model", default.model), most=300, empty=False)
    pattern = accept(f"{where}.pattern", rule.get("pattern", ""), most=1_000)
    check_rule(where, model, pattern)
    return DropFolder(
        path=accept(f"{where}.path", rule.get("path", default.path), most=4_000, empty=False),
        model=model,
        settle=_seconds(rule.get("settle", default.settle), f"{where}.settle"),
        settle_folder=_seconds(
            rule.get("settle_folder", default.settle_folder), f"{where}.settle_folder"
        ),
        keep=_one_of(rule.get("keep", "move"), ("move", "copy", "adopt"), f"{where}.keep"),
        pattern=pattern,
        pickles=_one_of(
            rule.get("pickles", "accept"), ("accept", "quarantine"), f"{where}.pickles"
        ),
        watch=_one_of(rule.get("watch", "auto"), ("auto", "events", "poll"), f"{where}.watch"),
    )


def _known(table: Mapping[str, Any], keys: Sequence[str], where: str) -> None:
    for key in table:
        if key not in keys:
            near = _nearest(str(key), keys)
            raise Invalid(
                f"{where}: {safe(key, 60)!r} is not a setting",
                why=f"the settings here are {', '.join(keys)}",
                hint=f"Did you mean {near[0]}?" if near else "",
            )


def _table(table: Mapping[str, Any], key: str, source: str) -> Mapping[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, Mapping):
        raise Invalid(f"{source}: {key} is not a table", observed=safe(value, 60))
    return value


def _list(table: Mapping[str, Any], key: str, source: str) -> list[Any]:
    value = table.get(key, [])
    if not isinstance(value, list):
        raise Invalid(f"{source}: {key} is not a list of tables", observed=safe(value, 60))
    return value


def _strings(value: object, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise Invalid(f"{where} is not a list of names", observed=safe(value, 60))
    return value


def _seconds(value: object, where: str) -> float:
    day = 86_400
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= day:
        raise Invalid(
            f"{where} is not a number of seconds", observed=safe(value, 60), required="0 to 86,400"
        )
    return float(value)


def _one_of(value: object, choices: tuple[_C, ...], where: str) -> _C:
    for choice in choices:
        if value == choice:
            return choice
    raise Invalid(f"{where} is {safe(value, 60)!r}", required=" or ".join(choices))


def _nearest(word: str, known: Sequence[str]) -> list[str]:
    """Return the known word that ``word`` was probably meant to be, or nothing."""
    from difflib import get_close_matches

    return get_close_matches(word, known, n=1)
