"""The gate ``signature``: what may stand in for the present holder, and what differs if not."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.gates.case import Candidate
from modelshelf.domain.gates.judging import judge
from modelshelf.domain.inspection import Inspection, TensorSpec
from modelshelf.domain.models import VersionDetail
from modelshelf.domain.promotion import Verdict
from tests.domain.judged import FULL, NO_TOOLS, case, use, verdict, version

Shape = tuple[int | str | None, ...]
COMPATIBLE, SAME = use("signature"), use("signature", allow="same")
X = TensorSpec("x", "float32", ("batch", 4))
Y = TensorSpec("y", "float32", ("batch", 1))
OTHER = "the input x is"
INPUT, OUTPUT = "and not float32[batch, 4]", "and not float32[batch, 1]"


def holder(
    *, inputs: tuple[TensorSpec, ...] = (X,), outputs: tuple[TensorSpec, ...] = (Y,)
) -> VersionDetail:
    """Return the present holder, churn:v1, with this signature."""
    return replace(version(1), inspection=Inspection("onnx", inputs=inputs, outputs=outputs))


def asked(
    inputs: tuple[TensorSpec, ...] = (X,),
    outputs: tuple[TensorSpec, ...] = (Y,),
    *,
    baseline: VersionDetail | None = None,
    allow: str = "compatible",
) -> Verdict:
    """Return the verdict on churn:v2 with this signature."""
    detail = replace(FULL, inspection=Inspection("onnx", inputs=inputs, outputs=outputs))
    gate = SAME if allow == "same" else COMPATIBLE
    return verdict(gate, Candidate(detail), baseline=baseline or holder())


def test_the_first_holder_is_compared_with_nothing() -> None:
    """With nobody to stand in for, any signature passes."""
    found = verdict(COMPATIBLE)
    assert (found.outcome, found.observed) == ("pass", "nobody holds it")
    assert found.message == ("nobody holds production yet, so churn:v2 is compared with nothing")


def test_who_holds_it_alone_is_compared_with_nothing() -> None:
    """The sentence does not say that nobody does."""
    given = replace(case(COMPATIBLE), alone=True)
    found = judge(given, NO_TOOLS)[-1]
    assert (found.outcome, found.observed) == ("pass", "nobody else holds it")
    assert found.message == "nobody else holds production, so churn:v2 is compared with nothing"


def test_what_is_not_known_cannot_be_compared() -> None:
    """A file that declares nothing fails on either side, unless both are the same bytes."""
    found = asked((), ())
    assert found.outcome == "fail"
    assert found.message == (
        "churn:v2 cannot be compared with churn:v1: churn:v2 declares no inputs and outputs"
    )
    assert asked(baseline=holder(inputs=(), outputs=())).message == (
        "churn:v2 cannot be compared with churn:v1: churn:v1 declares no inputs and outputs"
    )
    assert verdict(COMPATIBLE, baseline=FULL).message == "churn:v2 has the bytes of churn:v2"


@pytest.mark.parametrize(
    ("inputs", "outputs", "said"),
    [
        ((), (Y,), "the input x is not taken"),
        ((replace(X, dtype="float64"),), (Y,), f"{OTHER} float64[batch, 4] {INPUT}"),
        ((replace(X, shape=("n", 5)),), (Y,), f"{OTHER} float32[n, 5] {INPUT}"),
        ((replace(X, shape=(8, 4)),), (Y,), f"{OTHER} float32[8, 4] {INPUT}"),
        ((replace(X, shape=(4,)),), (Y,), f"{OTHER} float32[4] {INPUT}"),
        ((X, TensorSpec("z", "int64", ())), (Y,), "the input z is asked for"),
        ((X, X), (Y,), "the input x (2) is asked for"),
        ((X,), (), "the output y is not given"),
        ((X,), (replace(Y, shape=(None, 3)),), f"the output y is float32[?, 3] {OUTPUT}"),
        ((X,), (replace(Y, dtype=""),), f"the output y is unknown[batch, 1] {OUTPUT}"),
    ],
)
def test_what_differs_is_said(
    inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...], said: str
) -> None:
    """Each way in which a caller would stumble has its sentence."""
    found = asked(inputs, outputs)
    assert found.outcome == "fail"
    assert found.message == f"churn:v2 cannot stand in for churn:v1: {said}"
    assert found.observed == said


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ((replace(X, shape=(None, 4)),), (Y,)),
        ((replace(X, shape=("n", "features")),), (Y,)),
        ((replace(X, shape=("...", 4)),), (Y,)),
        ((replace(X, shape=("...",)),), (Y,)),
        ((X,), (Y, TensorSpec("more", "int64", ()))),
        ((X,), (replace(Y, shape=(None, None)),)),
    ],
)
def test_what_takes_more_and_gives_more_is_compatible(
    inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...]
) -> None:
    """Open sizes of inputs and further outputs disturb no caller."""
    found = asked(inputs, outputs)
    assert (found.outcome, found.observed) == ("pass", "compatible")
    assert found.message == "churn:v2 can stand in for churn:v1"


def test_the_same_signature_is_the_same_in_order() -> None:
    """What symbols are called does not matter; the order does."""
    renamed = replace(X, shape=("N", 4))
    found = asked((renamed,), allow="same")
    assert found.message == "churn:v2 has the signature of churn:v1"
    other = TensorSpec("z", "int64", ())
    turned = asked((other, X), baseline=holder(inputs=(X, other)), allow="same")
    assert turned.observed == "the inputs come in another order"
    assert asked((replace(X, shape=("n", "m")),), allow="same").outcome == "fail"
    assert asked((X,), (Y, other), allow="same").observed == "the output z is new"
    missing = asked((other,), allow="same").observed
    assert missing == "the input x is missing; the input z is new"


def test_one_symbol_cannot_stand_for_two_numbers() -> None:
    """A version that wants a square does not take what the holder took."""
    oblong = holder(inputs=(replace(X, shape=(2, 4)),))
    assert asked((replace(X, shape=("n", "n")),), baseline=oblong).outcome == "fail"
    square = holder(inputs=(replace(X, shape=(4, 4)),))
    assert asked((replace(X, shape=("n", "n")),), baseline=square).outcome == "pass"


def test_any_number_of_sizes_is_more_than_some() -> None:
    """Who took any shape is not replaced by who takes two sizes."""
    anything = holder(inputs=(replace(X, shape=("...",)),))
    assert asked(baseline=anything).outcome == "fail"
    assert asked((replace(X, shape=("...",)),), baseline=anything).outcome == "pass"


def test_very_different_signatures_stay_short() -> None:
    """Of hundreds of differences the first are named, and how many more there are."""
    many = tuple(TensorSpec(f"\x1b{n}", "float32", (1,) * 500) for n in range(300))
    found = asked(many, baseline=holder(inputs=()))
    assert found.message.endswith("; 294 more")
    assert "\x1b" not in found.message
    assert len(found.message) < 2_000


SIZES = st.one_of(st.none(), st.sampled_from(["n", "m", "..."]), st.integers(1, 3))
SPECS = st.builds(
    TensorSpec,
    st.sampled_from(["x", "y"]),
    st.sampled_from(["float32", "int64"]),
    st.lists(SIZES, max_size=3).map(tuple),
)
SIGNATURES = st.lists(SPECS, max_size=3).map(tuple)


def fits(shape: Shape, sizes: tuple[int, ...]) -> bool:
    """Whether a tensor of these sizes fits a declared shape, whatever its symbols are called."""
    if "..." in shape:
        at = shape.index("...")
        if shape.count("...") > 1 or len(sizes) < len(shape) - 1:
            return shape.count("...") > 1
        tail = len(shape) - at - 1
        head, end = sizes[:at], sizes[len(sizes) - tail :]
        return fits(shape[:at], head) and fits(shape[at + 1 :], end)
    return len(shape) == len(sizes) and all(
        not isinstance(want, int) or want == size for want, size in zip(shape, sizes, strict=True)
    )


@given(SIGNATURES, SIGNATURES, SIGNATURES, SIGNATURES)
def test_a_caller_of_the_holder_can_call_what_is_compatible(
    inputs: tuple[TensorSpec, ...],
    outputs: tuple[TensorSpec, ...],
    base_inputs: tuple[TensorSpec, ...],
    base_outputs: tuple[TensorSpec, ...],
) -> None:
    """Whatever the holder took, a compatible version takes; and it asks for nothing else."""
    baseline = holder(inputs=base_inputs, outputs=base_outputs)
    found = asked(inputs, outputs, baseline=baseline)
    if found.outcome == "fail":
        assert found.observed
        assert asked(inputs, outputs, baseline=baseline, allow="same").outcome == "fail"
        return
    assert sorted(spec.name for spec in inputs) == sorted(spec.name for spec in base_inputs)
    taken = {name: [s for s in inputs if s.name == name] for name in ("x", "y")}
    for spec in base_inputs:
        here = taken[spec.name].pop(0)
        assert here.dtype == spec.dtype
        for rank in range(4):
            for sizes in product((1, 2, 3), repeat=rank):
                assert fits(here.shape, sizes) or not fits(spec.shape, sizes)
    assert {s.name for s in base_outputs} <= {s.name for s in outputs}


@given(SIGNATURES, SIGNATURES)
def test_every_signature_is_its_own_equal(
    inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...]
) -> None:
    """A version can stand in for one that declares the same, if anything is declared at all."""
    baseline = holder(inputs=inputs, outputs=outputs)
    for allow in ("same", "compatible"):
        found = asked(inputs, outputs, baseline=baseline, allow=allow)
        assert found.outcome == ("pass" if inputs or outputs else "fail")
