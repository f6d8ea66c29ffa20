"""Names of models, their going out of use, and lists of them: what a rename or a page must keep."""

from __future__ import annotations

from datetime import timedelta

import pytest

from modelshelf.domain.errors import Conflict, Invalid, ModelshelfError, NotFound, Refused
from modelshelf.registry import Registry
from tests.conftest import START, MakeModelFile


@pytest.fixture
def churn(registry: Registry, make_model_file: MakeModelFile) -> Registry:
    """Register the first version of a model called churn."""
    registry.versions.register("churn", make_model_file())
    return registry


class TestWhatAModelIs:
    def test_it_comes_into_being_with_its_first_version(self, churn: Registry) -> None:
        """Everything about a new model is as its one version left it."""
        model = churn.models.get("churn")
        assert (model.name, model.former_names, model.retired) == ("churn", (), False)
        assert (model.versions, model.latest, model.created_by) == (1, 1, "ana")
        assert (model.description, model.owner, model.tags, model.stages) == ("", "", {}, {})
        made = churn.audit.entries(model="churn", event="model.created")[0]
        assert model.created_at == made.at
        assert model.changed_at == churn.audit.entries(model="churn")[0].at > made.at

    def test_it_counts_its_versions_and_shows_who_holds_its_stages(
        self, churn: Registry, make_model_file: MakeModelFile
    ) -> None:
        """Holders are told by stage, with their weights."""
        churn.versions.register("churn", make_model_file(seed=2))
        churn.promotions.promote("churn:1", "production", reason="go")
        churn.promotions.promote("churn:2", "production", weight=30, reason="try")
        model = churn.models.get("churn")
        assert (model.versions, model.latest) == (2, 2)
        shares = [(h.reference, h.weight) for h in model.stages["production"]]
        assert shares == [("churn:v1", 70), ("churn:v2", 30)]
        assert set(model.stages) == {"production"}


class TestRenaming:
    def test_old_references_go_on_resolving_with_a_warning(self, churn: Registry) -> None:
        """A script that knows the former name works, and is told the present one."""
        churn.promotions.promote("churn:1", "production", reason="go")
        churn.versions.alias("churn:1", "best")
        model = churn.models.rename("churn", "risk/leavers")
        assert (model.name, model.former_names) == ("risk/leavers", ("churn",))
        for form in (":1", ":v1", ":latest", "@best", "@production"):
            found = churn.promotions.resolve(f"churn{form}")
            assert [h.reference for h in found.holders] == ["risk/leavers:v1"]
            assert found.warnings == ("churn is called risk/leavers now",)
            assert churn.promotions.resolve(f"risk/leavers{form}").warnings == ()
        assert churn.versions.get("churn:1").reference == "risk/leavers:v1"
        assert churn.models.get("churn") == model

    def test_the_past_shows_the_name_of_then(self, churn: Registry) -> None:
        """Before the renaming the model is called as it was, whichever name is asked for."""
        then = churn.audit.head()[0]
        churn.models.rename("churn", "leavers")
        past = churn.at(then)
        assert past.models.names() == ("churn",)
        assert past.models.get("churn").former_names == ()
        assert past.versions.get("churn:1").reference == "churn:v1"
        with pytest.raises(NotFound):
            past.versions.get("leavers:1")

    def test_names_that_differ_only_by_case_are_refused(
        self, churn: Registry, make_model_file: MakeModelFile
    ) -> None:
        """They would be one folder on some file systems."""
        with pytest.raises(Conflict, match="differs only by case"):
            churn.versions.register("Churn", make_model_file(seed=2))
        churn.versions.register("Other", make_model_file(seed=2))
        with pytest.raises(Conflict, match="differs only by case"):
            churn.models.rename("Other", "CHURN")
        with pytest.raises(Conflict, match="differs only by case"):
            churn.versions.register("other", make_model_file(seed=3))
        assert churn.models.names() == ("Other", "churn")

    def test_the_case_of_ones_own_name_may_change(self, churn: Registry) -> None:
        """The old spelling goes on leading to the model, like any former name."""
        then = churn.audit.head()[0]
        model = churn.models.rename("churn", "Churn")
        assert (model.name, model.former_names) == ("Churn", ("churn",))
        assert churn.promotions.resolve("churn:1").warnings == ("churn is called Churn now",)
        assert churn.at(then).versions.get("churn:1").reference == "churn:v1"
        again = churn.models.rename("Churn", "CHURN")
        assert again.former_names == ("Churn", "churn")
        assert churn.audit.verify(deep=True).whole

    @pytest.mark.parametrize("wrong", ["", "a b", "../up", "a//b", "con", "x" * 201, "sha256"])
    def test_a_new_name_is_checked(self, churn: Registry, wrong: str) -> None:
        """What could not be a model's name cannot become one."""
        with pytest.raises(Invalid):
            churn.models.rename("churn", wrong)


