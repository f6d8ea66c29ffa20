"""What a person is told to be: their roles, without those that others of theirs cover."""

from __future__ import annotations

import pytest

from modelshelf.domain.policy import Grant, Policy
from modelshelf.domain.roles import roles_in_words


@pytest.mark.parametrize(
    ("grants", "told"),
    [
        ((Grant("viewer", "*"), Grant("reviewer", "ana")), "reviewer"),
        ((Grant("viewer", "*"), Grant("reviewer", "ana", "risk/*")), "viewer, reviewer of risk/*"),
        ((Grant("viewer", "*", "risk/*"), Grant("admin", "ana")), "admin"),
        ((Grant("viewer", "*"), Grant("viewer", "ana")), "viewer"),
        ((Grant("admin", "ana"), Grant("auditor", "ana")), "admin, auditor"),
        ((Grant("admin", "li"),), "no role"),
    ],
)
def test_a_role_that_another_covers_is_not_told(grants: tuple[Grant, ...], told: str) -> None:
    """The higher role speaks for the lower one where it counts for the same models."""
    assert roles_in_words(Policy((), grants=grants), "ana") == told
