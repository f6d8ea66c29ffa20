"""Model versions: registering, naming, finding, comparing and checking them out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelshelf.domain.content import file_content
from modelshelf.domain.errors import Conflict, Corrupt, Invalid, NotFound
from modelshelf.domain.inspection import Inspection
from modelshelf.domain.provenance import Code, Dataset, Details, Environment, Run
from modelshelf.registry import Registry
from modelshelf.registry.registering import Draft, record_one
from tests.conftest import MakeModelFile
from tests.furnished import model_folder

FULL: dict[str, Any] = {
    "metrics": {"auc": 0.91},
    "params": {"lr": 0.10, "depth": 7, "warm": True, "kind": "tree"},
    "tags": {"team": "risk"},
    "description": "first\nof all",
    "card": "---\nlicense: mit\n---\n# Churn\n",
    "run": Run("r1", "https://runs/1", 12.5),
    "code": Code("git@host:churn", "ABCDEF123456", dirty=True, entry="train.py"),
    "datasets": [Dataset("churn-2026", version="3"), Dataset("holdout", "evaluated_on")],
    "environment": Environment("3.11", "linux", {"numpy": "2.0"}),
}


@pytest.fixture
def churn(registry: Registry, make_model_file: MakeModelFile) -> Registry:
    """Register three versions of churn."""
    for seed in (1, 2, 3):
        registry.versions.register("churn", make_model_file(seed=seed), metrics={"auc": seed / 10})
    return registry


def flip(registry: Registry, reference: str, path: str | None = None) -> None:
    """Change one byte of a stored file, as a failing disk would."""
    files = registry.versions.detail(reference).files
    digest = next(f.digest for f in files if path in (None, f.path))
    blob = registry._context.blobs.path(digest)
    data = bytearray(blob.read_bytes())
    data[-1] ^= 1
    blob.chmod(0o644)
    blob.write_bytes(data)


class TestRegistering:
    def test_everything_given_is_kept(
        self, registry: Registry, make_model_file: MakeModelFile
    ) -> None:
        """The detail of a version says again what its registration said."""
        made = registry.versions.register("churn", make_model_file(), source="by hand", **FULL)
        assert made.created
        version = made.version
        assert (version.reference, version.stage, version.weight) == ("churn:v1", "draft", 0)
        assert (version.format, version.verdict, version.kind) == ("safetensors", "clean", "file")
        assert (version.name, version.size) == (
            "model.safetensors",
            make_model_file().stat().st_size,
        )
        assert version.params == {"lr": "0.1", "depth": "7", "warm": "true", "kind": "tree"}
        detail = registry.versions.detail("churn:1")
        assert detail.version == version
        assert (detail.description, detail.card) == (FULL["description"], FULL["card"])
        assert (detail.run, detail.environment) == (FULL["run"], FULL["environment"])
        assert detail.code == replace(FULL["code"], commit="abcdef123456")
        assert detail.datasets == tuple(FULL["datasets"])
        assert (detail.base, detail.derived, detail.source) == (None, (), "by hand")

    def test_the_same_content_is_the_same_version(
        self, registry: Registry, make_model_file: MakeModelFile
    ) -> None:
        """Under any file name; nothing is recorded, and what was said the second time is not."""
        first = registry.versions.register("churn", make_model_file())
        head = registry.audit.head()
        again = registry.versions.register(
            "churn", make_model_file("b.safetensors"), tags={"a": "b"}
        )
        assert (first.created, again.created) == (True, False)
        assert again.version == first.version
        assert registry.audit.head() == head

    def test_progress_is_told(self, registry: Registry, make_model_file: MakeModelFile) -> None:
        """Bytes done, bytes in all and the file's name; the last report is the whole."""
        told: list[tuple[int, int, str]] = []
        made = registry.versions.register(
            "churn", make_model_file(), progress=lambda *step: told.append(step)
        )
        assert told[-1] == (made.version.size, made.version.size, "model.safetensors")

    def test_nothing_is_left_of_a_refused_registration(
        self, registry: Registry, make_model_file: MakeModelFile, tmp_path: Path
    ) -> None:
        """Neither model nor version, whatever was wrong."""
        head, file = registry.audit.head(), make_model_file()
        attempts: tuple[tuple[type[Exception], Callable[[], object]], ...] = (
            (Invalid, lambda: registry.versions.register("no name", file)),
            (
                Invalid,
                lambda: registry.versions.register("churn", file, metrics={"a": float("nan")}),
            ),
            (Invalid, lambda: registry.versions.register("churn", file, source="a\nb")),
            (NotFound, lambda: registry.versions.register("churn", tmp_path / "none")),
            (NotFound, lambda: registry.versions.register("churn", file, base="churn:1")),
        )
        for kind, attempt in attempts:
            with pytest.raises(kind):
                attempt()
        assert registry.audit.head() == head
        assert registry.models.list() == ()

    def test_bytes_collected_meanwhile_are_noticed(
        self, registry: Registry, make_model_file: MakeModelFile
    ) -> None:
        """What a collection took before the entry was written is no version."""
        made = registry.versions.register("churn", make_model_file())
        detail = registry.versions.detail(made.version.reference)
        gone = file_content("gone", 1, "0" * 64)
        draft = Draft("churn", gone, detail.inspection, source="s")
        with pytest.raises(Conflict, match="were collected"):
            record_one(registry._context, draft, force_new=False)
        assert registry.models.get("churn").latest == 1


