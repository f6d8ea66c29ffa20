"""Which versions hold the same weights, at present and in the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.catalog import tensors
from modelshelf.registry.naming import find_one

if TYPE_CHECKING:
    from modelshelf.domain.lineage import SameWeights
    from modelshelf.registry.context import Context


def same_weights(context: Context, reference: str) -> tuple[SameWeights, ...]:
    """Return the versions that hold the tensors of the one that ``reference`` names, best first.

    Raises:
        Invalid, NotFound, Conflict: The reference does not name one version.
    """
    version_id = find_one(context, reference).id
    models = None
    if context.seq is not None:  # these few models are replayed in milliseconds, all may take long
        models = tensors.models_alike(context.database.reader(), version_id, context.seq)
    return tensors.same_weights(context.connection(models), version_id)
