"""Comparing versions: what is recorded about them, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Invalid

if TYPE_CHECKING:
    from modelshelf.domain.comparison import Comparison
    from modelshelf.registry.context import Context

COMPARED_MOST = 8


def check_compared(references: Sequence[str], baseline: str | None) -> int:
    """Return the place of the baseline among the versions that are compared.

    Raises:
        Invalid: Fewer than two versions or more than eight, or a baseline that is none of them.
    """
    if not 2 <= len(references) <= COMPARED_MOST:  # noqa: PLR2004 - two make a comparison
        raise Invalid(
            f"{len(references)} versions cannot be compared",
            required=f"2 to {COMPARED_MOST}",
            hint="modelshelf compare churn:v1 churn:v2",
        )
    return 0 if baseline is None else list(references).index(baseline)


def compare(
    context: Context,
    references: Sequence[str],
    *,
    baseline: str | None = None,
    only: Sequence[str] = (),
    repository: str | Path | None = None,
) -> Comparison:
    """Lay versions side by side; see ``Comparisons.compare``."""
    from modelshelf.domain.comparison import compare as lay
    from modelshelf.registry.versions import Versions

    del only, repository
    check_compared(references, baseline)
    versions = Versions(context)
    return lay([versions.detail(reference) for reference in references])