class TestManyAtOnce:
    @staticmethod
    def drafts(*models: str) -> list[Draft]:
        """Return drafts of these models, each of its own content."""
        return [
            Draft(model, file_content("m", 1, f"{n:064x}"), Inspection("unknown"), source="import")
            for n, model in enumerate(models)
        ]

    def test_all_are_recorded_in_order(self, registry: Registry) -> None:
        """Numbers go up by one in each model; ids over all of them."""
        assert registry.versions.register_many(self.drafts("a", "b", "a", "a", "b")) == 5
        assert [v.reference for v in registry.versions.list("a")] == ["a:v3", "a:v2", "a:v1"]
        newest = registry.versions.search("").versions
        assert [v.reference for v in newest] == ["b:v2", "a:v3", "a:v2", "b:v1", "a:v1"]

    def test_a_draft_may_be_made_from_an_earlier_one(self, registry: Registry) -> None:
        """References see what the same call has recorded; ``latest`` is written down as it was."""
        first, second = self.drafts("a", "a")
        second = replace(second, details=Details(base="a:latest"))
        registry.versions.register_many([first, second])
        assert registry.versions.detail("a:2").base == "a:v1"

    def test_former_names_count_as_the_model(
        self, registry: Registry, make_model_file: MakeModelFile
    ) -> None:
        """Drafts under an old and a new name are versions of one line."""
        registry.versions.register("old", make_model_file())
        registry.models.rename("old", "new")
        registry.versions.register_many(self.drafts("new", "old", "new"))
        assert [v.number for v in registry.versions.list("new")] == [4, 3, 2, 1]
        assert registry.audit.verify(deep=False).problems != ()  # these drafts have no bytes

    def test_all_or_none(self, registry: Registry) -> None:
        """A name that clashes takes the whole call back."""
        with pytest.raises(Conflict, match="differs only by case"):
            registry.versions.register_many(self.drafts("a", "b", "A"))
        assert registry.models.list() == ()


class TestNaming:
    def test_every_form_of_reference(self, churn: Registry) -> None:
        """Number, newest, alias, stage and digest lead to the version."""
        churn.versions.alias("churn:2", "best")
        churn.promotions.promote("churn:2", "staging", reason="r")
        digest = churn.versions.get("churn:2").digest
        forms = ("churn:2", "churn:v2", "churn@best", "churn@staging", f"sha256:{digest}")
        for reference in (*forms, f"sha256:{digest[:8]}", " churn:2 "):
            assert churn.versions.get(reference).reference == "churn:v2"
        assert churn.versions.get("churn:latest").reference == "churn:v3"

    def test_several_holders_are_not_one_version(self, churn: Registry) -> None:
        """An A/B split names them with their weights."""
        churn.promotions.promote("churn:1", "production", reason="r")
        churn.promotions.promote("churn:2", "production", weight=25, reason="r")
        with pytest.raises(Conflict, match="churn:v1 75 %, churn:v2 25 %"):
            churn.versions.get("churn@production")

    def test_a_list_is_newest_first_in_pages(self, churn: Registry) -> None:
        """The last number of a page leads to the next one."""
        assert [v.number for v in churn.versions.list("churn")] == [3, 2, 1]
        assert [v.number for v in churn.versions.list("churn", limit=2)] == [3, 2]
        assert [v.number for v in churn.versions.list("churn", limit=2, after=2)] == [1]
        assert churn.versions.list("churn", after=1) == ()

    def test_by_ids_keeps_the_order_asked_for(self, churn: Registry) -> None:
        """Ids that do not exist are left out."""
        ids = [v.id for v in churn.versions.list("churn")]
        wanted = [ids[1], 999, ids[0], 2**70, -1]
        assert [v.number for v in churn.versions.by_ids(wanted)] == [2, 3]
        assert churn.versions.by_ids([]) == ()


