"""What every part of a registry works with: catalog, bytes, policy, clock and actor."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.catalog.model_reader import ModelReader
from modelshelf.catalog.reader import Reader
from modelshelf.domain.errors import NotFound, Refused
from modelshelf.settings import policy_mark

if TYPE_CHECKING:
    from modelshelf.artifacts.adopted import PlacedBlobs
    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.database import Database
    from modelshelf.catalog.driver import Connection
    from modelshelf.domain.policy import Policy
    from modelshelf.registry.sealing import Sealer

BLOBS = "blobs"
QUARANTINE = "quarantine"
POLICY = "modelshelf.toml"


class Context:
    """One open registry, at present or at a moment of its past.

    Attributes:
        root: The registry's folder.
        database: The catalog.
        policy: The rules, and ``policy_text`` as they were written; whatever changes something
            follows the file first.
        given_actor: The name under which it was opened, if one was given.
        clock: Returns the present moment, aware, UTC.
        seq: The last entry that counts; ``None`` at present.
    """

    def __init__(
        self,
        *,
        root: Path,
        database: Database,
        store: Path,
        policy: Policy,
        policy_text: str,
        clock: Callable[[], datetime],
        seq: int | None = None,
    ) -> None:
        """Keep the parts."""
        self.root = root
        self.database = database
        self._store = store
        self.policy = policy
        self.policy_text = policy_text
        self.policy_mark: tuple[int, ...] = ()
        self.given_actor: str | None = None
        self.clock = clock
        self.seq = seq
        self._past: dict[frozenset[int] | None, Connection] = {}
        self._guard = threading.Lock()
        if seq is None:
            database.committed = self._committed

    def follow_policy(self) -> None:
        """Go by what the policy file says by now."""
        if policy_mark(self.root) != self.policy_mark:
            from modelshelf.registry.policing import follow

            follow(self)

    @property
    def actor(self) -> str:
        """Who acts."""
        return self.database.actor

    @cached_property
    def _sealer(self) -> Sealer:
        from modelshelf.registry.sealing import Sealer

        return Sealer(self)

    def _committed(self, before: int, transaction: Transaction) -> None:
        self._sealer.committed(before, transaction)

    @cached_property
    def blobs(self) -> PlacedBlobs:
        """The artifact store, and what was adopted in place."""
        from modelshelf.artifacts.adopted import PlacedBlobs

        return PlacedBlobs(self._store, self._places)

    def _places(self, digest: str) -> Iterator[Path]:
        from modelshelf.catalog.locations import places_of

        for place in places_of(self.database.reader(), digest):
            yield self.resolve(place)

    def resolve(self, place: str) -> Path:
        """Return the file or folder that the catalog calls ``place``."""
        from modelshelf.domain.intake import unescape_path

        return self.root / unescape_path(place)

    def call(self, path: Path) -> str:
        """Return how the catalog calls a file or folder: relative to the registry if inside it."""
        from modelshelf.domain.intake import escape_path

        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - follows no link
        inside = absolute.is_relative_to(self.root)
        return escape_path((absolute.relative_to(self.root) if inside else absolute).as_posix())

    def at(self, seq: int) -> Context:
        """Return the same registry as it was after entry ``seq``."""
        return Context(
            root=self.root,
            database=self.database,
            store=self._store,
            policy=self.policy,
            policy_text=self.policy_text,
            clock=self.clock,
            seq=seq,
        )

    def connection(self, models: frozenset[int] | None = None) -> Connection:
        """Return a connection for questions.

        Args:
            models: Ids of the models the questions are about, when that is known: their past is
                rebuilt in milliseconds. ``None``: any question.
        """
        live = self.database.reader()
        if self.seq is None:
            return live
        from modelshelf.catalog.past import past

        with self._guard:
            if None in self._past:
                return self._past[None]
            if models not in self._past:
                self._past[models] = past(live, self.seq, models)
            return self._past[models]

    def about(self, name: str) -> Connection:
        """Return a connection for questions about the model that is or was called ``name``."""
        if self.seq is None or not name:
            return self.connection()
        try:
            return self.connection(frozenset({self.live_models().model_id(name)}))
        except NotFound:  # no model was ever called so, and the whole past says what there was
            return self.connection()

    def live_models(self) -> ModelReader:
        """Return questions about models as they are now, whatever the moment."""
        return ModelReader(self.database.reader())

    def models(self, name: str = "") -> ModelReader:
        """Return questions about models; about one of them when ``name`` is given."""
        return ModelReader(self.about(name))

    def versions(self, name: str = "") -> Reader:
        """Return questions about versions; of one model when ``name`` is given."""
        return Reader(self.about(name), self.policy.assignable)

    def inside(self, transaction: Transaction) -> tuple[Reader, ModelReader]:
        """Return questions that see what ``transaction`` has recorded so far."""
        raw = transaction.raw
        return Reader(raw, self.policy.assignable), ModelReader(raw)

    def check_present(self) -> None:
        """Check that this is the present.

        Raises:
            Refused: It is the past.
        """
        if self.seq is not None:
            raise Refused(
                "the past cannot be changed",
                why=f"this registry is open as of entry {self.seq}",
                hint="Leave out --as-of.",
            )

    def check_whole(self, what: str) -> None:
        """Check that this is the present, for what looks and can look at nothing less.

        Args:
            what: What looks, as the subject of a sentence.

        Raises:
            Refused: It is the past.
        """
        if self.seq is not None:
            raise Refused(
                f"{what} looks at the present and not at the past",
                why=f"this registry is open as of entry {self.seq}",
                hint="Leave out --as-of.",
            )

    @contextmanager
    def write(self, purpose: str) -> Iterator[Transaction]:
        """Hold the write transaction.

        Raises:
            Refused: This is the past.
        """
        self.check_present()
        self.follow_policy()
        with self.database.write(purpose) as transaction:
            self.follow_policy()  # it may have been changed while this one waited
            if self.policy.decides_always:
                from modelshelf.registry.policing import record_changed

                record_changed(self, transaction)
            yield transaction

    def close(self) -> None:
        """Close what this context opened for the past."""
        with self._guard:
            past, self._past = self._past, {}
        for connection in past.values():
            connection.close()
