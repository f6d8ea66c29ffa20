"""Sidecars: what they may say, and every way of saying it that is refused."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelshelf.domain.errors import Invalid, ModelshelfError
from modelshelf.domain.provenance import Code, Dataset, Environment, Run
from modelshelf.domain.provenance.checking import check_details
from modelshelf.registry.arrival.sidecar import SIDECAR_MOST, Sidecar, read_sidecar

EVERYTHING = {
    "metrics": {"auc": 0.91, "n": 3},
    "params": {"lr": 0.1, "solver": "lbfgs", "warm": True, "max_depth": None},
    "tags": {"team": "risk"},
    "description": "first\nsecond",
    "card": "# Churn",
    "run": {"id": "r-1", "url": "https://runs.example/1", "seconds": 12.5},
    "code": {"repository": "git@x:y", "commit": "ab12cd34", "dirty": False, "entry": "train.py"},
    "datasets": [
        {"name": "calls", "version": "3", "digest": "sha256:" + "a" * 64, "rows": 10},
        {"name": "holdout", "role": "evaluated_on"},
    ],
    "environment": {"python": "3.11.7", "platform": "linux", "packages": {"onnx": "1.18"}},
    "base": "churn:v1",
    "model": "risk/churn",
}
AS_YAML = """
metrics: {auc: 0.91, n: 3}
params: {lr: 0.10, solver: lbfgs, warm: true, max_depth: null}
tags: {team: risk}
description: |-
  first
  second
card: "# Churn"
run: {id: r-1, url: "https://runs.example/1", seconds: 12.5}
code: {repository: "git@x:y", commit: ab12cd34, dirty: false, entry: train.py}
datasets:
- {name: calls, version: 3, digest: sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, rows: 10}
- name: holdout
  role: evaluated_on
