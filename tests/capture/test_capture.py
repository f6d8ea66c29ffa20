"""The capture as a script uses it: everything said is kept, and nothing said ever stops it."""

from __future__ import annotations

import math
import sys
import threading
from decimal import Decimal
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import modelshelf
from modelshelf.capture import capturing, code, gathering
from modelshelf.capture.said import Said, source_of
from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.provenance import Code, Dataset
from modelshelf.domain.provenance.checking import check_details
from modelshelf.domain.provenance.measured import FeatureView, MetricSource
from modelshelf.registry import Registry
from tests.conftest import MakeModelFile
from tests.surroundings.work_trees import put


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of its own, with no tracker and no run that is made again."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("MODELSHELF_REPRODUCE", raising=False)
    monkeypatch.delenv("WANDB_RUN_ID", raising=False)


def test_everything_said_is_on_the_version(
    registry: Registry, make_model_file: MakeModelFile
) -> None:
    """Metrics, parameters, tags, data, bases, features and the run."""
    put(Path("a.csv"), "x\n1\n")
    registry.versions.register("churn", make_model_file(seed=1))
    with modelshelf.capture(registry) as run:
        run.params({"lr": 0.1, "opt": {"name": "adam", "betas": (0.9, 0.99)}})
        run.param("path", Path("a/b"))
        run.metrics({"auc": np.float32(0.5), "n": np.int64(3)})
        run.metric("loss", 0.25, dataset="a", slice="x = 1", higher_is_better=False)
        assert run.dataset("a.csv", "eval", name="customers", version="4", rows=9) == "a.csv"
        run.base("hf:org/base@main")
        run.base("churn:v1")
        run.features("feast/customer", version="2")
        run.tag("team", "risk")
        run.run_id, run.url = "r-1", "https://runs.example/1"
        version = run.register("churn", make_model_file(seed=2), description="mine")
    told = registry.versions.detail(version.reference)
    assert dict(version.params) == {
        "lr": "0.1", "opt.name": "adam", "opt.betas": "[0.9, 0.99]", "path": "a/b",
    }  # fmt: skip
    assert dict(version.metrics) == {"auc": 0.5, "n": 3.0, "loss": 0.25}
    assert dict(version.tags) == {"team": "risk"}
    assert told.metric_sources["loss"] == MetricSource("a", "x = 1", "lower", "capture")
    assert told.metric_sources["auc"] == MetricSource(by="capture")
    (data,) = told.datasets
    assert (data.name, data.version, data.rows, data.role) == ("customers", "4", 9, "evaluated_on")
    assert (told.base, told.bases) == ("churn:v1", ("hf:org/base@main",))
    assert told.features == (FeatureView("customer", "feast", "2"),)
    assert told.run is not None
    assert (told.run.id, told.run.url) == ("r-1", "https://runs.example/1")
    assert told.description == "mine"


def test_what_register_is_given_counts_more(
    registry: Registry, make_model_file: MakeModelFile
) -> None:
    """Names are merged, lists are joined, and single values given by hand replace captured ones."""
    with modelshelf.capture(registry) as run:
        run.metrics({"auc": 0.1, "f1": 0.2})
        run.dataset("one")
        version = run.register(
            "churn", make_model_file(), metrics={"auc": 0.9}, datasets=[Dataset("two")],
            code=Code("https://example.org/x", "abcd1234"), tags={"a": "b"},
        )  # fmt: skip
    told = registry.versions.detail(version.reference)
    assert dict(version.metrics) == {"auc": 0.9, "f1": 0.2}
    assert [d.name for d in told.datasets] == ["one", "two"]
    assert told.code == Code("https://example.org/x", "abcd1234")


def test_only_register_raises(registry: Registry, make_model_file: MakeModelFile) -> None:
    """A name that no model may have, a base that is not there, a file that is not there."""
    with modelshelf.capture(registry) as run:
        with pytest.raises(Invalid):
            run.register("no such name!", make_model_file())
        with pytest.raises(NotFound):
            run.register("churn", "gone.onnx")
        with pytest.raises(Invalid):
            run.register("churn", make_model_file(), metrics={"auc": math.nan})
        run.base("churn:v9")
        with pytest.raises(NotFound):
            run.register("churn", make_model_file())


