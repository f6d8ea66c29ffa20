"""Inspectors of other people: declared by packages, fenced in, and never able to break ours."""

from __future__ import annotations

import pickle
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from modelshelf.domain.inspection import Inspection
from modelshelf.formats import Source, registry
from modelshelf.formats import findings as say
from modelshelf.formats.interface import CERTAIN, LIKELY, Extent, Inspector
from modelshelf.formats.looking import choose, look, measure, tensors
from modelshelf.formats.needing import missing, needs
from modelshelf.formats.registry import gathered, inspectors, notices
from modelshelf.formats.third_party import find
from modelshelf.formats.trouble import Cut
from tests.formats.builders import fixture, folder, rules, source, zipped

PAGE = Path(__file__).parents[2] / "docs" / "inspectors.md"
Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that installs a module with its entry points, as pip would."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    registry._others.cache_clear()

    def installed(code: str, declared: str) -> None:
        (tmp_path / "my_package.py").write_text(code)
        about = tmp_path / "my_package-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[modelshelf.inspectors]\n{declared}")

    yield installed
    for name in set(sys.modules) - before:
        if name.startswith("my_package"):
            del sys.modules[name]
    registry._others.cache_clear()


def block(language: str) -> str:
    """Return the first block of code in one language from the page for authors."""
    match = re.search(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert match is not None
    return match[1]


def test_the_example_of_the_page_works(install: Install) -> None:
    """It is found, asked, and answers all five questions."""
    assert 'tally = "my_package.tally:Tally"' in block("toml")
    install(block("python"), "tally = my_package:Tally\n")
    found = find()
    assert found.notices == ()
    every = gathered(found.inspectors)
    given = source("x.bin", b"TALLY\x02" + bytes(8))
    assert look(given, every).format == "tally"
    assert look(given, every).verdict == "clean"
    assert measure(given, every) == Extent(14, whole=True)
    assert [(each.name, each.start, each.length) for each in tensors(given, every)] == [
        ("counts", 6, 8)
    ]
    assert needs(given, every) == ("labels.txt",)
    short = look(source("x.bin", b"TALLY\x02"), every)
    assert (short.format, short.verdict, rules(short)) == (
        "tally",
        "dangerous",
        {"tally.malformed"},
    )
    inside = folder("f", {"x.bin": b"TALLY\x02" + bytes(8)})
    assert look(inside, every).format == "tally"
    assert missing(inside, every) == ("labels.txt",)


BAD = """
raise_it = 1 / 0
"""
ODD = """
def nothing(): return None
def fails(): raise SystemError("no")
class NoName:
    kind = "file"
    def sniff(self, head, source): return 0
    def inspect(self, source): return None
class NoKind(NoName):
    name, kind = "x", "drawer"
class NoMethod:
    name, kind = "x", "file"
    sniff = 7
class TwoWords(NoName):
    name = "two words"
class Good(NoName):
    name = "good"
"""


def test_what_cannot_be_used_is_listed_and_left_out(install: Install) -> None:
    """Whatever is wrong with the one, the others are there."""
    names = ("nothing", "fails", "NoName", "NoKind", "NoMethod", "TwoWords", "Good", "absent")
    install(ODD, "".join(f"{name} = my_package:{name}\n" for name in names) + "gone = no_such:X\n")
    found = find()
    assert [each.name for each in found.inspectors] == ["good"]
    assert {each.where for each in found.notices} == {*names, "gone"} - {"Good"}
    assert {(each.rule, each.severity) for each in found.notices} == {
        ("inspector.unusable", "info")
    }
    assert len(inspectors()) == len(gathered([])) + 1
    assert notices() == found.notices


def test_a_module_that_fails_to_import_breaks_nothing(install: Install) -> None:
    """It is named with what it said."""
    install(BAD, "bad = my_package:x\n")
    found = find()
    assert found.inspectors == ()
    assert "ZeroDivisionError" in found.notices[0].detail
    assert inspectors() == gathered([])


class Greedy:
    """An inspector that wants every file."""

    name = "greedy"
    kind: Any = "file"

    def __init__(self, answer: object = None, sure: object = 1_000) -> None:
        """Answer so."""
        self.answer = Inspection("greedy") if answer is None else answer
        self.sure: Any = sure

    def sniff(self, head: bytes, source: Source) -> int:
        """Be sure."""
        del head, source
        if isinstance(self.sure, Exception):
            raise self.sure
        sure: int = self.sure
        return sure

    def inspect(self, source: Source) -> Inspection:
        """Answer."""
        del source
        if isinstance(self.answer, Exception):
            raise self.answer
        answer: Any = self.answer
        return answer  # type: ignore[no-any-return]


def every(other: Any) -> tuple[Inspector, ...]:  # noqa: ANN401 - whatever a package may bring
    """Return all inspectors and one more."""
    return gathered([other])


def test_certainty_of_ours_is_not_outranked() -> None:
    """A GGUF file stays one, whoever claims it."""
    assert look(source("m.gguf", fixture("tiny.gguf")), every(Greedy())).format == "gguf"


def test_a_dangerous_pickle_stays_dangerous_whoever_claims_it() -> None:
    """Under any name, in a zip, or in a folder."""
    bad = b"cos\nsystem\n(S'true'\ntR."
    for given in (
        source("m.pkl", bad),
        source("m.greedy", bad),
        source("m.zip", zipped({"a": bad})),
        folder("f", {"m.pkl": bad}),
    ):
        claimed = Greedy()
        claimed.kind = given.kind
        found = look(given, every(claimed))
        assert found.verdict == "dangerous", given.name
        assert "pickle.global.dangerous" in rules(found), given.name


def test_what_ours_do_not_know_is_no_reproach() -> None:
    """Neither of unknown bytes, nor of a name that promises something else."""
    for name in ("x.bin", "x.onnx", "x.zip"):
        found = look(source(name, bytes(range(200))), every(Greedy()))
        assert (found.format, found.verdict, rules(found)) == ("greedy", "clean", set())
    found = look(source("x.zip", zipped({"a": b"b"})), every(Greedy()))
    assert (found.verdict, rules(found)) == ("clean", set())


def test_its_own_findings_count() -> None:
    """As ours do."""
    own = Inspection("greedy", findings=(say.warning("greedy.odd", "x", "odd"),), verdict="warning")
    found = look(source("x.bin", b"\x00\x01"), every(Greedy(own)))
    assert (found.verdict, rules(found)) == ("warning", {"greedy.odd"})


@pytest.mark.parametrize(
    "answer",
    [
        TypeError("no"),
        AttributeError("x"),
        RuntimeError("y"),
        7,
        "clean",
        ["x"],
        Inspection("greedy", framework=7),  # type: ignore[arg-type]
        Inspection("greedy", metadata={"a": 1}),  # type: ignore[dict-item]
    ],
)
def test_what_it_raises_or_returns_becomes_a_finding(answer: object) -> None:
    """And the verdict is that the look was not finished."""
    found = look(source("x.bin", b"\x00"), every(Greedy(answer)))
    assert (found.format, found.verdict) == ("greedy", "incomplete")
    assert rules(found) == {"greedy.failed"}


@pytest.mark.parametrize("sure", [TypeError("no"), KeyError("x"), "very", None, [], -5])
def test_one_that_fails_to_sniff_is_not_there(sure: object) -> None:
    """The others are asked as if it were not installed."""
    given = source("x.txt", b"words")
    assert choose(given, every(Greedy(sure=sure))).name == "unknown"


def test_a_folder_can_be_somebodys() -> None:
    """Its files are looked into all the same, by everybody's inspectors."""
    claimed = Greedy(Inspection("greedy", framework="Mine"), LIKELY + 1)
    claimed.kind = "folder"
    found = look(folder("f", {"a.bin": bytes(9), "b.pkl": pickle.dumps([1])}), every(claimed))
    assert (found.format, found.framework, found.verdict) == ("greedy", "Mine", "warning")
    assert "pickle.can_execute" in rules(found)
    assert look(source("a.bin", bytes(9)), every(claimed)).format == "unknown"


class Careless(Greedy):
    """One whose other answers are wrong."""

    def extent(self, source: Source) -> Extent:
        """Fail, or not."""
        if source.name == "cut":
            raise Cut("cut")
        raise TypeError(source.name)

    def tensors(self, source: Source) -> list[object]:
        """Return what is no place."""
        return [source]

    def needs(self, source: Source) -> list[object]:
        """Return what is no name."""
        return [source, "../x"]


def test_wrong_answers_to_the_other_questions_are_none() -> None:
    """Except that a file which it calls cut is cut."""
    others = every(Careless())
    given = source("x.bin", b"\x00")
    assert (measure(given, others), tensors(given, others), needs(given, others)) == (
        Extent(),
        (),
        (),
    )
    assert measure(source("cut", b"\x00"), others) == Extent(whole=False)


def test_questions_that_it_does_not_answer_have_no_answer() -> None:
    """Only sniffing and inspecting are required."""
    given = source("x.bin", b"\x00")
    others = every(Greedy())
    assert (measure(given, others), tensors(given, others), needs(given, others)) == (
        Extent(),
        (),
        (),
    )
    assert choose(given, others).sniff(b"", given) == CERTAIN
