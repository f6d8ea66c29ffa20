"""docs/formats.md tells every format, every field and every rule there is, and no other."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from modelshelf.domain.inspection import Inspection
from modelshelf.formats.findings import judge
from modelshelf.formats.interface import Weighing
from modelshelf.formats.registry import gathered
from modelshelf.formats.scanner import SCANNER
from modelshelf.formats.worker.setup import Setup
from tests.contracts.said_by_inspectors import ANY, Rules, Source, fields_in, rules_in, source_of
from tests.contracts.tree import PACKAGE, ROOT, sections

PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
WORD = re.compile(r"`([^`]+)`")
# Words of one inspector under the name that the inspector itself has.
OF_INSPECTOR = {"joblib": "pickle", "keras-h5": "hdf5", "torchscript": "torch"}

Rows = list[list[str]]


def tables(title: str, page: str = PAGE) -> Rows:
    """Return the rows of all tables below a heading, without the dashes, cell by cell."""
    (section,) = (each for each in sections(page) if each.title == title)
    lines = (line for line in section.text.splitlines() if line.startswith("| "))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def words(title: str) -> set[str]:
    """Return the words in the first column of the tables below a heading."""
    return {word for row in tables(title) for word in WORD.findall(row[0])}


def told_rules(page: str = PAGE) -> dict[str, set[str]]:
    """Return all rules that the page has a row for, with their severities."""
    rows = (row for row in tables("Scan", page) if re.fullmatch(r"`[^`]+\.[^`]+`", row[0]))
    return {row[0].strip("`"): set(re.findall(r"info|warning|dangerous", row[1])) for row in rows}


@cache
def said() -> Rules:
    """Return the rules that the code can give a finding."""
    return rules_in(source_of(PACKAGE))


def inspectors() -> set[str]:
    """Return the names of our inspectors."""
    return {each.name for each in gathered(())}


def untold(rules: dict[str, set[str]], told: dict[str, set[str]]) -> set[str]:
    """Return the rules without a row; one row is for what every inspector may say."""
    common = {rule.replace(ANY, name) for name in inspectors() for rule in told if ANY in rule}
    return rules.keys() - told.keys() - common


def test_every_rule_is_told() -> None:
    """A finding cannot have a rule that docs/formats.md does not explain."""
    assert untold(said().severities, told_rules()) == set()


def test_every_told_rule_exists() -> None:
    """docs/formats.md explains no rule that no code has, and each only once."""
    told = told_rules()
    assert told.keys() - said().severities.keys() == set()
    assert len(told) == sum(row[0].strip("`") in told for row in tables("Scan"))


def test_the_severities_are_those_of_the_code() -> None:
    """Each rule is told with the severities that its findings can have."""
    told = told_rules()
    assert told == {rule: said().severities.get(rule) for rule in told}


def test_no_rule_is_out_of_sight() -> None:
    """Each rule in the code can be read there; only that of a lost child is passed on."""
    assert said().passed_on == {"lost.rule"}


def test_every_rule_has_its_sentence() -> None:
    """Each row has four cells, and all but what is merely worth knowing say what to do."""
    rows = [row for row in tables("Scan") if row[0].strip("`") in told_rules()]
    assert [row for row in rows if len(row) != 4 or not row[2]] == []
    assert [row[0] for row in rows if row[1].startswith("dangerous") and not row[3]] == []


def test_every_format_is_told() -> None:
    """The tables have each word that can be recorded as a format, and no other."""
    recorded = fields_in(source_of(PACKAGE)).keys() | inspectors()
    assert words("Files") | words("Folders") == recorded


def test_what_is_told_of_each_format_is_what_it_gives() -> None:
    """The signs in the table of fields stand where an inspector gives the field."""
    head, *rows = tables("What is told of each")
    given = fields_in(source_of(PACKAGE))
    weighing = {each.name for each in gathered(()) if isinstance(each, Weighing)}
    assert set(head[1:]) - {"digests"} <= Inspection.__dataclass_fields__.keys()
    for row in rows:
        formats = WORD.findall(row[0])
        fields: set[str] = set().union(*(given[word] for word in formats))
        if {OF_INSPECTOR.get(word, word) for word in formats} & weighing:
            fields.add("digests")
        told = {name for name, sign in zip(head[1:], row[1:], strict=True) if sign == "✓"}
        assert (row[0], told) == (row[0], fields & set(head[1:]))


def test_every_format_of_files_has_its_fields() -> None:
    """Each format of the table of files has one row in the table of fields."""
    rows = tables("What is told of each")[1:]
    listed = [word for row in rows for word in WORD.findall(row[0])]
    assert sorted(listed) == sorted(words("Files"))


def test_the_verdicts_are_in_their_order() -> None:
    """The table of verdicts goes from the least to the gravest, as findings are judged."""
    listed = [word for row in tables("Verdicts")[1:] for word in WORD.findall(row[0])]
    assert listed == ["clean", "warning", "incomplete", "dangerous"]
    assert judge(()) == "clean"
    assert judge((), finished=False) == "incomplete"


def test_the_limits_are_those_of_the_child() -> None:
    """The figures for memory, time and waiting are the ones that children get."""
    limits = {row[0]: row[1] for row in tables("Limits")}
    setup = Setup()
    assert limits["memory"].startswith(f"{setup.memory >> 30} GiB")
    megabytes = setup.bytes_per_second // 1_000_000
    assert limits["processor time"] == f"{setup.seconds} s, and 1 s more for every {megabytes} MB"
    assert (limits["waiting"], setup.patience) == ("three times as long", 3)
    assert f"`{SCANNER}; picklescan " in PAGE


CODE = """
NAME = "found.elsewhere"

class One:
    name = "one"
    def inspect(self, source):
        judge(source, self.name)
        say.info(NAME, "", "")
        for rule, texts in (("loop.first", a), ("loop.second", b)):
            say.dangerous(rule, "", "")
        log.warning("Not a rule at all.")
        raise Malformed("broken", rule="one.broken")

def judge(source, family):
    say.warning(f"{family}.odd", "", "")
    rule = error.rule or "local.name"
    say.dangerous(rule, "", "")
    say.warning(f"{source.format}.any", "", "")
    return say.info(source.rule, "", "")
"""


def test_a_new_rule_would_be_seen() -> None:
    """The measure itself: constants, loops, choices, prefixes and exceptions are followed."""
    found = rules_in(Source({Path("one.py"): CODE}))
    assert found.severities == {
        "found.elsewhere": {"info"},
        "loop.first": {"dangerous"},
        "loop.second": {"dangerous"},
        "one.broken": {"dangerous"},
        "one.odd": {"warning"},
        "local.name": {"dangerous"},
        "<format>.any": {"warning"},
    }
    assert found.passed_on == {"source.rule"}
    assert untold(found.severities, {"one.odd": set()}) >= {"one.broken", "found.elsewhere"}
    assert untold({"onnx.limit": set()}, {"<format>.limit": set()}) == set()


def test_a_rule_without_a_row_would_be_seen() -> None:
    """The measure itself: when a row is taken away from the page, its rule is missing."""
    lines = PAGE.splitlines(keepends=True)
    without = "".join(line for line in lines if not line.startswith("| `zip.bomb`"))
    assert untold(said().severities, told_rules(without)) == {"zip.bomb"}