environment: {python: 3.11.7, platform: linux, packages: {onnx: 1.18}}
base: churn:v1
model: risk/churn
"""  # noqa: E501 - a digest cannot be broken


def read(tmp_path: Path, name: str, data: bytes | str) -> Sidecar:
    """Write a sidecar, read it, and check its values as a registration does."""
    file = tmp_path / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    sidecar = read_sidecar(file, None)
    check_details(**sidecar.details)
    return sidecar


class TestWhatItMaySay:
    def test_json_says_everything_register_takes(self, tmp_path: Path) -> None:
        """Each field becomes the keyword argument of the same name."""
        sidecar = read(tmp_path, "m.json", json.dumps(EVERYTHING))
        assert sidecar.model == "risk/churn"
        assert sidecar.details == {
            "metrics": {"auc": 0.91, "n": 3},
            "params": {"lr": 0.1, "solver": "lbfgs", "warm": True, "max_depth": "null"},
            "tags": {"team": "risk"},
            "description": "first\nsecond",
            "card": "# Churn",
            "run": Run("r-1", "https://runs.example/1", 12.5),
            "code": Code("git@x:y", "ab12cd34", dirty=False, entry="train.py"),
            "datasets": (
                Dataset("calls", "trained_on", "3", "sha256:" + "a" * 64, 10),
                Dataset("holdout", "evaluated_on"),
            ),
            "environment": Environment("3.11.7", "linux", {"onnx": "1.18"}),
            "base": "churn:v1",
        }

    def test_yaml_says_the_same(self, tmp_path: Path) -> None:
        """A number is typed by its field; a parameter stays as it was written."""
        from_json = read(tmp_path, "m.json", json.dumps(EVERYTHING))
        from_yaml = read(tmp_path, "m.yml", AS_YAML)
        params = {"lr": "0.10", "solver": "lbfgs", "warm": "true", "max_depth": "null"}
        assert from_yaml.details == {**from_json.details, "params": params}
        assert type(from_yaml.details["params"]["lr"]) is str

    @pytest.mark.parametrize("data", ["", "# only a comment\n", "null", "{}", "---\n"])
    def test_it_may_say_nothing(self, tmp_path: Path, data: str) -> None:
        """An empty file is an empty sidecar."""
        assert read(tmp_path, "m.yaml", data) == Sidecar()

    def test_yaml_guesses_nothing(self, tmp_path: Path) -> None:
        """A country stays a country, a version a version, a date a date."""
        data = "tags: {country: no, version: 1.10, day: 2024-01-01, oct: 010, sexagesimal: 1:30}"
        assert read(tmp_path, "m.yaml", data).details["tags"] == {
            "country": "no",
            "version": "1.10",
            "day": "2024-01-01",
            "oct": "010",
            "sexagesimal": "1:30",
        }

    def test_windows_may_begin_it_with_a_mark(self, tmp_path: Path) -> None:
        """A byte order mark of UTF-8 is no part of the text."""
        assert read(tmp_path, "m.json", b'\xef\xbb\xbf{"base": "a:v1"}').details["base"] == "a:v1"

    def test_the_card_may_lie_beside_it(self, tmp_path: Path) -> None:
        """What the sidecar says itself goes first."""
        card = tmp_path / "README.md"
        card.write_text("# Beside", "utf-8")
        file = tmp_path / "m.json"
        file.write_text('{"metrics": {"auc": 1}}', "utf-8")
        assert read_sidecar(file, card).details["card"] == "# Beside"
        assert read_sidecar(None, card).details == {"card": "# Beside"}
        file.write_text('{"card": "# Own"}', "utf-8")
        assert read_sidecar(file, card).details["card"] == "# Own"

    def test_no_sidecar_says_nothing(self) -> None:
        """Most artifacts come alone."""
        assert read_sidecar(None, None) == Sidecar()


DEEP = 40
HOSTILE_JSON: dict[str, bytes] = {
    "duplicate key": b'{"tags": {"a": "1", "a": "2"}}',
    "duplicate field": b'{"base": "a:v1", "base": "b:v1"}',
    "not a number": b'{"metrics": {"auc": NaN}}',
    "infinite": b'{"metrics": {"auc": Infinity}}',
    "too large": b'{"metrics": {"auc": 1e400}}',
    "huge integer": b'{"metrics": {"auc": ' + b"9" * 5000 + b"}}",
    "integer beyond a float": b'{"metrics": {"auc": ' + b"9" * 400 + b"}}",
    "integer beyond 63 bits": b'{"params": {"seed": 99999999999999999999}}',
    "truth as a metric": b'{"metrics": {"auc": true}}',
    "text as a metric": b'{"metrics": {"auc": "0.9"}}',
    "nothing as a metric": b'{"metrics": {"auc": null}}',
    "list as a metric": b'{"metrics": {"auc": [1]}}',
    "number as a tag": b'{"tags": {"stage": 1}}',
    "number as a text": b'{"environment": {"python": 3.11}}',
    "list of metrics": b'{"metrics": [1, 2]}',
    "truth as rows": b'{"datasets": [{"name": "d", "rows": true}]}',
    "negative rows": b'{"datasets": [{"name": "d", "rows": -1}]}',
    "text as rows": b'{"datasets": [{"name": "d", "rows": "7"}]}',
    "unknown role": b'{"datasets": [{"name": "d", "role": "eaten"}]}',
    "data set without a name": b'{"datasets": [{"rows": 1}]}',
    "data sets as a mapping": b'{"datasets": {"name": "d"}}',
    "run without an id": b'{"run": {"url": "x"}}',
    "commit that is none": b'{"code": {"commit": "; rm -rf /"}}',
    "dirty as text": b'{"code": {"dirty": "no"}}',
    "unknown field": b'{"metric": {"auc": 1}}',
    "unknown inner field": b'{"run": {"id": "1", "shell": "x"}}',
    "half character": b'{"description": "\\ud800"}',
    "control character": b'{"description": "a\\u001b]52;c;x"}',
    "hostile key": b'{"tags": {"\\u001b[31m": "x"}}',
    "nested too deeply": b'{"tags": ' * DEEP + b"1" + b"}" * DEEP,
    "nested far too deeply": b"[" * 100_000,
    "too many values": b'{"metrics": {' + b",".join(b'"m%d":1' % n for n in range(10_001)) + b"}}",
    "two values": b"{} {}",
    "no object": b"[1]",
    "bare text": b'"x"',
    "cut": b'{"metrics": {',
    "empty": b"",
    "UTF-16": '{"base": "a:v1"}'.encode("utf-16"),
    "Latin-1": '{"description": "Übermut"}'.encode("latin-1"),
    "NUL": b'{"base": "a\\u0000"}',
    "too long": b'{"description": "' + b"x" * SIDECAR_MOST + b'"}',
    "path in the model's place": b'{"model": 7}',
}
HOSTILE_YAML: dict[str, bytes] = {
    "alias bomb": b"a: &a [x,x]\n"
    + b"".join(b"%c: &%c [*%c,*%c]\n" % (c, c, c - 1, c - 1) for c in range(ord("b"), ord("z"))),
    "anchor": b"base: &x a:v1\n",
    "alias": b"base: *x\n",
    "tag": b"base: !!python/object/apply:os.system ['id']\n",
    "harmless tag": b"base: !!str a:v1\n",
    "local tag": b"base: !thing a:v1\n",
    "merge key": b"<<: {base: a:v1}\n",
    "inner merge key": b"run:\n  <<: {id: 1}\n",
    "two documents": b"base: a:v1\n---\nbase: b:v1\n",
    "directive": b"%YAML 1.1\n---\nbase: a:v1\n",
    "tag directive": b"%TAG ! tag:evil,2000:\n---\nbase: a:v1\n",
    "duplicate key": b"base: a:v1\nbase: b:v1\n",
    "inner duplicate key": b"tags: {a: 1, a: 2}\n",
    "list as a key": b"? [a, b]\n: c\n",
    "nested too deeply": b"tags: " + b"[" * DEEP + b"]" * DEEP,
    "too many values": b"datasets:\n" + b"- x\n" * 10_001,
    "infinite": b"metrics: {auc: .inf}\n",
    "not a number": b"metrics: {auc: .nan}\n",
    "too large": b"metrics: {auc: 1e999}\n",
    "quoted number": b'metrics: {auc: "0.9"}\n',
    "underscored number": b"metrics: {auc: 1_000}\n",
    "hexadecimal": b"metrics: {auc: 0x10}\n",
    "other digits": "metrics: {auc: ٣}\n".encode(),
    "yes": b"code: {dirty: yes}\n",
    "rows as a fraction": b"datasets: [{name: d, rows: 1.5}]\n",
    "tabs": b"metrics:\n\tauc: 1\n",
    "text": b"just a sentence\n",
    "control characters": b"description: \x1b[31m\n",
    "NUL": b"base: a\x00b\n",
    "escaped control characters": b'description: "\\e]52;c;x\\a"\n',
    "UTF-16": "base: a:v1\n".encode("utf-16"),
    "too long": b"#" + b"x" * SIDECAR_MOST,
}


class TestWhatIsRefused:
    @pytest.mark.parametrize("data", HOSTILE_JSON.values(), ids=HOSTILE_JSON.keys())
    def test_hostile_json_is_refused_with_a_sentence(self, tmp_path: Path, data: bytes) -> None:
        """Never a traceback, never a value that was not meant."""
        with pytest.raises(Invalid) as caught:
            read(tmp_path, "m.json", data)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 500

    @pytest.mark.parametrize("data", HOSTILE_YAML.values(), ids=HOSTILE_YAML.keys())
    def test_hostile_yaml_is_refused_with_a_sentence(self, tmp_path: Path, data: bytes) -> None:
        """Nothing unfolds, nothing is constructed."""
        with pytest.raises(Invalid) as caught:
            read(tmp_path, "m.yaml", data)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 500

    def test_the_sentence_helps(self, tmp_path: Path) -> None:
        """It names the file, the field, and the nearest that is meant."""
        with pytest.raises(Invalid) as caught:
            read(tmp_path, "m.json", '{"metrcs": {}}')
        said = str(caught.value)
        assert "'m.json'" in said
        assert "'metrcs' is not a field" in said
        assert "Did you mean metrics?" in said
        with pytest.raises(Invalid, match="line 3: the key 'base' occurs twice"):
            read(tmp_path, "m.yaml", "base: a:v1\ntags: {}\nbase: b:v1\n")

    def test_a_link_is_not_followed(self, tmp_path: Path) -> None:
        """A sidecar cannot make somebody else's file readable."""
        secret = tmp_path / "secret.json"
        secret.write_text("{}", "utf-8")
        (tmp_path / "m.json").symlink_to(secret)
        with pytest.raises(Invalid, match="symbolic link"):
            read_sidecar(tmp_path / "m.json", None)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
    def test_a_pipe_does_not_hold_it_up(self, tmp_path: Path) -> None:
        """It is refused without being opened for reading."""
        os.mkfifo(tmp_path / "m.json")
        with pytest.raises(Invalid, match="named pipe"):
            read_sidecar(tmp_path / "m.json", None)

    @settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
    @pytest.mark.parametrize("name", ["m.json", "m.yaml"])
    def test_any_bytes_are_read_or_refused(self, tmp_path: Path, name: str, data: bytes) -> None:
        """Nothing else can happen."""
        with suppress(ModelshelfError):
            read(tmp_path, name, data)

    @given(
        st.dictionaries(st.text(max_size=8), st.none() | st.floats() | st.text() | st.booleans())
    )
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_any_metrics_are_finite_numbers_or_refused(
        self, tmp_path: Path, metrics: dict[str, object]
    ) -> None:
        """Gates compare them, so nothing that is no number gets in."""
        try:
            sidecar = read(tmp_path, "m.json", json.dumps({"metrics": metrics}))
        except ModelshelfError:
            return
        checked = check_details(**sidecar.details).metrics
        assert all(type(value) is float and abs(value) < float("inf") for value in checked.values())
