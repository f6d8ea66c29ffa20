"""What the app knows of a registry at any time: who acts, by which rules, at what moment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.policy import DEFAULT_POLICY, Policy
from modelshelf.domain.roles import roles_in_words
from modelshelf.settings import find_registry
from modelshelf.tui.reviewing import waiting
from modelshelf.tui.show import moment
from modelshelf.tui.store import held

if TYPE_CHECKING:
    from datetime import datetime

    from modelshelf.registry import Registry

CATALOG = "catalog.db"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the app wants to know about a registry at any time.

    Attributes:
        path: The folder.
        actor: Who is acting.
        stages: All rungs of the ladder, lowest first.
        folders: The drop folders, relative to the folder or absolute.
        past: Whether this is the registry as it was, which nobody can change.
        moment: The moment of the past, as people read it; empty at present.
        policy: The rules, among them who may do what.
        writable: Whether the folder and the catalog can be written.
        held: How much is in quarantine.
        waiting: How many open requests this person's approval would count for.
        usual: Whether commands find this registry when nobody says which.
    """

    path: str
    actor: str
    stages: tuple[str, ...]
    folders: tuple[str, ...] = ()
    past: bool = False
    moment: str = ""
    policy: Policy = DEFAULT_POLICY
    writable: bool = True
    held: int = 0
    waiting: int = 0
    usual: bool = False

    @property
    def first_folder(self) -> str:
        """The drop folder that is named where one is enough."""
        return str(PurePath(self.path) / (self.folders[0] if self.folders else "inbox"))

    @property
    def needed_path(self) -> str:
        """The folder as a command must be told it; empty where it need not be."""
        return "" if self.usual else self.path

    @property
    def role(self) -> str:
        """What the person is, in words; empty where the policy grants nobody anything."""
        return roles_in_words(self.policy, self.actor) if self.policy.grants else ""


def facts(registry: Registry) -> Facts:
    """Return what is known of a registry, or of its past."""
    past, policy, path = registry.moment, registry.policy, registry.path
    return Facts(
        str(path),
        registry.actor,
        policy.names,
        tuple(rule.path for rule in policy.drop_folders),
        past=past is not None,
        moment="" if past is None else _moment_of(registry, past),
        policy=policy,
        writable=os.access(path, os.W_OK) and os.access(path / CATALOG, os.W_OK),
        held=held(registry),
        waiting=waiting(registry),
        usual=_is_usual(path),
    )


def _is_usual(path: Path) -> bool:
    try:
        return find_registry() == path
    except ModelshelfError:
        return False


def _moment_of(registry: Registry, past: datetime | int) -> str:
    if isinstance(past, int):
        return f"entry {past}, {moment(registry.audit.get(past).at)} UTC"
    return f"{moment(past)} UTC"