class TestSearching:
    def test_pages_join_to_the_whole_answer(self, churn: Registry) -> None:
        """In every order; the last page says that it is the last."""
        for sort, numbers in (("", [3, 2, 1]), ("metrics.auc", [1, 2, 3]), ("oldest", [1, 2, 3])):
            found, after = [], None
            for _page in range(2):
                page = churn.versions.search("model:churn", sort=sort, limit=2, after=after)
                found += [v.number for v in page.versions]
                after = page.after
            assert (found, after) == (numbers, None)

    def test_the_language_finds_what_was_recorded(self, churn: Registry) -> None:
        """Metrics, tags, stages and states meet in one search."""
        churn.versions.tag("churn:2", set={"team": "risk"})
        churn.promotions.promote("churn:2", "staging", reason="r")
        churn.versions.yank("churn:3", reason="bad")

        def found(text: str) -> list[int]:
            return [v.number for v in churn.versions.search(text).versions]

        assert found("metrics.auc>=0.2") == [3, 2]
        assert found("tag.team:risk stage:staging") == [2]
        assert found("-is:yanked stage:draft") == [1]
        assert found("chur risk") == [2]
        assert found("sort:metrics.auc is:latest") == [3]

    def test_what_cannot_be_read_is_told(self, churn: Registry) -> None:
        """A wrong field, order, limit or place to go on from."""
        search = churn.versions.search
        elsewhere = search("", limit=1).after
        for text, given in (
            ("metrcs.auc>1", {}),
            ("", {"sort": "best"}),
            ("", {"limit": 0}),
            ("", {"limit": 1_001}),
            ("", {"after": "abc"}),
            ("", {"sort": "oldest", "after": elsewhere}),
        ):
            with pytest.raises(Invalid):
                search(text, **given)


class TestComparing:
    def test_the_first_is_the_baseline(self, churn: Registry) -> None:
        """Values stand in the order asked for; differences are against the first."""
        found = churn.comparisons.compare(["churn:2", "churn:1", "churn:3"])
        assert found.references == ("churn:v2", "churn:v1", "churn:v3")
        (auc,) = found.section("metrics").rows
        assert (auc.key, auc.values, auc.differs) == ("auc", (0.2, 0.1, 0.3), True)
        assert auc.deltas[0] is None
        assert auc.deltas[1:] == pytest.approx((-0.1, 0.1))
        assert auc.best == (2,)

    @pytest.mark.parametrize(
        ("count", "said"), [(0, "0 versions"), (1, "one version"), (9, "9 versions")]
    )
    def test_two_to_eight_are_compared(self, churn: Registry, count: int, said: str) -> None:
        """One is no comparison, and nine do not fit."""
        with pytest.raises(Invalid, match=f"{said} cannot be compared"):
            churn.comparisons.compare(["churn:1"] * count)

    def test_one_that_is_not_there_is_named(self, churn: Registry) -> None:
        """Nothing is compared then."""
        with pytest.raises(NotFound, match="churn:v9"):
            churn.comparisons.compare(["churn:1", "churn:9"])


