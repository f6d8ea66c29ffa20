"""The gate ``signature``: whoever calls the present holder can call the version in its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.domain.gates.saying import Answer, told
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.gates.case import Candidate, Case, Tools
    from modelshelf.domain.inspection import TensorSpec
    from modelshelf.domain.models import VersionDetail
    from modelshelf.domain.policy import Gate

    Size = int | str | None

_ANY = "..."  # any number of sizes
_SAID_MOST = 6
_SIZES_SHOWN = 12


def signature(gate: Gate, candidate: Candidate, case: Case, _tools: Tools) -> Answer:
    """Compare the declared inputs and outputs with those of the present holder.

    With ``allow = "compatible"`` every input of the holder must be taken as it is (the same name
    and type, sizes equal or left open by the version), no other input may be asked for, and every
    output must be given with the same name, type and number of sizes, and with no known size
    changed; more outputs are fine. With ``"same"`` both lists must be equal, in order; what a
    symbolic size is called does not matter.
    """
    allow = told(gate, "allow")
    mine, baseline = candidate.detail, case.baseline
    name = mine.version.reference
    if baseline is None:
        required = f"the holder of {case.stage.name}, {allow}"
        said = f"{case.unheld}, so {name} is compared with nothing"
        observed = "nobody else holds it" if case.alone else "nobody holds it"
        return Answer("pass", observed, required, said)
    other = baseline.version.reference
    required = f"the inputs and outputs of {other}, {allow}"
    if mine.version.digest == baseline.version.digest:
        return Answer("pass", "the same bytes", required, f"{name} has the bytes of {other}")
    for detail in (mine, baseline):
        if not detail.inspection.inputs and not detail.inspection.outputs:
            said = (
                f"{name} cannot be compared with {other}:"
                f" {detail.version.reference} declares no inputs and outputs"
            )
            return Answer("fail", f"{detail.version.reference}: unknown", required, said)
    differ = list(_differ(mine, baseline, same=allow == "same"))
    if differ:
        more = f"; {len(differ) - _SAID_MOST} more" if len(differ) > _SAID_MOST else ""
        shown = "; ".join(differ[:_SAID_MOST]) + more
        return Answer("fail", shown, required, f"{name} cannot stand in for {other}: {shown}")
    said = f"{name} {'has the signature of' if allow == 'same' else 'can stand in for'} {other}"
    return Answer("pass", "the same" if allow == "same" else "compatible", required, said)


def _differ(mine: VersionDetail, other: VersionDetail, *, same: bool) -> Iterator[str]:
    seen, base = mine.inspection, other.inspection
    if same:
        yield from _unequal("input", seen.inputs, base.inputs)
        yield from _unequal("output", seen.outputs, base.outputs)
    else:
        yield from _untaken(seen.inputs, base.inputs)
        yield from _ungiven(seen.outputs, base.outputs)


def _unequal(kind: str, mine: Sequence[TensorSpec], base: Sequence[TensorSpec]) -> Iterator[str]:
    keyed, wanted = _keyed(mine), _keyed(base)
    yield from (f"{_call(kind, key)} is missing" for key in wanted if key not in keyed)
    yield from (f"{_call(kind, key)} is new" for key in keyed if key not in wanted)
    for key, spec in wanted.items():
        here = keyed.get(key)
        if here is not None and (
            here.dtype != spec.dtype or _nameless(here.shape) != _nameless(spec.shape)
        ):
            yield f"{_call(kind, key)} is {_text(here)} and not {_text(spec)}"
    if keyed.keys() == wanted.keys() and list(keyed) != list(wanted):
        yield f"the {kind}s come in another order"


def _untaken(mine: Sequence[TensorSpec], base: Sequence[TensorSpec]) -> Iterator[str]:
    """Say which inputs of the holder are not taken as they are."""
    keyed, wanted = _keyed(mine), _keyed(base)
    bound: dict[str, int] = {}
    for key, spec in wanted.items():
        here = keyed.get(key)
        if here is None:
            yield f"{_call('input', key)} is not taken"
        elif here.dtype != spec.dtype or not _takes(here.shape, spec.shape, bound):
            yield f"{_call('input', key)} is {_text(here)} and not {_text(spec)}"
    yield from (f"{_call('input', key)} is asked for" for key in keyed if key not in wanted)


def _ungiven(mine: Sequence[TensorSpec], base: Sequence[TensorSpec]) -> Iterator[str]:
    """Say which outputs of the holder are not given as they were."""
    keyed = _keyed(mine)
    for key, spec in _keyed(base).items():
        here = keyed.get(key)
        if here is None:
            yield f"{_call('output', key)} is not given"
        elif here.dtype != spec.dtype or not _gives(here.shape, spec.shape):
            yield f"{_call('output', key)} is {_text(here)} and not {_text(spec)}"


def _takes(mine: Sequence[Size], base: Sequence[Size], bound: dict[str, int]) -> bool:
    """Whether whatever fits ``base`` fits ``mine``; ``bound`` holds what symbols stand for."""
    if _ANY in mine:
        if _ANY in base:
            return _nameless(mine) == _nameless(base)
        at = mine.index(_ANY)
        tail = len(mine) - at - 1
        if _ANY in mine[at + 1 :] or len(base) < at + tail:
            return False
        pairs = [*zip(mine[:at], base, strict=False)]
        pairs += zip(mine[at + 1 :], base[len(base) - tail :], strict=True)
    elif _ANY in base or len(mine) != len(base):
        return False
    else:
        pairs = [*zip(mine, base, strict=True)]
    return all(_takes_size(size, wanted, bound) for size, wanted in pairs)


def _takes_size(mine: Size, base: Size, bound: dict[str, int]) -> bool:
    if isinstance(mine, int):
        return mine == base
    if isinstance(mine, str) and isinstance(base, int):  # one symbol cannot be two numbers
        return bound.setdefault(mine, base) == base
    return True


def _gives(mine: Sequence[Size], base: Sequence[Size]) -> bool:
    """Whether a result of shape ``mine`` can be read by who reads ``base``."""
    if _ANY in mine or _ANY in base:
        return _nameless(mine) == _nameless(base)
    return len(mine) == len(base) and all(
        not (isinstance(here, int) and isinstance(there, int)) or here == there
        for here, there in zip(mine, base, strict=True)
    )


def _keyed(specs: Sequence[TensorSpec]) -> dict[tuple[str, int], TensorSpec]:
    """Return the specs by name and, for a name that stands several times, which of them it is."""
    counts: dict[str, int] = {}
    keyed: dict[tuple[str, int], TensorSpec] = {}
    for spec in specs:
        counts[spec.name] = counts.get(spec.name, 0) + 1
        keyed[spec.name, counts[spec.name]] = spec
    return keyed


def _nameless(shape: Sequence[Size]) -> tuple[Size, ...]:
    return tuple(None if isinstance(size, str) and size != _ANY else size for size in shape)


def _call(kind: str, key: tuple[str, int]) -> str:
    name, count = key
    shown = f"the {kind} {safe(name, 80)}" if name else f"an {kind} without a name"
    return shown if count == 1 else f"{shown} ({count})"


def _text(spec: TensorSpec) -> str:
    sizes = ["?" if size is None else safe(size, 30) for size in spec.shape[:_SIZES_SHOWN]]
    more = ", …" if len(spec.shape) > _SIZES_SHOWN else ""
    return f"{safe(spec.dtype, 40) or 'unknown'}[{', '.join(sizes)}{more}]"
