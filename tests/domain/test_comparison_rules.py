"""Rules of comparisons: whatever was recorded, a version is like itself and unlike what changed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelshelf.domain.comparison import compare
from modelshelf.domain.content import FileEntry
from modelshelf.domain.inspection import Finding, Inspection, TensorEntry, TensorSpec, Weights
from modelshelf.domain.models import VersionDetail
from modelshelf.domain.plain import plain
from modelshelf.domain.provenance import Code, Dataset, Environment, Run
from modelshelf.domain.provenance.measured import FeatureView, MetricSource
from tests.domain.test_comparison import detail, version

HUGE = st.integers(0, 10**400) | st.none()
TEXT = st.text(max_size=8)
SPECS = st.lists(
    st.builds(TensorSpec, TEXT, TEXT, st.lists(HUGE | TEXT, max_size=3).map(tuple)), max_size=3
).map(tuple)
TENSORS = st.lists(
    st.builds(TensorEntry, TEXT, TEXT, st.lists(st.integers(0, 9)).map(tuple), TEXT),
    max_size=3, unique_by=lambda t: t.name,
).map(tuple)  # fmt: skip
SOURCES = st.dictionaries(
    st.sampled_from(["auc", "loss"]),
    st.builds(MetricSource, TEXT | st.none(), TEXT | st.none(), st.sampled_from(["higher", None])),
)
DETAILS = st.builds(
    lambda number, metrics, params, seen, datasets, files, around, code, card, further: detail(
        version(number, metrics=metrics, params=params, tags=params),
        inspection=seen, datasets=datasets, files=files, environment=around, code=code, card=card,
        description=card[:4], **further,
    ),
    st.integers(1, 3),
    st.dictionaries(
        TEXT | st.sampled_from(["auc", "loss"]),
        st.floats(allow_nan=False, allow_infinity=False), max_size=4,
    ),
    st.dictionaries(TEXT, TEXT | st.sampled_from(["1e308", "-1e308", "nan", "1_0"]), max_size=4),
    st.builds(
        Inspection, TEXT, inputs=SPECS, outputs=SPECS, parameters=HUGE, tensors=HUGE,
        metadata=st.dictionaries(TEXT, TEXT, max_size=2), needs_code=st.lists(TEXT).map(tuple),
        findings=st.lists(
            st.builds(Finding, TEXT, st.just("warning"), TEXT, TEXT), max_size=3
        ).map(tuple),
        weights=st.none() | st.builds(Weights, TEXT, TENSORS, st.integers(0, 9)),
    ),
    st.lists(st.builds(Dataset, TEXT, version=TEXT | st.none(), rows=HUGE), max_size=3).map(tuple),
    st.lists(
        st.builds(FileEntry, TEXT, st.integers(0, 2**63), TEXT), max_size=3,
        unique_by=lambda f: f.path,
    ).map(tuple),
    st.none() | st.builds(Environment, TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=2)),
    st.none() | st.builds(Code, TEXT, TEXT, st.booleans(), TEXT),
    st.text(max_size=40) | st.sampled_from(["---\na: 1\n---\n", "---\na: [\n b\n---\nx"]),
    st.fixed_dictionaries(
        {
            "metric_sources": SOURCES,
            "base": TEXT | st.none(),
            "bases": st.lists(TEXT, max_size=2, unique=True).map(tuple),
            "features": st.lists(st.builds(FeatureView, TEXT, TEXT), max_size=2).map(tuple),
            "run": st.none() | st.builds(Run, TEXT, seconds=st.floats(0, 9)),
        }
    ),
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(DETAILS, max_size=8), st.integers(0, 7))
def test_nothing_stored_can_break_a_comparison(details: list[VersionDetail], place: int) -> None:
    """Whatever was recorded: one value a version, a plain form, nothing differs from itself."""
    baseline = place % len(details) if details else 0
    found = compare(details, baseline=baseline)
    for section in found.sections:
        assert len({row.key for row in section.rows}) == len(section.rows)
        for row in section.rows:
            assert len(row.values) == len(row.deltas) == len(details)
            assert row.deltas[baseline] is None
            assert all(0 <= place < len(details) for place in row.best)
            assert row.differs or len(set(row.values)) == 1
    assert json.dumps(plain(found), allow_nan=False)
    if details:
        assert not compare([details[0], details[0]], baseline=1).differs


@settings(max_examples=60)
@given(DETAILS, DETAILS)
def test_the_other_baseline_turns_the_deltas_round(one: VersionDetail, two: VersionDetail) -> None:
    """The same rows differ, and each delta changes its sign."""
    there, back = compare([one, two]), compare([one, two], baseline=1)
    for before, after in zip(there.sections, back.sections, strict=True):
        assert before.differs == after.differs
        if before.name == "weights":  # what one has added the other has removed
            continue
        turned = {row.key: row for row in after.rows}
        for row in before.rows:
            other = turned[row.key]
            assert row.differs == other.differs
            back_again = other.deltas[0]
            assert row.deltas[1] == (None if back_again is None else -back_again)


# What a comparison lays side by side, each with another value than DETAILS make.
CHANGES: dict[str, dict[str, Any]] = {
    "datasets": {"datasets": (Dataset("other data set", split="x"),)},
    "features": {"features": (FeatureView("other view", "store", "9"),)},
    "bases": {"bases": ("hf:other/model",)},
    "code": {"code": Code(commit="abcdef", patch="f" * 64)},
    "run": {"run": Run("other run")},
    "environment": {"environment": Environment(gpu="other card")},
    "card": {"card": "another card altogether, longer than any that is drawn"},
    "files": {"files": (FileEntry("other file", 1, "e" * 64),)},
    "signature": {"inspection": Inspection("x", inputs=(TensorSpec("other", "int8", ()),))},
    "scan": {"inspection": Inspection("x", findings=(Finding("r" * 9, "info", "", ""),))},
    "weights": {"inspection": Inspection("x", weights=Weights("other weights"))},
    "format": {"inspection": Inspection("x", architecture="other architecture")},
    "metrics": {"version": version(1, metrics={"other.metric": 1.0})},
    "params": {"version": version(1, params={"other.param": "1"})},
    "tags": {"version": version(1, tags={"other.tag": "1"})},
}


@pytest.mark.parametrize("section", CHANGES)
@settings(max_examples=8)
@given(of=DETAILS)
def test_every_difference_is_a_row_that_differs(section: str, of: VersionDetail) -> None:
    """Whatever else was recorded, a change is seen in its section."""
    found = compare([of, replace(of, **CHANGES[section])])
    assert found.section(section).differs
    assert found.differing().section(section).rows
