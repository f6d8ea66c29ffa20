"""How complete a card is: what a good one says, and whether the card or the registry says it.

The list is that of Mitchell et al., "Model Cards for Model Reporting", FAT* 2019
(https://arxiv.org/abs/1810.03993): model details, intended use, factors and limits, metrics,
evaluation data, training data, ethical considerations; with what the template of Hugging Face
(https://huggingface.co/docs/hub/model-card-annotated) adds: licence, base model, how to get
started, repository, technical specifications, contact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from modelshelf.domain.cards import CardItem, CardScore
from modelshelf.domain.cards.reading import blank, said_under

if TYPE_CHECKING:
    from modelshelf.domain.cards.facts import CardFacts


class _Wanted(NamedTuple):
    """What a card should say.

    Attributes:
        name: What it is called.
        headings: What words of a heading about it begin with, in lower case, as patterns.
        head: Keys of the YAML head that say it.
        known: Whether the registry says it.
        hint: What to write where it is missing.
    """

    name: str
    headings: tuple[str, ...]
    head: tuple[str, ...]
    known: Callable[[CardFacts], object]
    hint: str


def _nothing(_facts: CardFacts) -> bool:
    return False


_WANTED = (
    _Wanted(
        "licence", ("licen[sc]e", "licensing"), ("license", "license_name"),
        lambda facts: facts.licences_besides_card,
        "Write license: in the head of the card, as license: mit.",
    ),
    _Wanted(
        "intended use",
        ("intended use", "intended users", "direct use", "downstream use", "use case", r"uses\b"),
        (),
        _nothing, "Say what it is for, and for whom, under Intended use.",
    ),
    _Wanted(
        "limitations",
        ("limitation", "limits", "out-of-scope", "out of scope", "caveat", "risks"), (),
        _nothing, "Say what it must not be used for and where it fails, under Limitations.",
    ),
    _Wanted(
        "training data", ("training data", "trained on", "training set"), ("datasets",),
        lambda facts: facts.datasets("trained_on"),
        "Record it with --dataset, or describe it under Training data.",
    ),
    _Wanted(
        "evaluation data",
        ("evaluation data", "testing data", "test data", "evaluated on", "test set"), (),
        lambda facts: facts.datasets("evaluated_on")
        or any(source.dataset for source in facts.detail.metric_sources.values()),
        "Record it with --evaluated-on, or describe it under Evaluation data.",
    ),
    _Wanted(
        "metrics", ("metric", "result", "evaluation$", "performance", "quantitative analys"),
        ("model-index",),
        lambda facts: facts.detail.version.metrics,
        "Record them with --metric, or put them under Metrics.",
    ),
    _Wanted(
        "base model", ("base model", "finetuned from", "fine-tuned from", "parent model"),
        ("base_model",),
        lambda facts: facts.bases,
        "Record it with --base; where there is none, say under Base model that there is none.",
    ),
    _Wanted(
        "owner", ("contact", "author", "developed by", "owner", "maintainer"), (),
        lambda facts: facts.model.owner.strip(),
        "Name who answers for it: modelshelf describe MODEL --owner NAME.",
    ),
    _Wanted(
        "how to use", ("how to use", "get started", "getting started", "usage", "quick start"), (),
        _nothing, "Show a few lines that load it and ask it, under How to use.",
    ),
    _Wanted(
        "code", ("repository", "code$"), (),
        lambda facts: facts.has_code,
        "Record it with --code-repository and --code-commit.",
    ),
    _Wanted(
        "environment",
        (r"environment\b", "software", "hardware", "compute infrastructure", "requirements"), (),
        lambda facts: facts.detail.environment,
        "Record it with --environment current, or name the packages under Environment.",
    ),
    _Wanted(
        "ethical considerations", ("ethic", "bias", "fairness", "societal"), (),
        _nothing, "Say whom it may harm and what was done about it, under Ethical considerations.",
    ),
)  # fmt: skip


def score(facts: CardFacts, head: Mapping[str, Any] | None) -> CardScore:
    """Return how complete the card of a version is, with what the registry knows besides.

    Args:
        facts: What the registry knows, and the card.
        head: The YAML head of the card; ``None`` where it has none that can be read.
    """
    under = said_under(facts.detail.card)
    found = tuple(_item(wanted, facts, head or {}, under) for wanted in _WANTED)
    return CardScore(facts.detail.version.reference, found)


def _item(
    wanted: _Wanted, facts: CardFacts, head: Mapping[str, Any], under: frozenset[str]
) -> CardItem:
    in_head = any(_READ.get(key, _says)(head.get(key)) for key in wanted.head)
    about = re.compile(rf"\b(?:{'|'.join(wanted.headings)})")
    if in_head or any(map(about.search, under)):
        return CardItem(wanted.name, said=True, where="card")
    if wanted.known(facts):
        return CardItem(wanted.name, said=True, where="registry")
    return CardItem(wanted.name, said=False, hint=wanted.hint)


def _says(value: object) -> bool:
    """Whether a value of a head says anything; lists and tables by what is in them."""
    if isinstance(value, str):
        return not blank(value) and value.strip().lower() != "other"
    if isinstance(value, Mapping):
        return any(map(_says, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_says, value))
    return bool(value)


def _measures(models: object) -> bool:
    """Whether a ``model-index`` holds the value of a metric."""
    results = [result for model in _tables(models) for result in _tables(model.get("results"))]
    metrics = [metric for result in results for metric in _tables(result.get("metrics"))]
    return any(_says(metric.get("value")) for metric in metrics)


def _tables(value: object) -> list[Mapping[str, Any]]:
    every = value if isinstance(value, list | tuple) else []
    return [each for each in every if isinstance(each, Mapping)]


_READ: Mapping[str, Callable[[object], bool]] = {"model-index": _measures}
