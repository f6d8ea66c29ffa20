"""Comparisons: versions side by side, their tensors, and how they behave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.artifacts import Progress
    from modelshelf.domain.comparison import Comparison
    from modelshelf.domain.probes import BehaviourComparison, ProbeAnswers
    from modelshelf.domain.tensor_comparison import TensorComparison
    from modelshelf.registry.context import Context


class Comparisons:
    """Comparisons of the versions of a registry."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("viewer", of="references")
    def compare(
        self,
        references: Sequence[str],
        *,
        baseline: str | None = None,
        only: Sequence[str] = (),
        repository: str | Path | None = None,
    ) -> Comparison:
        """Lay two to eight versions side by side.

        Args:
            references: The versions, in the order of the columns.
            baseline: The one that the others are measured against; by default the first.
            only: Names of the sections to compare; by default all.
            repository: A git repository at hand that may hold the commits, for the lines of its
                log between them.

        Raises:
            Invalid: Fewer than two or more than eight, a baseline that is none of them, or a
                section that does not exist.
            NotFound, Conflict: A reference does not name one version.
        """
        from modelshelf.registry.comparing import compare

        return compare(
            self._context, references, baseline=baseline, only=only, repository=repository
        )

    @right("viewer", of="references")
    def tensors(
        self,
        references: Sequence[str],
        *,
        baseline: str | None = None,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> tuple[TensorComparison, ...]:
        """Compare the tensors of versions with those of the baseline, value by value.

        The values are read piece by piece and never held whole.

        Args:
            references: Two to eight versions.
            baseline: The one that the others are measured against; by default the first.
            progress: Called with bytes done, bytes in all and what is read.
            cancelled: Asked between pieces; what was compared until then is returned.

        Returns:
            One for each version but the baseline, in order.

        Raises:
            Invalid, NotFound, Conflict: As :meth:`compare`; or a version has no tensors.
        """
        from modelshelf.registry.tensor_comparing import compare_tensors

        return compare_tensors(
            self._context, references, baseline=baseline, progress=progress, cancelled=cancelled
        )

    @right("contributor", of="reference", doing="ask a probe of")
    def probe(self, reference: str, probe: str, *, force: bool = False) -> ProbeAnswers:
        """Let a version answer a probe set with the policy's command, and keep the answers.

        Args:
            reference: One version.
            probe: What the policy calls it, ``[probes.NAME]``.
            force: Ask again although these answers are known.

        Raises:
            NotFound: There is no such version or probe, or the probe set is not there.
            Refused: The version must not be run, or the command failed.
        """
        from modelshelf.registry.probing import probe as ask

        return ask(self._context, reference, probe, force=force)

    @right("viewer", of="references")
    def behaviour(
        self, references: Sequence[str], probe: str, *, baseline: str | None = None
    ) -> tuple[BehaviourComparison, ...]:
        """Compare what versions answered to a probe; each must have been asked before.

        Returns:
            One for each version but the baseline, in order.

        Raises:
            NotFound: A version has not been asked this probe as it is now.
        """
        from modelshelf.registry.probing import behaviour

        return behaviour(self._context, references, probe, baseline=baseline)
