"""Does to a model file what an unfinished copy, a broken disk and an enemy would do to it."""

from __future__ import annotations

from hypothesis import strategies as st

from modelshelf.domain.inspection import Inspection
from modelshelf.formats.looking import look, measure
from modelshelf.formats.registry import gathered
from tests.formats.builders import source

_INSPECTORS = gathered(())


def survives(name: str, data: bytes) -> Inspection:
    """Look and measure in this process, and check what holds for whatever the bytes are."""
    given = source(name, data)
    found = look(given, _INSPECTORS)
    measure(given, _INSPECTORS)
    assert found.verdict in {"clean", "warning", "dangerous", "incomplete"}
    assert not any(finding.rule.endswith(".failed") for finding in found.findings), found.findings
    if any(finding.severity == "dangerous" for finding in found.findings):
        assert found.verdict == "dangerous"
    return found


def survives_every_cut(name: str, data: bytes, step: int = 1) -> None:
    """Cut the file at every length, or at every so many."""
    for length in range(0, len(data), step):
        survives(name, data[:length])
        assert measure(source(name, data[:length]), _INSPECTORS).whole is not True, length


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Give the bytes with some of them replaced, removed, repeated or made extreme."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        length = draw(st.integers(1, 12))
        kind = draw(st.sampled_from(("set", "insert", "delete", "repeat", "extreme")))
        if kind == "set":
            data[at : at + 1] = draw(st.binary(min_size=1, max_size=4))
        elif kind == "insert":
            data[at:at] = draw(st.binary(max_size=8))
        elif kind == "delete":
            del data[at : at + length]
        elif kind == "repeat":
            data[at:at] = data[at : at + length] * draw(st.integers(1, 3))
        else:
            data[at : at + 8] = draw(
                st.sampled_from(
                    (b"\xff" * 8, bytes(8), b"\xff" * 7 + b"\x7f", b"\x7f" + b"\xff" * 7)
                )
            )
    return bytes(data)
