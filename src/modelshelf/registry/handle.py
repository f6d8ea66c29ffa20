"""The handle: open or create a registry, reach its parts, go to its past."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from modelshelf.catalog.database import CATALOG, Database
from modelshelf.domain.errors import Conflict, Invalid, NotFound, Unavailable
from modelshelf.domain.text import safe
from modelshelf.registry.context import BLOBS, QUARANTINE, Context
from modelshelf.registry.models import Models
from modelshelf.registry.promotions import Promotions
from modelshelf.registry.versions import Versions
from modelshelf.settings import ACTOR_VARIABLE, find_actor, find_registry, policy_mark, read_policy

if TYPE_CHECKING:
    from modelshelf.domain.policy import Policy
    from modelshelf.registry.audit import AuditLog
    from modelshelf.registry.cards import Cards
    from modelshelf.registry.comparisons import Comparisons
    from modelshelf.registry.consumers import Consumers
    from modelshelf.registry.gates import Gates
    from modelshelf.registry.hooks import Hooks
    from modelshelf.registry.inbox import Inbox
    from modelshelf.registry.intake import Intake
    from modelshelf.registry.lineage import Lineage
    from modelshelf.registry.overview import Overviews
    from modelshelf.registry.reproductions import Reproductions
    from modelshelf.registry.requests import Requests
    from modelshelf.registry.returns import Returns
    from modelshelf.registry.scans import Scans
    from modelshelf.registry.traffic import Traffic
    from modelshelf.registry.undo import Undo
    from modelshelf.registry.upkeep import Upkeep

Clock = Callable[[], datetime]
_REGISTRY_ID = re.compile(r"[0-9a-f]{32}")


class Registry:
    """An open registry, at present or as it was.

    Use it as a context manager, or call :meth:`close`. It may be used from several threads, and the
    same folder from several processes.

    Attributes:
        models: Registered models.
        versions: Model versions.
        promotions: Stages and who holds them.
    """

    def __init__(self, context: Context, moment: datetime | int | None = None) -> None:
        """Open the parts over ``context``; callers use :func:`open_registry`."""
        self._context = context
        self.moment = moment
        self.models = Models(context)
        self.versions = Versions(context)
        self.promotions = Promotions(context)

    @cached_property
    def lineage(self) -> Lineage:
        """Where versions came from and what came of them."""
        from modelshelf.registry.lineage import Lineage

        return Lineage(self._context)

    @cached_property
    def comparisons(self) -> Comparisons:
        """Versions side by side, their tensors, how they behave."""
        from modelshelf.registry.comparisons import Comparisons

        return Comparisons(self._context)

    @cached_property
    def reproductions(self) -> Reproductions:
        """Making versions again."""
        from modelshelf.registry.reproductions import Reproductions

        return Reproductions(self._context)

    @cached_property
    def cards(self) -> Cards:
        """Model cards."""
        from modelshelf.registry.cards import Cards

        return Cards(self._context)

    @cached_property
    def audit(self) -> AuditLog:
        """The audit log."""
        from modelshelf.registry.audit import AuditLog

        return AuditLog(self._context)

    @cached_property
    def intake(self) -> Intake:
        """The drop folders."""
        from modelshelf.registry.intake import Intake

        return Intake(self._context)

    @cached_property
    def inbox(self) -> Inbox:
        """What became of what was dropped, and the quarantine."""
        from modelshelf.registry.inbox import Inbox

        return Inbox(self._context)

    @cached_property
    def upkeep(self) -> Upkeep:
        """Doctor, gc, backup and rebuild."""
        from modelshelf.registry.upkeep import Upkeep

        return Upkeep(self._context)

    @cached_property
    def scans(self) -> Scans:
        """Scans of what is stored, and vouching for code."""
        from modelshelf.registry.scans import Scans

        return Scans(self._context)

    @cached_property
    def requests(self) -> Requests:
        """Requests to hold a stage, and the answers to them."""
        from modelshelf.registry.requests import Requests

        return Requests(self._context)

    @cached_property
    def gates(self) -> Gates:
        """The gates: what a version must meet to hold a stage."""
        from modelshelf.registry.gates import Gates

        return Gates(self._context)

    @cached_property
    def hooks(self) -> Hooks:
        """Who outside is told of what happens, and what came of it."""
        from modelshelf.registry.hooks import Hooks

        return Hooks(self._context)

    @cached_property
    def consumers(self) -> Consumers:
        """Who uses which version."""
        from modelshelf.registry.consumers import Consumers

        return Consumers(self._context)

    @cached_property
    def undo(self) -> Undo:
        """Taking changes back, by new entries."""
        from modelshelf.registry.undo import Undo

        return Undo(self._context)

    @cached_property
    def returns(self) -> Returns:
        """Going back to a moment, many models at once."""
        from modelshelf.registry.returns import Returns

        return Returns(self._context)

    @cached_property
    def traffic(self) -> Traffic:
        """A/B tests: shares of the versions that hold a stage together."""
        from modelshelf.registry.traffic import Traffic

        return Traffic(self._context)

    @cached_property
    def overview(self) -> Overviews:
        """The whole registry at a glance."""
        from modelshelf.registry.overview import Overviews

        return Overviews(self._context)

    @property
    def path(self) -> Path:
        """The registry's folder."""
        return self._context.root

    @property
    def policy(self) -> Policy:
        """The rules in force."""
        return self._context.policy

    @property
    def actor(self) -> str:
        """Who acts."""
        return self._context.actor

    def now(self) -> datetime:
        """Return the present moment, UTC, by the registry's clock."""
        return self._context.clock()

    def at(self, moment: datetime | int) -> Registry:
        """Return this registry as it was, for reading.

        Args:
            moment: A point in time, or the number of the last audit entry that counts.

        Raises:
            NotFound: The registry did not exist then, or has no such entry.
        """
        from modelshelf.registry.moments import entry_at

        seq = entry_at(self._context.database.reader(), moment)
        return Registry(self._context.at(seq), seq)

    def change_counter(self) -> int:
        """Return a number that differs once another connection has committed a change.

        Compare only numbers got in the same thread.
        """
        return self._context.database.change_counter()

    def close(self) -> None:
        """Close every connection; the past closes its own and leaves the present open."""
        self._context.close()
        if self._context.seq is None:
            self._context.database.close()

    def __enter__(self) -> Self:
        """Return the registry."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()


def _now() -> datetime:
    return datetime.now(UTC)


def open_registry(
    path: str | os.PathLike[str] | None = None,
    *,
    actor: str | None = None,
    clock: Clock | None = None,
    create: bool = False,
) -> Registry:
    """Open the registry in a folder.

    Args:
        path: The folder. ``None``: ``MODELSHELF_REGISTRY``, else the nearest parent folder with a
            ``modelshelf.toml``, else the user's default registry.
        actor: Who acts, for the audit log. ``None``: ``MODELSHELF_ACTOR``, else the user's name.
        clock: Returns the present moment, aware; for tests and replays.
        create: Make the registry when there is none.

    Raises:
        NotFound: There is no registry there.
        Invalid: The folder's catalog belongs to another program, or its policy has a mistake.
        Refused: The policy does not let them act under the name of ``actor``. A name from the
            environment or the settings is refused when something is written.
        Corrupt: The catalog is damaged.
        Unavailable: The folder is on a network file system, or a newer Modelshelf wrote it.
    """
    root = find_registry(path)
    _check_place(root)
    context = _context(root, actor, clock or _now)
    try:
        context.database.reader()
    except NotFound:
        if not create:
            raise
        with suppress(Conflict):  # somebody else has made it in the meantime
            return create_registry(root, actor=actor, clock=clock)
        return open_registry(root, actor=actor, clock=clock)
    return Registry(context)


def create_registry(
    path: str | os.PathLike[str] | None = None,
    *,
    actor: str | None = None,
    clock: Clock | None = None,
    registry_id: str | None = None,
) -> Registry:
    """Make a registry in a folder and open it.

    Args:
        path: The folder, found as :func:`open_registry` finds it.
        actor: Who acts.
        clock: Returns the present moment, aware.
        registry_id: The id that seeds the log, 32 hexadecimal digits; by default a random one.

    Raises:
        Conflict: There is one already.
        Invalid: The folder's policy has a mistake, or the id is none.
        Unavailable: The folder cannot be made, or is on a network file system.
    """
    import uuid

    from modelshelf.catalog.identity import SCHEMA_VERSION
    from modelshelf.catalog.making import create_catalog
    from modelshelf.domain.events import RegistryCreated
    from modelshelf.registry.template import write_template

    ident = uuid.uuid4().hex if registry_id is None else registry_id
    if not _REGISTRY_ID.fullmatch(ident):  # it stands between spaces in the checkpoints
        raise Invalid(f"{safe(ident, 60)!r} is not a registry id", required="32 hexadecimal digits")
    root = find_registry(path)
    try:
        root.mkdir(parents=True, exist_ok=True)
        for folder in ("inbox", QUARANTINE):
            (root / folder).mkdir(exist_ok=True)
    except (OSError, ValueError) as exc:  # ValueError: a NUL in the path
        raise Unavailable(
            f"the folder {safe(root)} cannot be made",
            why=getattr(exc, "strerror", None) or str(exc),
            subject=str(root),
        ) from exc
    _check_place(root)
    context = _context(root, actor, clock or _now)
    context.blobs.prepare()
    first = RegistryCreated(ident, SCHEMA_VERSION)
    create_catalog(context.database, first, "registry", lambda: write_template(root))
    context.database.close()
    return open_registry(root, actor=actor, clock=clock)


def _context(root: Path, actor: str | None, clock: Clock) -> Context:
    mark = policy_mark(root)  # before it is read: what changes while it is read is seen later
    policy, policy_text = read_policy(root)
    context = Context(
        root=root,
        database=Database(root / CATALOG, clock, _person(actor, policy)),
        store=root / BLOBS,
        policy=policy,
        policy_text=policy_text,
        clock=clock,
    )
    context.policy_mark, context.given_actor = mark, actor
    return context


def _person(actor: str | None, policy: Policy) -> str | Callable[[], str]:
    """Return who acts; a person's own settings are read only when something is written."""
    if policy.named_actors is not True:
        from modelshelf.registry.actors import find_person

        return find_person(actor, policy)
    if actor is not None or os.environ.get(ACTOR_VARIABLE):
        return find_actor(actor)
    return cache(find_actor)


def _check_place(root: Path) -> None:
    from modelshelf.artifacts.places import network_filesystem

    if "\0" in str(root):
        raise Invalid(f"{safe(root)} cannot be a folder", why="a path holds no NUL")
    if not root.exists():
        return
    if not root.is_dir():
        raise Invalid(f"{root} is not a folder", subject=str(root))
    kind = network_filesystem(root)
    if kind is not None:
        raise Unavailable(
            f"the registry {root} is on a network file system",
            why=f"{kind}: SQLite's write-ahead log needs one machine's memory",
            observed=kind,
            required="a local disk",
            hint="Keep the registry on a local disk; drop folders may be on the network.",
            subject=str(root),
        )
