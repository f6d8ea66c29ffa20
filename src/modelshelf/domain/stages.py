"""Stages and assignments: who holds a rung, how traffic is split, what a rollback returns to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.text import safe

WHOLE = 100


@dataclass(frozen=True, slots=True)
class Holder:
    """One version that holds a stage.

    Attributes:
        version_id: The version's id in the catalog.
        reference: ``model:vN``.
        weight: Its share of the traffic, an integer percentage from 1 to 100.
    """

    version_id: int
    reference: str
    weight: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """The fact that these versions hold a stage from now on; never changed afterwards.

    Attributes:
        id: The sequence number of the audit entry that made it.
        model: The model's name.
        stage: The stage.
        holders: In the order they were given; their weights sum to 100. Empty: nobody holds it.
        at: When, UTC.
        actor: Who.
        reason: Why.
        restores: For a rollback, the id of the assignment it returned to; else ``None``.
        replaced: The id of the assignment it took over from; ``None`` for the first.
        request: The number of the request that was applied; ``None`` without one.
        bypass: Which rules were set aside for it; ``None`` when every one was met.
    """

    id: int
    model: str
    stage: str
    holders: tuple[Holder, ...]
    at: datetime
    actor: str
    reason: str
    restores: int | None = None
    replaced: int | None = None
    request: int | None = None
    bypass: str | None = None


def holders_in_words(who: Sequence[Holder]) -> str:
    """Return who holds a stage: ``v6 80 %, v7 20 %``; nobody is said as such."""
    names = [safe(holder.reference).rpartition(":")[2] for holder in who]
    if len(names) == 1:
        return names[0]
    return ", ".join(f"{n} {h.weight} %" for n, h in zip(names, who, strict=True)) or "nobody"


def check_weights(weights: Mapping[int, int]) -> None:
    """Check that the weights of several holders are whole percentages that sum to 100.

    Raises:
        Invalid: With the sum observed.
    """
    for weight in weights.values():
        _check_weight(weight)
    total = sum(weights.values())
    if total != WHOLE:
        raise Invalid(
            f"the weights sum to {total}",
            observed=total,
            required=WHOLE,
            hint="Give weights that sum to 100.",
        )


def _check_weight(weight: object) -> None:
    if type(weight) is not int or not 1 <= weight <= WHOLE:
        raise Invalid(
            f"{safe(weight, 40)!r} is not a weight",
            why="a weight is a whole number from 1 to 100",
        )


def split_with(present: Sequence[tuple[int, int]], version_id: int, weight: int) -> dict[int, int]:
    """Return the weights after ``version_id`` takes ``weight`` percent from the present holders.

    The others keep their proportions (largest remainder); one that would fall to nothing leaves.

    Args:
        present: (version id, weight) of the holders now.
        version_id: The version that gets ``weight``.
        weight: 1 to 100.

    Raises:
        Invalid: The weight is out of range, or below 100 while nobody else holds the stage.
    """
    _check_weight(weight)
    others = [(v, w) for v, w in present if v != version_id]
    if weight == WHOLE:
        return {version_id: WHOLE}
    if not others:
        raise Invalid(
            f"a weight of {weight} leaves {WHOLE - weight} percent to nobody",
            why="no other version holds the stage",
            hint="Promote with the whole weight first, then split.",
        )
    left, total = WHOLE - weight, sum(w for _, w in others)
    exact = [(v, w * left / total) for v, w in others]
    shares = {v: int(share) for v, share in exact}
    spare = left - sum(shares.values())
    for v, _share in sorted(exact, key=lambda e: e[1] - int(e[1]), reverse=True)[:spare]:
        shares[v] += 1
    kept = {v: share for v, share in shares.items() if share > 0}
    return {**kept, version_id: weight}


def sticky_holder(holders: Sequence[Holder], key: str, salt: str) -> Holder:
    """Return the holder that serves ``key``: the same one every time while the weights stand.

    Every holder draws a number for the key, hashed from ``salt`` (model and stage), the key and its
    own version, and the draws race by weight (weighted rendezvous hashing). So when one holder gets
    heavier and the others keep their proportions, keys only ever move to the heavier one.

    Raises:
        NotFound: Nobody holds the stage.
    """
    if not holders:
        raise NotFound(f"nobody holds {salt}")
    from hashlib import sha256  # brings OpenSSL, which few lookups need

    def finish(holder: Holder) -> tuple[float, int]:
        text = f"{salt}\0{holder.version_id}\0{key}".encode("utf-8", "surrogatepass")
        drawn = int.from_bytes(sha256(text).digest()[:8], "big") + 1
        return -math.log(drawn / 2**64) / holder.weight, holder.version_id

    return min(holders, key=finish)


def earlier_assignment(history: Sequence[Assignment]) -> Assignment | None:
    """Return what a rollback of the newest assignment returns to, or ``None``.

    Args:
        history: All assignments of one stage of one model, oldest first.

    A rollback counts as the assignment it returned to, so rolling back twice goes back twice.
    """
    by_id = {a.id: a for a in history}
    if not history:
        return None
    now = history[-1]
    seen: set[int] = set()
    while now.restores is not None and now.restores in by_id and now.id not in seen:
        seen.add(now.id)
        now = by_id[now.restores]
    if now.replaced is None:
        return None
    before = by_id.get(now.replaced)
    return before if before is not None and before.holders else None
