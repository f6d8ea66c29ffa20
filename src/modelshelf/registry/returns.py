"""Returns: the stages of a whole registry go back to who held them at a moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.domain.returning import ReturnPlan
    from modelshelf.domain.stages import Assignment
    from modelshelf.registry.context import Context


class Returns:
    """Rolling back many models at once, to a moment."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("viewer", of="models", kind="models")
    def plan(
        self, moment: datetime | int, *, models: str = "*", stage: str | None = None
    ) -> ReturnPlan:
        """Return what :meth:`apply` would change, without changing anything.

        Args:
            moment: A point in time, or the number of the last entry that counts.
            models: A pattern of names: ``*``, ``risk/*`` or one name. A model that did not exist
                then is left alone.
            stage: Only this stage.

        Raises:
            NotFound: The registry, the entry, a model or the stage does not exist.
            Refused: This is the past.
        """
        from modelshelf.registry.returning import plan, wish_for

        return plan(self._context, wish_for(self._context, moment, models, stage))

    @right("contributor", of="models", kind="models", doing="roll back")
    def apply(
        self,
        moment: datetime | int,
        *,
        models: str = "*",
        stage: str | None = None,
        reason: str,
        skip: bool = False,
        progress: Callable[[int, int, str], object] | None = None,
    ) -> tuple[Assignment, ...]:
        """Give stages back to who held them at a moment; no gate and nobody is asked.

        The bytes of every version that comes back are verified first. Then all stages move in one
        transaction, or none.

        Args:
            moment: As in :meth:`plan`.
            models: As in :meth:`plan`.
            stage: As in :meth:`plan`.
            reason: Why; it is recorded with each.
            skip: Leave those as they are that cannot go back, and move the others.
            progress: Called with versions verified, versions in all, and a reference.

        Returns:
            The new assignments; none when every stage is held as it was then. Going back to the
            entry before the first of them is the way back.

        Raises:
            NotFound, Refused: As :meth:`plan`; or a version is yanked or its bytes were freed.
            Corrupt: The bytes of a version that would come back are damaged.
            Conflict: Stages were given to others while bytes were verified.
            Invalid: The reason is empty.
        """
        from modelshelf.registry.returning import apply, wish_for

        wish = wish_for(self._context, moment, models, stage)
        return apply(self._context, wish, reason, skip=skip, progress=progress)
