"""That a version was made again is evidence: it stands in the decision and on an auditor's page."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelshelf.domain.dossier import dossier
from modelshelf.registry import Registry, create_registry
from tests.furnished import ticking
from tests.registry.remade import register, remake


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Return an empty registry."""
    return create_registry(tmp_path / "registry", actor="ana", clock=ticking())


def test_an_attempt_stands_in_decisions_made_after_it(registry: Registry, tmp_path: Path) -> None:
    """The page names entry, outcome and output; a decision made before knows nothing of it."""
    with registry:
        reference = register(registry, tmp_path, bases=["hf:lab/base@main"])
        registry.promotions.promote(reference, "staging", reason="first")
        made = remake(registry, reference)
        assert made.report.outcome == "identical"
        registry.promotions.promote(reference, "production", reason="reproduced")
        assert registry.promotions.decision(reference, "staging").reproductions == ()
        decision = registry.promotions.decision(reference, "production")
        assert [one.id for one in decision.reproductions] == [made.id]
        page = "\n".join(dossier(decision))
        assert f"entry {made.id}" in page
        assert "identical" in page
        assert f"sha256:{made.output}" in page
        assert "hf\\:lab/base" in page or "hf:lab/base" in page
        assert "files, kept as" in page
