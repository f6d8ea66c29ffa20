"""Comparing versions through the registry: baselines, sections, lineage, and what it asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelshelf.domain.errors import Conflict, Invalid, NotFound
from modelshelf.domain.provenance import Code, Dataset, Environment
from modelshelf.registry import Registry
from tests.registry.conftest import NewFile
from tests.surroundings.test_git_log import Work


@pytest.fixture
def shelf(registry: Registry, new_file: NewFile) -> Registry:
    """Return a registry with a base and two versions that were made from it."""
    register = registry.versions.register
    data = Dataset("customers", version="4")
    register("churn", new_file(), metrics={"auc": 0.5}, datasets=[data])
    register("churn", new_file(), metrics={"auc": 0.75}, base="churn:v1", card="# Two\n")
    register("churn", new_file(), metrics={"auc": 0.875}, base="churn:v1", bases=["hf:a/b@main"])
    return registry


def test_any_reference_of_a_version_can_be_the_baseline(shelf: Registry) -> None:
    """An alias or a digest names it as well as a number; the columns keep their order."""
    shelf.versions.alias("churn:v2", "champion")
    digest = f"sha256:{shelf.versions.get('churn:v2').digest[:16]}"
    references = ["churn:v1", "churn:v2", "churn:latest"]
    for baseline in ("churn:v2", "churn:2", "churn@champion", digest):
        found = shelf.comparisons.compare(references, baseline=baseline)
        assert found.references == ("churn:v1", "churn:v2", "churn:v3")
        assert found.baseline == 1
        assert found.section("metrics").rows[0].deltas == (-0.25, None, 0.125)
    assert shelf.comparisons.compare(references).baseline == 0


@pytest.mark.parametrize("baseline", ["churn:v3", "churn:v9", "nobody:v1", "no\x1b[2J", "a b", ""])
def test_a_baseline_that_is_not_compared_is_refused(shelf: Registry, baseline: str) -> None:
    """The answer is the same whether there is such a version elsewhere or not."""
    with pytest.raises(Invalid, match="is not one of the versions that are compared") as told:
        shelf.comparisons.compare(["churn:v1", "churn:v2"], baseline=baseline)
    assert "\x1b" not in str(told.value)


def test_a_section_that_does_not_exist_is_refused_with_a_suggestion(shelf: Registry) -> None:
    """A typo is answered with what was meant."""
    with pytest.raises(Invalid, match="Did you mean metrics"):
        shelf.comparisons.compare(["churn:v1", "churn:v2"], only=["metrcs"])
    found = shelf.comparisons.compare(["churn:v1", "churn:v2"], only=["tags", "metrics"])
    assert [section.name for section in found.sections] == ["metrics", "tags"]


def test_what_names_no_single_version_is_refused(shelf: Registry) -> None:
    """As everywhere: no such version, a model instead of a version, two holders of a stage."""
    shelf.promotions.promote("churn:v1", "production", reason="first")
    shelf.promotions.promote("churn:v2", "production", weight=20, reason="a fifth")
    with pytest.raises(NotFound):
        shelf.comparisons.compare(["churn:v1", "churn:v9"])
    with pytest.raises(Invalid):
        shelf.comparisons.compare(["churn:v1", "churn"])
    with pytest.raises(Conflict):
        shelf.comparisons.compare(["churn:v3", "churn@production"])


def test_a_version_is_like_itself(shelf: Registry) -> None:
    """However it is named, nothing differs."""
    assert not shelf.comparisons.compare(["churn:v3", "churn:latest"]).differs


def test_the_weights_are_compared_by_recorded_digests(shelf: Registry) -> None:
    """The digests that were taken at registration are enough; the bytes may be gone."""
    found = shelf.comparisons.compare(["churn:v1", "churn:v2"], only=["weights"])
    told = {row.key: row.values for row in found.section("weights").rows}
    assert told["tensors same"] == (1, 0)
    assert told["tensors changed"] == (0, 1)


def test_the_lineage_leads_from_the_common_ancestor(shelf: Registry) -> None:
    """Siblings have their base in common, and what only one came from is a row."""
    section = shelf.comparisons.compare(["churn:v2", "churn:v3"]).section("lineage")
    assert {row.key: row.values for row in section.rows} == {
        "churn:v1": (1, 1),
        "dataset customers 4": (2, 2),
        "hf:a/b@main": (None, 1),
    }
    assert section.notes == (
        (
            "Nearest that churn:v3 and churn:v2 have in common:"
            " churn:v1 → churn:v3 and churn:v1 → churn:v2."
        ),
    )


def test_the_past_is_compared_as_it_was(shelf: Registry, new_file: NewFile) -> None:
    """What was amended since does not count, and the lineage of then is there."""
    seq, _ = shelf.audit.head()
    shelf.versions.amend("churn:v2", metrics={"auc": 0.25})
    shelf.versions.register("other", new_file(), base="churn:v2")
    past = shelf.at(seq).comparisons.compare(["churn:v1", "churn:v2"])
    assert past.section("metrics").rows[0].values == (0.5, 0.75)
    assert [row.key for row in past.section("lineage").rows] == ["churn:v1", "dataset customers 4"]


def test_eight_versions_take_few_statements(registry: Registry, new_file: NewFile) -> None:
    """Two or eight versions: one question more for each, to find it."""
    around = Environment("3.12", "linux", {f"package-{n}": str(n) for n in range(50)})
    for number in range(8):
        registry.versions.register(
            "churn", new_file(), metrics={f"m{n}": n + number for n in range(20)},
            environment=around, base="churn:v1" if number else None,
        )  # fmt: skip
    all_of_them = [f"churn:v{n}" for n in range(1, 9)]
    few = statements(registry, lambda: registry.comparisons.compare(all_of_them[:2]))
    many = statements(registry, lambda: registry.comparisons.compare(all_of_them))
    assert many - few == 6
    assert many <= 30
    found = registry.comparisons.compare(all_of_them, baseline="churn:v8")
    assert len(found.references) == 8
    assert found.section("metrics").rows[0].deltas == (*map(float, range(-7, 0)), None)


def statements(registry: Registry, work: Callable[[], object]) -> int:
    """Return how many statements ``work`` takes."""
    asked: list[str] = []
    connection = registry._context.connection()
    connection.set_trace_callback(asked.append)
    try:
        work()
    finally:
        connection.set_trace_callback(None)
    return len(asked)


def test_the_log_of_a_repository_at_hand_is_told(
    registry: Registry, new_file: NewFile, tmp_path: Path
) -> None:
    """Commits between the recorded ones, and a note for a commit that is not there."""
    work = Work(tmp_path / "work")
    first, second = work.commit("train.py", "begin"), work.commit("train.py", "more layers")
    for commit in (first[:10], second, "f" * 40, None):
        registry.versions.register("churn", new_file(), code=Code("git@host:x", commit))
    references = ["churn:v1", "churn:v2", "churn:v3", "churn:v4"]
    code = registry.comparisons.compare(references, repository=work.folder).section("code")
    told = {row.key: row.values for row in code.rows}
    assert told["commits ahead"] == (0, 1, None, None)
    assert told["files changed"] == (0, 1, None, None)
    assert [(text.place, text.kind) for text in code.texts] == [(1, "log")]
    assert code.texts[0].text == f"> {work.git('rev-parse', '--short', second)} more layers"
    assert code.notes == ("The repository at hand does not hold ffffffffffff.",)
    elsewhere = registry.comparisons.compare(references, repository=tmp_path).section("code")
    assert "was not asked" in elsewhere.notes[0]
    assert not elsewhere.texts


def test_a_recorded_repository_is_never_opened(
    registry: Registry, new_file: NewFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a version says its repository is, is text: a command, an option, a real folder."""
    work = Work(tmp_path / "work")
    commits = [work.commit("a", "one"), work.commit("a", "two")]
    for commit in commits:
        for repository in (
            str(work.folder),
            f"ext::sh -c 'touch {tmp_path}/ran'",
            "--upload-pack=x",
        ):
            registry.versions.register("churn", new_file(), code=Code(repository, commit))
    references = [f"churn:v{n}" for n in range(1, 7)]
    monkeypatch.chdir(work.folder)
    code = registry.comparisons.compare(references).section("code")
    assert code.texts == ()
    assert code.notes == ()
    registry.comparisons.compare(references, repository=tmp_path)
    assert not (tmp_path / "ran").exists()
