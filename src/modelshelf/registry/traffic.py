"""Traffic: ramp an A/B test up and end it, and tell how the shares went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.domain.errors import Refused
from modelshelf.domain.names import parse_reference
from modelshelf.registry.naming import check_limit
from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.domain.stages import Assignment
    from modelshelf.domain.traffic import Split
    from modelshelf.registry.context import Context


class Traffic:
    """The shares of the versions that hold a stage together."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("contributor", of="reference")
    def ramp(
        self, reference: str, stage: str = "production", *, weight: int, reason: str
    ) -> Assignment:
        """Give a version that holds a stage another share of its traffic.

        The other holders share the rest in their proportions; one that would fall to nothing
        leaves. Who is asked for a sticky key moves only towards the version that got heavier.

        Args:
            reference: A version that holds the stage.
            stage: The stage.
            weight: Its new share, a whole percentage from 1 to 100.
            reason: Why; it is recorded.

        Raises:
            NotFound: There is no such version or stage.
            Refused: It does not hold the stage, or a verdict says no.
            Invalid: The weight is none, or nobody else could take the rest.
            Conflict: It has just this share already.
        """
        from modelshelf.registry.promotions import Promotions

        self._check_holds(reference, stage)
        return Promotions(self._context).promote(reference, stage, weight=weight, reason=reason)

    @right("contributor", of="reference", doing="end the test of")
    def end(self, reference: str, stage: str = "production", *, reason: str) -> Assignment:
        """End a test: a version that holds a stage gets all of its traffic.

        Raises:
            NotFound: There is no such version or stage.
            Refused: It does not hold the stage, or a verdict says no.
            Conflict: It has all of it already.
        """
        from modelshelf.registry.promotions import Promotions

        self._check_holds(reference, stage)
        return Promotions(self._context).promote(reference, stage, reason=reason)

    @right("viewer", of="model")
    def splits(self, model: str, stage: str = "production", limit: int = 50) -> tuple[Split, ...]:
        """Return how the traffic of a stage was shared, newest first.

        Raises:
            NotFound: There is no such model or stage.
        """
        from modelshelf.domain.traffic import splits

        rung = self._context.policy.stage(stage)
        models = self._context.models(model)
        history = models.assignments(models.model_id(model), rung.name, check_limit(limit))
        return splits(history)

    def _check_holds(self, reference: str, stage: str) -> None:
        """Check that a version holds a stage now; who leaves it meanwhile is judged like anybody.

        Raises:
            Refused: It does not.
        """
        rung = self._context.policy.stage(stage)
        parsed = parse_reference(reference)
        reader = self._context.versions(parsed.model)
        version = reader.versions([reader.one(parsed).id])[0]
        if rung.name not in version.stages:
            raise Refused(
                f"{version.reference} does not hold {rung.name}",
                why="a test is ramped between those that hold it",
                hint=f"Let it in first: modelshelf promote {version.reference} {rung.name}"
                " --weight 5",
                subject=version.reference,
            )
