"""Comparing the stored tensors of versions: what each holds, and what differs value by value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Invalid
from modelshelf.formats import tensors
from modelshelf.formats.comparing import Side, plan, recorded
from modelshelf.registry.comparing import check_compared
from modelshelf.registry.naming import find_one

if TYPE_CHECKING:
    from modelshelf.artifacts import Progress
    from modelshelf.domain.inspection import Weights
    from modelshelf.domain.tensor_comparison import TensorComparison
    from modelshelf.registry.context import Context


def compare_tensors(
    context: Context,
    references: Sequence[str],
    *,
    baseline: str | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[TensorComparison, ...]:
    """Compare the tensors of versions with those of the baseline; see ``Comparisons.tensors``.

    Raises:
        Invalid: As many versions cannot be compared, or one has no tensors.
        NotFound: There is no such version, or its bytes were freed.
        Corrupt: Its bytes are not those that were registered.
        Conflict, Unavailable: A reference names several versions; bytes cannot be read.
    """
    place = check_compared(references, baseline)
    sides = [_side(context, reference) for reference in references]
    base = sides[place]
    plans = [plan(base, side) for at, side in enumerate(sides) if at != place]
    total, before = sum(each.size for each in plans), 0
    found: list[TensorComparison] = []
    for each in plans:
        found.append(each.run(_within(progress, before, total), cancelled))
        before += each.size
    return tuple(found)


def _within(progress: Progress | None, before: int, total: int) -> Progress | None:
    """Return what tells the progress of one comparison as that of all of them."""
    if progress is None:
        return None
    tell = progress
    return lambda done, _, name: tell(before + done, total, name)


def _side(context: Context, reference: str) -> Side:
    from modelshelf.catalog.detail import read_detail
    from modelshelf.registry.arrival.arriving import stored_source
    from modelshelf.registry.contents import check_there, content_of

    found = find_one(context, reference)
    (version,) = context.versions().versions([found.id])
    content = content_of(context, version)
    check_there(context, content, version.reference)
    weights = read_detail(context.connection(), version).inspection.weights
    source = stored_source(context, content)
    for file in source.files:  # asking where tensors lie would not say why bytes are not there
        file.open().close()
    placed = tensors(source)
    if not placed:
        raise _without(version.reference, weights)
    digests = {file.path: file.digest for file in content.files}
    return Side(version.reference, source, placed, recorded(placed, weights), digests)


def _without(reference: str, weights: Weights | None) -> Invalid:
    why = "its format stores none, or none that are read"
    if weights is not None and weights.count:
        why = f"where its {weights.count:,} tensors lie cannot be told"
    return Invalid(f"{reference} has no tensors that can be compared", why=why, subject=reference)