class TestRetiring:
    def test_a_retired_model_takes_nothing_in_and_serves_on(
        self, churn: Registry, make_model_file: MakeModelFile
    ) -> None:
        """Registration is refused and says how to change that; references resolve as before."""
        churn.promotions.promote("churn:1", "production", reason="go")
        assert churn.models.retire("churn", reason="merged").retired
        with pytest.raises(Refused, match="churn is retired") as refused:
            churn.versions.register("churn", make_model_file(seed=2))
        assert "modelshelf restore churn" in refused.value.hint
        found = churn.promotions.resolve("churn@production")
        assert found.holders[0].reference == "churn:v1"
        assert churn.versions.list("churn")[0].stage == "production"

    def test_restoring_allows_registration_again(
        self, churn: Registry, make_model_file: MakeModelFile
    ) -> None:
        """As if nothing had been."""
        churn.models.retire("churn", reason="merged")
        assert not churn.models.restore("churn", reason="needed after all").retired
        made = churn.versions.register("churn", make_model_file(seed=2))
        assert made.version.reference == "churn:v2"

    def test_the_reason_is_recorded(self, churn: Registry) -> None:
        """With who and when, trimmed."""
        churn.models.retire("churn", reason=" merged into risk\n")
        entry = churn.audit.entries(event="model.retired")[0]
        assert (entry.body["reason"], entry.actor) == ("merged into risk", "ana")
        assert entry.sentence == "retired churn: “merged into risk”"
        assert entry.at - START < timedelta(hours=1)


class TestListing:
    @pytest.fixture
    def many(self, registry: Registry, make_model_file: MakeModelFile) -> Registry:
        """Register one version of several models, the last of which is retired."""
        for seed, name in enumerate(("b/two", "a_1", "A-one", "b/one", "old"), start=1):
            registry.versions.register(name, make_model_file(seed=seed))
        registry.models.retire("old", reason="r")
        return registry

    def test_models_come_by_name_without_the_retired(self, many: Registry) -> None:
        """Unless those are asked for."""
        names = [m.name for m in many.models.list()]
        assert names == ["A-one", "a_1", "b/one", "b/two"]
        assert [m.name for m in many.models.list(retired=True)][-1] == "old"

    def test_pages_join_without_a_gap(self, many: Registry) -> None:
        """The last name of a page leads to the next one."""
        whole = many.models.list(retired=True)
        pages, after = [], None
        while page := many.models.list(limit=2, after=after, retired=True):
            pages.append(page)
            after = page[-1].name
        assert [len(page) for page in pages] == [2, 2, 1]
        assert tuple(model for page in pages for model in page) == whole

    def test_a_limit_of_nothing_is_nothing(self, many: Registry) -> None:
        """And what cannot be a limit is told so, never "everything"."""
        assert many.models.list(limit=0) == ()
        for wrong in (-1, 2**63, True, 1.5, "2", None):
            with pytest.raises(ModelshelfError, match="number of rows"):
                many.models.list(limit=wrong)  # type: ignore[arg-type]
