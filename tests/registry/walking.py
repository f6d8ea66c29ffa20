"""Every public method of every part of a registry, and arguments that it can be called with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from modelshelf.registry import Registry
from modelshelf.registry.upkeep import CollectPlan

RANKS = ("viewer", "contributor", "reviewer", "admin")
Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Method:
    """A public method of a part: ``part`` is its attribute of the registry, ``role`` what it takes.

    ``of`` are the parameters that say which model it is about, ``kind`` what they hold.
    """

    part: str
    name: str
    role: str | None
    of: tuple[str, ...]
    kind: str

    def __str__(self) -> str:
        """Return ``part.name``."""
        return f"{self.part}.{self.name}"

    def call(self, registry: Registry, arguments: Arguments) -> object:
        """Call it by the names of its parameters; what it opens is closed again."""
        made = getattr(getattr(registry, self.part), self.name)(**arguments)
        if isinstance(made, AbstractContextManager) and not isinstance(made, Path):
            with made:
                return made
        return made


def parts_of(registry: Registry) -> dict[str, object]:
    """Return the parts of a registry by the name of their attribute, found by looking."""
    lazy = {n for n, v in vars(type(registry)).items() if isinstance(v, cached_property)}
    here = {n for n, v in vars(registry).items() if hasattr(v, "_context")}
    return {name: getattr(registry, name) for name in sorted(lazy | here)}


def methods_of(registry: Registry) -> list[Method]:
    """Return every public method of every part, what changes most at the end."""
    ranks = {role: n for n, role in enumerate(RANKS)}
    return sorted(_methods(registry), key=lambda method: ranks.get(method.role or "", 0))


def _methods(registry: Registry) -> Iterator[Method]:
    for part, found in parts_of(registry).items():
        for name, method in inspect.getmembers(type(found), callable):
            if not name.startswith("_"):
                yield Method(
                    part,
                    name,
                    getattr(method, "right", None),
                    getattr(method, "of", ()),
                    getattr(method, "kind", ""),
                )


# What a parameter of this name is given, whichever method has it. A method that needs a parameter
# with another name fails the walk until it is added here, or to `OWN`.
BY_NAME: Mapping[str, Callable[[Path], Any]] = {
    "reference": lambda _f: "risk/churn:1",
    "references": lambda _f: ["risk/churn:1", "risk/churn:2"],
    "model": lambda _f: "risk/churn",
    "name": lambda _f: "risk/churn",
    "new_name": lambda _f: "risk/leavers",
    "stage": lambda _f: "staging",
    "alias": lambda _f: "champion",
    "reason": lambda _f: "because",
    "comment": lambda _f: "fine",
    "path": lambda folder: folder / "file.bin",
    "destination": lambda folder: folder / "copy",
    "file": lambda folder: folder / "written",
    "target": lambda folder: folder / "written",
    "ids": lambda _f: [1, 2],
    "drafts": lambda _f: [],
    "text": lambda _f: "churn",
    "seq": lambda _f: 3,
    "entry": lambda _f: 3,
    "number": lambda _f: 1,
    "line": lambda _f: 1,
    "which": lambda _f: "quarantine:1",
    "wake": lambda _f: print,
    "moment": lambda _f: 5,
    "hook": lambda _f: "told",
    "gate": lambda _f: "smoke",
    "weight": lambda _f: 50,
    "models": lambda _f: "risk/*",
    "thing": lambda _f: "risk/churn:1",
    "first": lambda _f: "risk/churn:1",
    "second": lambda _f: "risk/churn:2",
    "subject": lambda _f: "risk/churn:1",
    "kind": lambda _f: "derived_from",
    "data": lambda _f: b"a patch",
    "digest": lambda _f: "ab" * 32,
    "probe": lambda _f: "holdout",
}
OWN: Mapping[str, Callable[[Registry, Path], Arguments]] = {
    "upkeep.gc": lambda _r, _f: {"plan": CollectPlan((), (3,), 0, 1, (), 0)},
    "models.words": lambda _r, _f: {"field": "format"},
    "models.describe": lambda _r, _f: {"name": "risk/churn", "owner": "ravi"},
    "models.tag": lambda _r, _f: {"name": "risk/churn", "set": {"a": "b"}},
    "versions.tag": lambda _r, _f: {"reference": "risk/churn:1", "set": {"a": "b"}},
    "versions.amend": lambda _r, _f: {"reference": "risk/churn:1", "tags": {"c": "d"}},
    "consumers.note": lambda _r, _f: {"name": "api", "reference": "risk/churn:1"},
    "lineage.link": lambda _r, _f: {
        "subject": "risk/churn:1",
        "kind": "derived_from",
        "target": "hf:lab/base",
    },
    "lineage.unlink": lambda _r, _f: {
        "subject": "risk/churn:1",
        "kind": "derived_from",
        "target": "hf:lab/base",
        "reason": "because",
    },
    "lineage.reject": lambda _r, _f: {
        "subject": "risk/churn:1",
        "kind": "derived_from",
        "target": "hf:lab/base",
    },
    "consumers.forget": lambda _r, _f: {"name": "api"},
}


def arguments_for(method: Method, registry: Registry, folder: Path) -> dict[str, Any]:
    """Return arguments that fit the signature of ``method``: what it requires, and what it is of.

    Raises:
        LookupError: A parameter is known neither by its name nor for this method.
    """
    if str(method) in OWN:
        return dict(OWN[str(method)](registry, folder))
    found: dict[str, Any] = {}
    bound = getattr(getattr(registry, method.part), method.name)
    for name, parameter in inspect.signature(bound).parameters.items():
        required = parameter.default is parameter.empty
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if required or name in method.of:
            if name not in BY_NAME:
                raise LookupError(f"what is {name!r} of {method}? Tell tests/registry/walking.py")
            found[name] = BY_NAME[name](folder)
    return found