def test_content_that_is_known_is_told(registry: Registry, make_model_file: MakeModelFile) -> None:
    """The version that holds it is the answer, and a note says that nothing is new."""
    registry.versions.register("churn", make_model_file())
    with modelshelf.capture(registry) as run:
        assert run.register("churn", make_model_file()).reference == "churn:v1"
    assert "holds this content already" in run.notes[-1]


class Rude:
    """A value that refuses everything."""

    def __str__(self) -> str:
        """Refuse."""
        raise RuntimeError("no")

    __float__ = __repr__ = __str__


def test_nothing_said_wrongly_stops_a_training(
    registry: Registry, make_model_file: MakeModelFile, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each thing that cannot be used is a note, all are one line, and the rest is registered."""
    with modelshelf.capture(registry) as run:
        run.metric("auc", math.nan)
        run.metric("f1", "good")
        run.metric("rmse", Rude())
        run.metric("acc", np.zeros(3))
        run.metric("bad name!", 1)
        run.metrics(None)  # type: ignore[arg-type]
        run.params(7)  # type: ignore[arg-type]
        run.param("x\ny", 1)
        run.param("rude", Rude())
        run.param("huge", 10**400)
        run.tag("t", "\x1b[2J")
        run.dataset("")
        run.dataset("no/such.csv")
        run.dataset(Rude())  # type: ignore[arg-type]
        run.dataset("customers", "unheard-of")
        run.base("")
        run.features("")
        run.metric("ok", Decimal("0.5"))
        version = run.register("churn", make_model_file())
    assert dict(version.metrics) == {"ok": 0.5}
    assert [d.name for d in registry.versions.detail("churn:v1").datasets] == ["such"]
    assert len(run.notes) >= 16
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("modelshelf: ")
    assert "\x1b" not in said


def test_a_metric_given_twice_for_different_data_is_told(registry: Registry) -> None:
    """The last value counts, and that one was lost is said."""
    with modelshelf.capture(registry) as run:
        run.metric("auc", 0.5, slice="DE")
        run.metric("auc", 0.6, slice="FR")
        run.metric("f1", 0.1)
        run.metric("f1", 0.2)
    (note,) = [note for note in run.notes if "several" in note]
    assert note.startswith("The metric auc was given for several data sets or slices")


def test_a_collector_that_breaks_costs_only_what_it_collects(
    registry: Registry, make_model_file: MakeModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code, environment and run fail, and the version is registered with a note for each."""

    def broken(*_: object, **__: object) -> None:
        raise OSError("broken")

    monkeypatch.setattr(gathering, "code_here", broken)
    monkeypatch.setattr(gathering.Gathering, "environment", broken)
    monkeypatch.setattr(gathering.Gathering, "run", broken)
    with modelshelf.capture(registry) as run:
        run.metric("auc", 0.5)
        run.register("churn", make_model_file())
    told = registry.versions.detail("churn:v1")
    assert (told.code, told.environment, told.run) == (None, None, None)
    assert len([note for note in run.notes if "broken" in note]) >= 3


def test_what_was_found_and_cannot_be_kept_is_left_out(
    registry: Registry, make_model_file: MakeModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container with a control character does not cost the version."""
    monkeypatch.setenv("MODELSHELF_CONTAINER", "\x1b[2J")
    with modelshelf.capture(registry) as run:
        run.register("churn", make_model_file())
    assert registry.versions.detail("churn:v1").environment is None
    assert any(note.startswith("The environment is not recorded") for note in run.notes)


def test_an_error_of_the_training_passes_unchanged(registry: Registry) -> None:
    """The very same exception comes out, whatever the capture has to say itself."""
    error = ValueError("diverged")

    def diverge() -> None:
        with modelshelf.capture(registry) as run:
            run.metric("auc", math.nan)
            raise error

    with pytest.raises(ValueError, match="diverged") as caught:
        diverge()
    assert caught.value is error


def test_data_that_was_read_is_listed(registry: Registry, make_model_file: MakeModelFile) -> None:
    """Files that no data set names are told; a named folder names all that is in it."""
    for name in ("a.csv", "b.csv", "folder/c.csv", "d.csv"):
        put(Path(name), "x\n1\n")
    with modelshelf.capture(registry) as run:
        run.dataset("a.csv")
        run.dataset("folder")
        for name in ("a.csv", "b.csv", "folder/c.csv"):
            Path(name).read_text("utf-8")
        run.register("churn", make_model_file())
    Path("d.csv").read_text("utf-8")
    here = Path.cwd()
    assert run.opened == tuple(str(here / n) for n in ("a.csv", "b.csv", "folder/c.csv"))
    assert "1 data file was read and not named: b.csv." in run.notes


def test_captures_inside_one_another_are_apart(
    registry: Registry, make_model_file: MakeModelFile
) -> None:
    """What is said to one is not said to the other; both hear of the data."""
    put(Path("a.csv"), "x\n")
    with modelshelf.capture(registry) as outer, modelshelf.capture(registry) as inner:
        outer.metric("auc", 0.1)
        inner.metric("auc", 0.2)
        Path("a.csv").read_text("utf-8")
        inner.register("inner", make_model_file(seed=1))
        outer.register("outer", make_model_file(seed=2))
    assert outer.opened == inner.opened == (str(Path("a.csv").absolute()),)
    values = [registry.versions.get(f"{name}:v1").metrics["auc"] for name in ("inner", "outer")]
    assert values == [0.2, 0.1]
    assert outer.run_id != inner.run_id


def test_threads_may_share_a_capture(registry: Registry, make_model_file: MakeModelFile) -> None:
    """No value that a thread hands over is lost."""
    with modelshelf.capture(registry) as run:

        def work(n: int) -> None:
            for k in range(50):
                run.metric(f"m{n}.{k}", k)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        version = run.register("churn", make_model_file())
    assert len(version.metrics) == 400


def test_a_capture_works_without_its_block(
    registry: Registry, make_model_file: MakeModelFile
) -> None:
    """`register` finds out then what entering would have found out."""
    run = modelshelf.capture(registry)
    run.metric("auc", 0.5)
    run.register("churn", make_model_file())
    assert registry.versions.detail("churn:v1").environment is not None


def test_the_module_is_what_is_called() -> None:
    """Importing a part of the package does not take the name away."""
    assert isinstance(modelshelf.capture(), capturing.Capture)
    assert isinstance(sys.modules["modelshelf.capture"](), capturing.Capture)  # type: ignore[operator]


@pytest.mark.parametrize("tracker", [None, "own"])
def test_a_run_of_mlflow_is_this_run(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, tracker: str | None
) -> None:
    """Its id and address, without a password, if it is active."""
    info = SimpleNamespace(run_id="abc", experiment_id="7")
    mlflow = ModuleType("mlflow")
    mlflow.active_run = lambda: SimpleNamespace(info=info)  # type: ignore[attr-defined]
    mlflow.get_tracking_uri = lambda: "https://u:p@ml.example/"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    with modelshelf.capture(registry, tracker=tracker) as run:
        assert run.run_id == "abc"
        assert run.url == "https://ml.example/#/experiments/7/runs/abc"
        assert run._gathering is not None
        assert run._gathering.run().tracker == (tracker or "mlflow")
        mlflow.active_run = lambda: None  # type: ignore[attr-defined]
        assert run.run_id != "abc"


def test_a_run_of_wandb_is_this_run(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the package says, else as its variable says; a broken package is passed over."""
    monkeypatch.setenv("WANDB_RUN_ID", "from-env")
    with modelshelf.capture(registry) as run:
        assert run.run_id == "from-env"
        wandb = ModuleType("wandb")
        monkeypatch.setitem(sys.modules, "wandb", wandb)
        assert run.run_id == "from-env"
        wandb.run = SimpleNamespace(id="w1", url="https://wandb.example/w1")  # type: ignore[attr-defined]
        assert (run.run_id, run.url) == ("w1", "https://wandb.example/w1")


def test_a_home_folder_is_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that is run from home is kept with its own folder, not with everything."""
    script = tmp_path / "home" / "proj" / "train.py"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert code._project(script, tmp_path / "home") == script.parent
    assert code._project(script, tmp_path / "home" / "proj") == script.parent
    assert code._project(script, tmp_path) == tmp_path


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    ),
    st.text(),
)
def test_whatever_is_said_can_be_registered_or_is_told(value: object, name: str) -> None:
    """Every value is either kept in a form that passes the check, or noted."""
    notes: list[str] = []
    said = Said(notes.append)
    said.param(name, value)
    said.metric(name, value, source_of(name, name, higher_is_better=True))
    said.tag(name, value)
    said.base(value)
    said.view(name, None)
    check_details(
        params=said.params, metrics=said.metrics, metric_sources=said.sources, tags=said.tags,
        bases=said.bases, features=said.features,
    )  # fmt: skip
    assert notes or said.metrics
