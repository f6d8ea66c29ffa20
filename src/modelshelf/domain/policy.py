"""The policy: the ladder of stages, the drop folders and the roles, read from ``modelshelf.toml``.

Pure: a parsed TOML table in, a :class:`Policy` or a sentence out. Reading the file is `settings`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from modelshelf.domain.drop_rule import DropFolder, check_rule
from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.text import accept, safe

Holders = Literal["one", "many"]
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
        on_replaced: What becomes of the version that held it before.
        assignable: False for the label-only rungs at both ends, ``draft`` and ``archived``.
    """

    name: str
    holders: Holders = "one"
    gates: tuple[str, ...] = ()
    approvals: int = 0
    on_replaced: OnReplaced = "archive"
    assignable: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one registry, lowest stage first."""

    stages: tuple[Stage, ...]
    drop_folders: tuple[DropFolder, ...] = (DropFolder(),)
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hooks: tuple[Mapping[str, Any], ...] = ()

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
    roles = {
        role: tuple(_strings(people, f"{source}: roles.{role}"))
        for role, people in _table(table, "roles", source).items()
    }
    return Policy(
        stages=(_DRAFT, *stages.values(), _ARCHIVED),
        drop_folders=folders or DEFAULT_POLICY.drop_folders,
        roles=roles,
        gates=_table(table, "gates", source),
        hooks=tuple(_list(table, "hooks", source)),
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
