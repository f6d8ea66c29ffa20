"""Cards made from facts: whatever the texts are, they stay texts; what is unknown is said so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from modelshelf.domain.cards import CardItem, CardScore, markdown
from modelshelf.domain.cards.facts import CardFacts, hub_name
from modelshelf.domain.cards.head import head
from modelshelf.domain.cards.reading import said_under, split
from modelshelf.domain.cards.rendering import body
from modelshelf.domain.cards.scoring import score
from modelshelf.domain.content import FileEntry
from modelshelf.domain.inspection import Inspection, TensorSpec
from modelshelf.domain.lineage_answers import Obligation
from modelshelf.domain.models import ModelVersion, RegisteredModel, VersionDetail
from modelshelf.domain.provenance import Code, Dataset, Environment, Run
from modelshelf.domain.provenance.measured import FeatureView, MetricSource
from modelshelf.domain.reproduction import ComparedMetric, Report, Reproduction
from modelshelf.domain.stages import Assignment, Holder
from modelshelf.domain.text import safe
from modelshelf.registry.carding import _yaml
from tests.sentences import is_harmless

if TYPE_CHECKING:
    from markdown_it.token import Token

AT = datetime(2026, 3, 1, tzinfo=UTC)
HOSTILE = [
    "---", "...", "- a", "# Heading", "a\n\n# Heading", "<script>alert(1)</script>", "<!-- x",
    "[a](javascript:alert(1))", "![a](http://x/y.png)", "a | b", "`code`", "``", "`", "*bold*",
    "_under_", "~~gone~~", "~~~", "```", "1. one", "1) one", "> quote", "===", "&lt;b&gt;", "&amp;",
    "\\", "\\|", "a\\", "$x$", "[x]: http://evil", "<http://a.b>", "no", "null", "1.0", "1e3",
    "2024-01-01", "{a: b}", "[a, b]", "a: b", "a #b", "'", '"', "@x", "%TAG", "!!python/object:x",
    "&anchor", "*alias", "\x1b[2J", "\u202egnp", "\u2028", "é", "日本", "👍🏽", "\ud800", " ", "",
]  # fmt: skip
WORDS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30))
RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def facts_of(*, said: str = "x", **details: Any) -> CardFacts:  # noqa: ANN401 - any field of a version
    """Return facts in which every text is ``said``; and what else is given."""
    version = ModelVersion(
        id=3, model="m", number=2, digest="d" * 64, kind="file", name=said, size=10,
        format="onnx", verdict="clean", created_at=AT, created_by=said, stage="production",
        weight=40, stages={"production": 40}, archived=False, yanked=said or None, freed=False,
        metrics={said: 0.5, "loss": 1e-7}, params={said: said}, tags={said: said, "team": said},
    )  # fmt: skip
    detail = VersionDetail(
        version=version,
        description=said,
        card="",
        files=(FileEntry(said, 10, "e" * 64),),
        inspection=Inspection(
            "onnx", framework=said, inputs=(TensorSpec(said, said, (1, said, None)),),
            architecture=said, license=said, producer=said, quantization=said, version=said,
        ),
        run=Run(said, said, 1.5, said),
        code=Code(said, "abc123", dirty=True, entry=said, command=(said, said), directory=said),
        datasets=(
            Dataset(said, version=said, uri=said, split=said, license=said),
            Dataset(said, "evaluated_on", version="1"),
        ),
        environment=Environment(said, said, {said: said}, said, said),
        base=said,
        derived=(),
        source=said,
        bases=(said, "hf:org/name@main"),
        features=(FeatureView(said, said, said),),
        metric_sources={said: MetricSource(said, said, "higher", said)},
    )  # fmt: skip
    return CardFacts(
        replace(detail, **details),
        RegisteredModel(1, "m", (), said, said, {}, AT, said, False, 2, 2, {}, AT),  # noqa: FBT003
        assignments=(Assignment(7, "m", said, (Holder(3, "m:v2", 40),), AT, said, said),),
        obligations=(Obligation(said, "version", said, 0, (said,), known=True),),
        reproduction=Reproduction(
            9, "m:v2", Report("different", said, (ComparedMetric(said, 0.5, None, within=False),)),
            AT, said,
        ),
    )  # fmt: skip


def bare() -> CardFacts:
    """Return the facts of a version of which nothing is known but its bytes."""
    full = facts_of()
    version = replace(
        full.detail.version,
        metrics={},
        params={},
        tags={},
        stages={},
        yanked=None,
        format="unknown",
    )
    detail = VersionDetail(
        version, "", "", (), Inspection("unknown"), None, None, (), None, None, (), "",
    )  # fmt: skip
    return CardFacts(detail, replace(full.model, description="", owner=""))


def tokens(text: str) -> list[Token]:
    """Return everything that a reader of Markdown finds in a text, however deep."""
    found: list[Token] = []
    for token in RENDERER.parse(text):
        found += [token, *(token.children or [])]
    return found


def told(text: str) -> str:
    """Return what somebody reads in the page that a Markdown text becomes."""
    kept = ("text", "code_inline", "text_special", "html_inline", "html_block", "fence")
    return "".join(t.content for t in tokens(text) if t.type in kept)


@given(WORDS)
def test_a_text_stays_one_line_that_means_itself(value: str) -> None:
    """A reader of Markdown shows exactly the harmless text, and finds no markup in it."""
    for before, shown in (("a", f" {markdown.text(value)}"), ("", markdown.line(value))):
        assert "\n" not in shown
        page = f"{before}{shown}"
        kinds = {t.type for t in tokens(page)} - {"inline", "text", "text_special"}
        assert kinds <= {"paragraph_open", "paragraph_close"}, shown
        assert told(page).removeprefix(before).strip() == safe(value, 500).strip()


@given(WORDS)
def test_code_stays_code_and_a_cell_a_cell(value: str) -> None:
    """In a table with other cells, each keeps its place and its text."""
    cells = [markdown.code(value), markdown.text(value), "z"]
    page = "\n".join(markdown.table(("A", "B", "C"), [cells], 10))
    found = tokens(page)
    assert sum(t.type == "td_open" for t in found) == 3
    inner = [t for t in found if t.type == "inline"][3:]
    shown = ["".join(c.content for c in t.children or []) for t in inner]
    harmless = safe(value, 500)
    if harmless.strip():
        assert shown[0].strip() == harmless.strip()
        assert shown[1].strip() == harmless.strip()
    assert shown[2] == "z"
    assert not {"html_inline", "link_open", "image", "s_open", "em_open"} & {t.type for t in found}


@given(WORDS)
def test_a_whole_card_has_only_the_markup_of_its_own(value: str) -> None:
    """With a hostile text in every place: the same headings, no HTML, no links, nothing hidden."""
    page = body(facts_of(said=value))
    expected = body(facts_of(said="x"))
    kinds = [t.type for t in tokens(page)]
    assert not {"html_inline", "html_block", "link_open", "image", "fence", "hr"} & set(kinds)
    assert kinds.count("heading_open") == [t.type for t in tokens(expected)].count("heading_open")
    assert all(is_harmless(line) for line in page.split("\n"))


@given(WORDS)
def test_the_head_is_read_again_as_it_was_meant(value: str) -> None:
    """Any text survives YAML as text, one document, with no line that ends the head."""
    told_head = head(facts_of(said=value))
    written = _yaml(told_head)
    assert yaml.safe_load(written) == told_head
    assert all(line not in ("---", "...") for line in written.split("\n"))
    assert is_harmless(written.replace("\n", ""))
    assert split(f"---\n{written}---\n\n# x\n") == (written, "\n\n# x\n")


def test_a_card_of_nothing_says_unknown_everywhere() -> None:
    """No sentence in it claims what nobody recorded, and the head has nothing to say."""
    page = body(bare())
    for name in ("Owner", "Licence", "Code", "Run", "Base models", "Environment", "Features"):
        assert f"- **{name}:** unknown" in page
    for section in ("Intended use and limits", "Measured", "Signature", "Licences"):
        after = page.partition(f"## {section}\n\n")[2]
        assert after.startswith("Unknown: "), section
    assert page.count("Unknown: ") == 7
    assert head(bare()) == {"tags": ["unknown"]}
    assert body(bare()) == page


def test_the_head_is_that_of_hugging_face() -> None:
    """Licence, library, task, data, bases and results stand where their readers look for them."""
    facts = facts_of(
        inspection=Inspection("onnx", framework="skl2onnx 1.18", license="Apache-2.0"),
        base="churn:v1",
        datasets=(
            Dataset("customers", version="4"),
            Dataset("holdout", "evaluated_on", version="4", split="test"),
        ),
        metric_sources={
            "auc": MetricSource("holdout", "country = DE", by="gate smoke"),
            "f1": MetricSource("holdout"),
        },
        bases=("hf:org/name@main",),
    )
    version = replace(
        facts.detail.version,
        metrics={"auc": 0.9, "f1": 0.8, "loss": 0.1},
        tags={"pipeline_tag": "tabular-classification", "card.risk": "yes", "team": "ml"},
    )
    made = head(replace(facts, detail=replace(facts.detail, version=version)))
    assert made["license"] == "apache-2.0"
    assert made["library_name"] == "onnx"
    assert made["pipeline_tag"] == "tabular-classification"
    assert made["tags"] == ["onnx", "risk", "team:ml"]
    assert made["datasets"] == ["customers"]
    assert made["metrics"] == ["auc", "f1", "loss"]
    assert made["base_model"] == ["churn:v1", "org/name"]
    results = made["model-index"][0]["results"]
    assert [(r["dataset"], [m["value"] for m in r["metrics"]]) for r in results] == [
        (
            {
                "name": "holdout", "type": "holdout", "split": "test", "revision": "4",
                "args": {"slice": "country = DE"},
            },
            [0.9],
        ),
        ({"name": "holdout", "type": "holdout", "split": "test", "revision": "4"}, [0.8]),
        ({"name": "unknown", "type": "unknown"}, [0.1]),
    ]  # fmt: skip


def test_a_licence_that_is_not_known_there_keeps_its_name() -> None:
    """Hugging Face wants "other" and the name beside it."""
    facts = facts_of(inspection=Inspection("onnx", license="Acme-1.0"))
    version = replace(facts.detail.version, tags={})
    made = head(replace(facts, detail=replace(facts.detail, version=version)))
    assert (made["license"], made["license_name"]) == ("other", "Acme-1.0")


def test_lists_have_an_end_and_say_so() -> None:
    """Ten thousand parameters do not make a card of ten thousand rows."""
    facts = facts_of()
    many = {f"p{n:05}": "1" for n in range(10_000)}
    version = replace(facts.detail.version, params=many, metrics=dict.fromkeys(many, 1.0))
    facts = replace(facts, detail=replace(facts.detail, version=version))
    page = body(facts)
    assert "9,800 more are not shown." in page
    assert len(page) < 100_000
    assert len(_yaml(head(facts))) < 100_000


@pytest.mark.parametrize(
    ("base", "there"),
    [("hf:org/name@main", "org/name"), ("hf:org/name", "org/name"), ("churn:v1", "churn:v1")],
)
def test_a_base_is_called_as_its_hub_calls_it(base: str, there: str) -> None:
    """Only what comes from there loses its prefix and revision."""
    assert hub_name(base) == there


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ("# Intended use\n\nRanking.\n", {"intended use"}),
        ("# A\n## B\ntext\n# C\n", {"a", "b"}),
        ("# A\n\n[More Information Needed]\n", set()),
        ("# A\n\nTODO\n\n# B\n- unknown\n", set()),
        ("# A\n<!-- Provide a summary -->\n", set()),
        ("# A\n<!-- never ends\ntext\n", set()),
        ("**License:** mit\n- **Contact:** [More Information Needed]\n", {"license"}),
        ("**Uses**\n\nRanking.\n\nMore.\n", {"uses"}),
        ("Usage\n=====\nrun it\n", {"usage"}),
        ("Usage\n-----\nrun it\n", {"usage"}),
        ("# A\n```\n# not a heading\n```\n", {"a"}),
        ("---\nlicense: mit\n---\n# A\n\nx\n", {"a"}),
        ("# A\n<br>\n<p></p> &nbsp;\n", set()),
        ("# A\n\u200b \xa0\u2014 ??? \U0001f600\n1.\n", set()),
        ("# A\nTODO: write this\n- [ ] tbd\n", set()),
        ("# A\n<https://example.com>\n# B\n<me@example.com>\n# C\n0.93\n", {"a", "b", "c"}),
        ("# A\n限界がある。\n# B\n1. one\n", {"a", "b"}),
        ("#hashtag\n", set()),
        ("####### seven\ntext", set()),
        ("", set()),
    ],
)
def test_a_heading_is_said_when_there_is_text_below_it(card: str, said: set[str]) -> None:
    """Blanks of templates, comments and code in fences are what they are."""
    assert said_under(card) == said


@given(st.text(st.sampled_from("#-*_`~<>!= \n\t[]abc:|"), max_size=200))
def test_any_card_can_be_read(card: str) -> None:
    """Nothing that a person writes ends the reading, and headings are short."""
    assert all(len(each) <= 200 for each in said_under(card))


@pytest.mark.parametrize("piece", ["<!--", "**a", "# a\n", "```\n", "---\n", "- **a**:\n", "_" * 9])
def test_a_hostile_card_of_a_million_characters_is_read_in_time(piece: str) -> None:
    """Nothing is looked at again and again: the clock of the suite would notice."""
    said_under(piece * (1_000_000 // len(piece)))


def items(card: str, facts: CardFacts | None = None, read: Any = None) -> dict[str, CardItem]:  # noqa: ANN401 - YAML
    """Return what is said about each item."""
    given_facts = facts or bare()
    with_card = replace(given_facts, detail=replace(given_facts.detail, card=card))
    return {item.name: item for item in score(with_card, read).items}


def test_an_item_is_said_by_the_card_or_by_the_registry() -> None:
    """Where both say it, the card counts; what nobody says has a hint."""
    nothing = items("")
    assert not any(item.said for item in nothing.values())
    assert all(item.hint for item in nothing.values())
    known = items("", facts_of())
    missing = {"intended use", "limitations", "how to use", "ethical considerations"}
    assert {name for name, item in known.items() if not item.said} == missing
    assert {item.where for item in known.values() if item.said} == {"registry"}
    assert items("# Metrics\nAUC 0.9\n", facts_of())["metrics"].where == "card"


@pytest.mark.parametrize(
    ("card", "name"),
    [
        ("## Out-of-Scope Use\nnone of that\n", "limitations"),
        ("## Bias, Risks, and Limitations\nsome\n", "limitations"),
        ("## Bias, Risks, and Limitations\nsome\n", "ethical considerations"),
        ("## Direct Use\nrank\n", "intended use"),
        ("## How to Get Started with the Model\nx\n", "how to use"),
        ("- **Developed by:** Ana\n", "owner"),
        ("- **Finetuned from model:** x\n", "base model"),
        ("- **Repository:** git\n", "code"),
        ("### Testing Data\nx\n", "evaluation data"),
        ("### Training Data\nx\n", "training data"),
        ("#### Software\nx\n", "environment"),
        ("## Evaluation\n| a |\n", "metrics"),
    ],
)
def test_the_headings_of_the_known_templates_are_understood(card: str, name: str) -> None:
    """Those of Hugging Face and of Mitchell et al."""
    assert items(card)[name].where == "card"


@pytest.mark.parametrize(
    ("card", "name"),
    [
        ("## Environmental Impact\nx\n", "environment"),
        ("## Causes\nx\n", "intended use"),
        ("## Evaluation data\nx\n", "metrics"),
        ("## Code of conduct\nx\n", "code"),
    ],
)
def test_a_heading_about_something_else_says_nothing(card: str, name: str) -> None:
    """Words are matched as words."""
    assert not items(card)[name].said


def test_the_head_of_a_card_counts() -> None:
    """Keys of the head say licence, data, base and results, unless they are empty."""
    read = {"license": "mit", "datasets": ["a"], "base_model": "b", "model-index": []}
    found = items("", read=read)
    assert [n for n, item in found.items() if item.said] == [
        "licence",
        "training data",
        "base model",
    ]
    assert not items("", read={"license": "unknown"})["licence"].said


@pytest.mark.parametrize(
    "empty",
    ["", "None", "[More Information Needed]", "\u200b", [], [""], [None], [[]], {}, {"a": "n/a"}],
)
def test_an_empty_head_says_nothing(empty: Any) -> None:  # noqa: ANN401 - YAML
    """Lists of nothing and results without a value do not raise the score."""
    keys = ("license", "license_name", "datasets", "base_model", "model-index")
    assert not any(item.said for item in items("", read=dict.fromkeys(keys, empty)).values())
    results = [{"name": "m", "results": [{"task": {"type": "x"}, "metrics": [{"value": empty}]}]}]
    assert not items("", read={"model-index": results})["metrics"].said
    results[0]["results"][0]["metrics"] = [{"type": "auc", "value": "0.9"}]  # type: ignore[index]
    assert items("", read={"model-index": results})["metrics"].said


def test_the_share_is_one_of_all_items() -> None:
    """0 of nothing, and rounded to whole percents."""
    assert CardScore("m:v1", ()).percent == 0
    third = (CardItem("a", said=True), CardItem("b", said=False), CardItem("c", said=False))
    assert CardScore("m:v1", third).percent == 33


@pytest.mark.parametrize("value", ["1e3", "0o17", "1:30", "~x", "5", "y", "N"])
def test_what_other_readers_of_yaml_take_for_a_number_is_quoted(value: str) -> None:
    """YAML 1.1 reads 1e3 as text, and the 1.2 of Hugging Face as a number."""
    assert _yaml({"tags": [value, "plain-word"]}) == f'tags:\n- "{value}"\n- plain-word\n'
