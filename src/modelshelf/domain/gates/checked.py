"""What the gates say of one version and one stage, in short: a line of a list of thousands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Checked:
    """How a version stands with a stage, approvals aside.

    Attributes:
        reference: The version.
        stage: The stage.
        holds: Whether it holds the stage now.
        passed: How many of the answers were yes.
        failed: Names of the gates that say no.
        pending: Names of the gates that must be measured first.
    """

    reference: str
    stage: str
    holds: bool
    passed: int
    failed: tuple[str, ...]
    pending: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether every gate agrees."""
        return not self.failed and not self.pending