class TestLineage:
    def test_the_graph_goes_both_ways(
        self, registry: Registry, make_model_file: MakeModelFile
    ) -> None:
        """Data, code and run above, derived versions below, with stages and limits."""
        registry.versions.register("base", make_model_file(seed=1), **FULL)
        registry.versions.register("tuned", make_model_file(seed=2), base="base:1")
        registry.versions.register("tuned", make_model_file(seed=3), base="tuned:1")
        registry.promotions.promote("tuned:2", "production", reason="r")
        graph = registry.lineage.of("tuned:1")
        kinds = {(e.kind, e.source.partition(":")[0]) for e in graph.edges}
        assert kinds == {
            ("derived_from", "version"),
            ("trained_on", "dataset"),
            ("evaluated_on", "dataset"),
            ("built_from", "code"),
            ("produced_by", "run"),
        }
        stages = {n.reference: n.stage for n in graph.nodes if n.reference}
        assert stages == {"base:v1": "draft", "tuned:v1": "draft", "tuned:v2": "production"}
        near = registry.lineage.of("tuned:1", hops=1)
        assert {n.reference for n in near.nodes} == {"base:v1", "tuned:v1", "tuned:v2"}
        assert [n.reference for n in registry.lineage.of("tuned:1", hops=0).nodes] == ["tuned:v1"]

    def test_what_is_no_question_is_told(self, churn: Registry) -> None:
        """A version must be named, and hops are counted."""
        with pytest.raises(Invalid, match="a version is needed"):
            churn.lineage.of("churn")
        with pytest.raises(Invalid, match="hops"):
            churn.lineage.of("churn:1", hops=-1)


class TestCheckingOut:
    def test_a_file_comes_out_as_it_went_in(
        self, churn: Registry, make_model_file: MakeModelFile, tmp_path: Path
    ) -> None:
        """Into a folder under its own name, or under a new one; by any reference."""
        bytes_in = make_model_file(seed=2).read_bytes()
        (tmp_path / "out").mkdir()
        inside = churn.versions.checkout("churn:2", tmp_path / "out")
        assert inside == tmp_path / "out" / "model.safetensors"
        digest = churn.versions.get("churn:2").digest
        named = churn.versions.checkout(f"sha256:{digest[:12]}", tmp_path / "new" / "m.bin")
        assert inside.read_bytes() == named.read_bytes() == bytes_in
        named.write_bytes(b"mine now")
        assert churn.audit.verify(deep=True).whole, "what is out is no part of the store"

    def test_a_folder_comes_out_as_it_went_in(self, registry: Registry, tmp_path: Path) -> None:
        """With its files and folders."""
        folder = model_folder(tmp_path, 1)
        registry.versions.register("encoder", folder)
        out = registry.versions.checkout("encoder:1", tmp_path / "out")
        files = [f.relative_to(folder) for f in folder.rglob("*") if f.is_file()]
        assert len(files) == 3
        assert sorted(files) == sorted(f.relative_to(out) for f in out.rglob("*") if f.is_file())
        assert all((out / f).read_bytes() == (folder / f).read_bytes() for f in files)

    def test_what_is_there_is_replaced_only_when_asked(
        self, churn: Registry, tmp_path: Path
    ) -> None:
        """Without ``overwrite`` the file stays as it is."""
        out = tmp_path / "m"
        out.write_text("precious")
        with pytest.raises(Conflict):
            churn.versions.checkout("churn:1", out)
        assert out.read_text() == "precious"
        churn.versions.checkout("churn:1", out, overwrite=True)
        assert out.read_bytes() != b"precious"

    def test_a_flipped_byte_is_never_handed_out(self, churn: Registry, tmp_path: Path) -> None:
        """The error names both digests, and nothing is at the destination or beside it."""
        flip(churn, "churn:2")
        (tmp_path / "out").mkdir()
        with pytest.raises(Corrupt) as damaged:
            churn.versions.checkout("churn:2", tmp_path / "out" / "m")
        assert damaged.value.observed != damaged.value.required
        assert list((tmp_path / "out").iterdir()) == []
        churn.versions.checkout("churn:1", tmp_path / "out" / "m")

    def test_one_damaged_file_spoils_the_folder(self, registry: Registry, tmp_path: Path) -> None:
        """A folder comes out whole or not at all, and what it would have replaced stays."""
        registry.versions.register("encoder", model_folder(tmp_path, 1))
        flip(registry, "encoder:1", "tokenizer/vocab.txt")
        out = tmp_path / "out"
        out.mkdir()
        (out / "mine").write_text("x")
        with pytest.raises(Corrupt):
            registry.versions.checkout("encoder:1", out, overwrite=True)
        assert [f.name for f in out.iterdir()] == ["mine"]

    def test_progress_is_told(self, churn: Registry, tmp_path: Path) -> None:
        """The last report is the whole."""
        told: list[tuple[int, int, str]] = []
        churn.versions.checkout("churn:1", tmp_path / "m", progress=lambda *s: told.append(s))
        size = churn.versions.get("churn:1").size
        assert told[-1][:2] == (size, size)
