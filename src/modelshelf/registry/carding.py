"""Cards: made from what is known, their texts so far, what changed, and how complete they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from modelshelf.catalog.card_history import card_changes
from modelshelf.domain.cards.facts import CardFacts
from modelshelf.domain.errors import Invalid, ModelshelfError, NotFound
from modelshelf.domain.text import safe
from modelshelf.registry.naming import find_one
from modelshelf.registry.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelshelf.domain.cards import CardChange, CardScore
    from modelshelf.registry.context import Context

_ASSIGNMENTS_MOST = 10_000
_LINES_MOST = 2_000
"""Lines between the first and the last change in which others are looked for, which takes time with
their square; of more, all of them count as changed."""
_CONTEXT = 3
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_./-]+")  # y and n alone are truth values to some


def render(context: Context, reference: str) -> str:
    """Return a card made from what the registry knows; see ``Cards.render``."""
    from modelshelf.domain.cards.head import head
    from modelshelf.domain.cards.rendering import body

    facts = _facts(context, reference)
    return f"---\n{_yaml(head(facts))}---\n\n{body(facts)}"


def _yaml(told: Mapping[str, Any]) -> str:
    """Return plain values as YAML that every version of it reads alike.

    What is no plain word stands in quotation marks: ``1e3`` is text to YAML 1.1 and a number to the
    1.2 of Hugging Face.
    """
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes text as it was told."""

    def quoted(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
        style = None if _WORD.fullmatch(text) else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, quoted)
    written: str = yaml.dump(
        dict(told), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1 << 20
    )
    return written


def _facts(context: Context, reference: str) -> CardFacts:
    from modelshelf.registry.obliging import obligations
    from modelshelf.registry.reproducing.recorded import recorded

    detail = Versions(context).detail(reference)
    name = detail.version.model
    models = context.models(name)
    given = models.assignments(models.model_id(name), None, _ASSIGNMENTS_MOST)
    mine = (a for a in given if any(h.version_id == detail.version.id for h in a.holders))
    attempts = recorded(context, detail.version.reference)
    return CardFacts(
        detail,
        models.get(name),
        assignments=tuple(mine),
        obligations=obligations(context, detail.version.reference),
        reproduction=attempts[0] if attempts else None,
    )


def history(context: Context, reference: str) -> tuple[CardChange, ...]:
    """Return every text that a card had, newest first; see ``Cards.history``."""
    found = find_one(context, reference)
    return card_changes(context.database.reader(), found.id, context.seq)


def diff(
    context: Context, reference: str, *, since: int | None = None, other: str | None = None
) -> str:
    """Return what changed in a card; see ``Cards.diff``."""
    if since is not None and other is not None:
        raise Invalid("an entry and another version are given", hint="Compare with one of them.")
    found = find_one(context, reference)
    texts = history(context, found.reference)
    newest = texts[0].text if texts else ""
    name = f"{found.reference} (entry {texts[0].seq})" if texts else found.reference
    if other is not None:
        beside = find_one(context, other).reference
        before = history(context, beside)
        return _unified(before[0].text if before else "", newest, beside, found.reference)
    if since is None:
        earlier = texts[1] if len(texts) > 1 else None
    else:
        earlier = _of_entry(texts, since, found.reference)
    called = f"{found.reference} (entry {earlier.seq})" if earlier else "no card"
    return _unified(earlier.text if earlier else "", newest, called, name)


def _of_entry(texts: Sequence[CardChange], seq: int, reference: str) -> CardChange:
    for each in texts:
        if each.seq == seq:
            return each
    raise NotFound(
        f"entry {safe(seq, 40)} set no card of {reference}",
        why=f"entries that did: {', '.join(str(t.seq) for t in texts[:20]) or 'none'}",
        hint=f"See modelshelf card {reference} --history.",
        subject=reference,
    )


def _unified(before: str, after: str, first: str, second: str) -> str:
    """Return a unified diff of two texts; its lines end in newlines, as ``diff`` writes them."""
    if before == after:
        return ""
    from modelshelf.domain.comparison.hunks import hunks

    found = hunks(_lines(before), _lines(after), context=_CONTEXT, most=_LINES_MOST)
    return "\n".join([f"--- {first}", f"+++ {second}", *found]) + "\n"


def _lines(text: str) -> list[str]:
    """Return the lines of a text; a last one without its end says so, as ``diff`` has it."""
    lines = text.split("\n")
    if lines[-1] == "":
        return lines[:-1]
    return [*lines[:-1], f"{lines[-1]}\n\\ No newline at end of file"]


def score(context: Context, reference: str) -> CardScore:
    """Return how complete a card is; see ``Cards.score``."""
    from modelshelf.domain.cards.scoring import score as judge

    facts = _facts(context, reference)
    return judge(facts, _head(facts.detail.card))


def _head(card: str) -> Mapping[str, Any] | None:
    """Return the YAML head of a card; ``None`` where it has none, or one that cannot be read."""
    from modelshelf.domain.cards.reading import split
    from modelshelf.registry.arrival.strict_yaml import parse_yaml

    written, _ = split(card)
    if not written:
        return None
    try:
        tree = parse_yaml(written)
    except ModelshelfError:  # a person's text; what it says elsewhere still counts
        return None
    return tree if isinstance(tree, dict) else None
