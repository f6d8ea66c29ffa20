"""Hooks: who outside is told of what happens, and what came of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, get_args

from modelshelf.catalog import audit_reader, outbox
from modelshelf.domain.deliveries import (
    Delivery,
    DeliveryReport,
    DeliveryState,
    HookStanding,
    Outcome,
)
from modelshelf.domain.errors import Conflict, Invalid, NotFound
from modelshelf.domain.plain import microseconds
from modelshelf.domain.text import safe
from modelshelf.registry.naming import check_limit
from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.domain.policy import Hook
    from modelshelf.registry.context import Context
    from modelshelf.registry.delivering import Progress

LOCK = "hooks.lock"
MOST = 1_000
"""Attempts of one run, by default."""
_STATES: tuple[str, ...] = get_args(DeliveryState)
ELSEWHERE = "another process delivers"
CHANGED = "the policy has changed; open the registry again"


class Hooks:
    """The hooks of a registry."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context
        self._luck: Callable[[], float] = random.random

    @right("viewer")
    def list(self) -> tuple[HookStanding, ...]:
        """Return the hooks of the policy and how each stands."""
        reader = self._context.database.reader()
        counts = {(c.hook, str(c.state)): c for c in outbox.counts(reader)}
        now = self._context.clock()
        return tuple(_standing(reader, hook, counts, now) for hook in self._context.policy.hooks)

    @right("viewer")
    def deliveries(
        self, *, hook: str | None = None, state: str | None = None, limit: int = 50
    ) -> tuple[Delivery, ...]:
        """Return deliveries, the newest entry first.

        Args:
            hook: Only those of this hook, also when it is gone.
            state: Only those that are pending, delivered, failed or skipped.
            limit: At most so many.

        Raises:
            Invalid: There is no such state.
        """
        if state is not None and state not in _STATES:
            raise Invalid(
                f"{safe(state, 40)!r} is no state of a delivery", required=", ".join(_STATES)
            )
        reader = self._context.database.reader()
        return outbox.listed(reader, hook, state, check_limit(limit))  # type: ignore[arg-type]

    @right("contributor")
    def deliver(
        self,
        *,
        limit: int = MOST,
        stop: Callable[[], bool] | None = None,
        progress: Progress | None = None,
    ) -> DeliveryReport:
        """Tell the hooks what they were not told yet and what is due, and return when that is done.

        One process delivers at a time. Where another one does, or the policy file has changed since
        this registry was opened, nothing is done, and the report's note says so.

        Args:
            limit: The most attempts.
            stop: Is asked between two attempts, and while a command runs; ends the run when true.
            progress: Is handed every delivery that was tried, one at a time, perhaps in another
                thread.

        Raises:
            Refused: This is the past.
            Unavailable: The registry cannot be written.
        """
        from modelshelf.registry.delivering import Delivering, changed, locked

        self._context.check_present()
        check_limit(limit)
        asked = stop or _never
        with locked(self._context.root / LOCK) as ours:
            if not ours:
                return self._idle(ELSEWHERE)
            tell = partial(self._tell, stopping=asked)
            run = Delivering(self._context, tell, luck=self._luck, limit=limit, stop=asked)
            try:
                return self._idle(CHANGED) if changed(self._context) else run.run(progress)
            except Conflict:  # it changed at this very moment
                if changed(self._context):
                    return self._idle(CHANGED)
                raise

    @right("admin")
    def replay(
        self,
        delivery_id: int | None = None,
        *,
        hook: str | None = None,
        since: int | datetime | None = None,
    ) -> int:
        """Let hooks be told again; return of how many entries.

        Either one delivery, or all that one hook is told of since an entry or a moment, also what
        was pruned or happened before the hook came. They are told by the next run.

        Args:
            delivery_id: The delivery.
            hook: Or the hook.
            since: With ``hook``, the number of the first entry, or a moment.

        Raises:
            NotFound: There is no such delivery, or the policy has no such hook.
            Invalid: Both are given, or neither, or no beginning.
        """
        said = f"asked for again by {safe(self._context.actor, 100)}"
        if delivery_id is not None and hook is None and since is None:
            return self._replay_one(delivery_id, said)
        if delivery_id is not None or hook is None or since is None:
            raise Invalid(
                "what is to be told again is not clear",
                required="one delivery, or a hook and since when",
            )
        return self._replay_since(self._hook(hook), since, said)

    @right("admin")
    def test(self, hook: str) -> Outcome:
        """Send one hook a test event now, which is in no log, and return what came of it.

        Raises:
            NotFound: The policy has no such hook.
        """
        from modelshelf.hooks.envelope import trial_envelope

        self._context.check_present()
        found = self._hook(hook)
        registry_id = audit_reader.fact(self._context.database.reader(), "registry_id") or "-"
        at = self._context.clock()
        return self._tell(found, *trial_envelope(registry_id, found.key, self._context.actor, at))

    def _tell(
        self, hook: Hook, ident: str, body: bytes, stopping: Callable[[], bool] | None = None
    ) -> Outcome:
        from modelshelf.hooks.telling import tell

        now = self._context.clock()
        return tell(hook, ident, body, root=self._context.root, at=now, stopping=stopping)

    def _hook(self, key: str) -> Hook:
        for hook in self._context.policy.hooks:
            if hook.key == key:
                return hook
        known = ", ".join(safe(hook.key, 60) for hook in self._context.policy.hooks)
        raise NotFound(
            f"there is no hook {safe(key, 60)!r}",
            why=f"the policy has {known}" if known else "the policy has none",
        )

    def _replay_one(self, delivery_id: int, said: str) -> int:
        with self._context.write("replay a delivery") as transaction:
            found = outbox.get(transaction.raw, delivery_id)
            if found is None:
                raise NotFound(f"there is no delivery {safe(delivery_id, 40)}")
            self._hook(found.hook)
            outbox.again(transaction, found.id, self._context.clock(), said)
        return 1

    def _replay_since(self, hook: Hook, since: int | datetime, said: str) -> int:
        from modelshelf.registry.delivering import find, matching

        reader = self._context.database.reader()
        if isinstance(since, datetime):
            after = audit_reader.seq_at(reader, microseconds(since) - 1)
        else:
            after = max(since, 1) - 1
        find(self._context)
        mark = outbox.marks(reader).get(hook.key, 0)
        found = matching(self._context, hook, after, mark)
        now = self._context.clock()
        with self._context.write("replay deliveries") as transaction:
            known = outbox.ids(transaction.raw, hook.key, after)
            for each in found:
                if each.seq in known:
                    outbox.again(transaction, known[each.seq], now, said)
            outbox.add(
                transaction, hook.key, [each for each in found if each.seq not in known], now, said
            )
        return len(found)

    def _idle(self, note: str) -> DeliveryReport:
        waiting = outbox.waiting(self._context.database.reader())
        return DeliveryReport(0, 0, waiting, note=note)


def _standing(
    reader: Connection, hook: Hook, counts: dict[tuple[str, str], outbox.Count], now: datetime
) -> HookStanding:
    from modelshelf.hooks.telling import shown

    many = {state: counts.get((hook.key, state)) for state in _STATES}
    numbers = {state: 0 if count is None else count.count for state, count in many.items()}
    delivered = many["delivered"]
    return HookStanding(
        hook.key,
        "command" if hook.run else "webhook",
        shown(hook),
        hook.on,
        hook.models,
        numbers["pending"],
        numbers["failed"],
        numbers["delivered"],
        None if delivered is None else delivered.last,
        outbox.next_due(reader, hook.key, now),
        outbox.last_said(reader, hook.key),
    )


def _never() -> bool:
    return False
