"""How the words of a command line are read: names, references, and pairs such as ``auc=0.91``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from modelshelf.domain.provenance import Dataset, DatasetRole
    from modelshelf.domain.provenance.measured import FeatureView, MetricSource

_V = TypeVar("_V")
_F = TypeVar("_F", bound=Callable[..., Any])
_SHOWN = 80
_PARTS = ("train", "eval", "test")


class Word(click.ParamType[str]):
    """Text that the registry itself will judge; only its completion differs from kind to kind.

    Attributes:
        name: The kind: ``model``, ``reference``, ``stage``, ``alias``, ``event``, ``hook``,
            ``consumed`` (what stands after `consumers`), ``probe``, ``section`` (of a comparison)
            or ``suggested`` (targets of the suggestions for a version).
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return ``value`` as it is."""
        del param, ctx
        return value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return what the catalog offers."""
        from modelshelf.cli.completion import offers

        return offers(self.name, ctx, param, incomplete)


class Place(click.ParamType[str]):
    """A path that the registry itself will judge; the shell completes it.

    Attributes:
        name: ``file`` or ``dir``, the shell's words.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return ``value`` as it is, if it is anything."""
        if not value:
            self.fail("a path cannot be empty.", param, ctx)
        return value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave it to the shell."""
        from click.shell_completion import CompletionItem

        del ctx, param
        return [CompletionItem(incomplete, type=self.name)]


class Pair(click.ParamType[tuple[str, str]]):
    """A name and a value with ``=`` between them; the value may hold more of them."""

    name = "pair"

    def convert(
        self,
        value: str | tuple[str, str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[str, str]:
        """Split at the first ``=``."""
        if isinstance(value, tuple):
            return value
        name, equals, text = value.partition("=")
        if not equals or not name:
            self.fail(f"{safe(value, _SHOWN)!r} is not of the form NAME=VALUE.", param, ctx)
        return name, text


MODEL = Word("model")
REFERENCE = Word("reference")
STAGE = Word("stage")
ALIAS = Word("alias")
EVENT = Word("event")
HOOK = Word("hook")
CONSUMED = Word("consumed")
FILE = Place("file")
FOLDER = Place("dir")
PAIR = Pair()
# Sequence numbers and ids: what a catalog can hold, and not every integer there is.
NUMBER = click.IntRange(1, 2**63 - 1)


def shares(
    weight: str = "Its share; the present holders keep the rest.",
    split: str = "A holder and its share; give all of them.",
) -> Callable[[_F], _F]:
    """Return the options ``--weight`` and ``--split`` of a command, with these lines of help."""

    def add(function: _F) -> _F:
        percent, holder = click.IntRange(1, 100), "REFERENCE=PERCENT"
        function = click.option("--split", type=PAIR, multiple=True, metavar=holder, help=split)(
            function
        )
        return click.option("--weight", type=percent, metavar="PERCENT", help=weight)(function)

    return add


def one_word(words: Sequence[str], what: str, hint: str) -> str:
    """Return the only one of ``words``.

    Raises:
        Invalid: There are others, or none.
    """
    if len(words) != 1:
        raise Invalid(f"one {what} is needed, {len(words)} are given", hint=hint)
    return words[0]


def whole(word: str, what: str, hint: str) -> int:
    """Return the number that ``word`` is.

    Args:
        word: As it was typed.
        what: What it should be, such as ``the number of a line``.
        hint: What to do where it is not.

    Raises:
        Invalid: It is none, or larger than a catalog can hold.
    """
    if not (word.isascii() and word.isdigit() and len(word) < 19):  # noqa: PLR2004 - 63 bits
        raise Invalid(f"{safe(word, 60)!r} is not {what}", hint=hint)
    return int(word)


def once(kind: str, pairs: Iterable[tuple[str, _V]]) -> dict[str, _V]:
    """Return the pairs by name.

    Raises:
        Invalid: A name is there twice; which value was meant cannot be known.
    """
    found: dict[str, _V] = {}
    for name, value in pairs:
        if name in found:
            raise Invalid(
                f"the {kind} {safe(name, _SHOWN)} is given twice",
                observed=safe(value, _SHOWN),
                hint="Leave one of them out.",
            )
        found[name] = value
    return found


def metrics(pairs: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Return metrics by name.

    Raises:
        Invalid: A value is not a number, or a name is there twice.
    """
    return {name: _number(name, text) for name, text in once("metric", pairs).items()}


def weights(pairs: Iterable[tuple[str, str]]) -> Mapping[str, int] | None:
    """Return the weights of a split by reference; ``None`` when no split was given.

    Raises:
        Invalid: A weight is not a whole number, or a reference is there twice.
    """
    split = once("reference", pairs)
    return {ref: _percent(ref, text) for ref, text in split.items()} or None


def datasets(
    texts: Iterable[str], role: DatasetRole, note: Callable[[str], object]
) -> list[Dataset]:
    """Return the data sets written as ``NAME[@VERSION][=sha256:DIGEST]``, or as path or address.

    ``=train``, ``=eval`` or ``=test`` at the end says which part it is. A path is hashed; one with
    neither a slash nor a dot in it is a name.

    Args:
        texts: As they were typed.
        role: What they are when they do not say it themselves.
        note: Is told, in a sentence, what was not understood.

    Raises:
        Invalid, NotFound, Unavailable: What is written as a path cannot be used.
    """
    from modelshelf.surroundings.datasets import describe, looks_like_path, named

    found: list[Dataset] = []
    for text in texts:
        place, _, part = text.rpartition("=")
        given, said = (place, part) if place and part in _PARTS else (text, role)
        is_place = ":" in given.partition("@")[0].partition("=")[0] or looks_like_path(given)
        if is_place or (("/" in given or "." in given) and os.path.exists(given)):  # noqa: PTH110 - any text
            found.append(describe(given, said, note=note))
        else:
            found.append(named(given, said))  # type: ignore[arg-type]  # words of a role are read when checked
    return found


def views(texts: Iterable[str]) -> list[FeatureView]:
    """Return the feature views written as ``[STORE/]NAME[@VERSION]``."""
    from modelshelf.domain.provenance.measured import FeatureView

    found: list[FeatureView] = []
    for text in texts:
        named, _, version = text.partition("@")
        store, _, name = named.rpartition("/")
        found.append(FeatureView(name, store or None, version or None))
    return found


def directions(pairs: Iterable[tuple[str, str]]) -> dict[str, MetricSource]:
    """Return which direction of a metric is better, by its name.

    Raises:
        Invalid: A metric is there twice.
    """
    from modelshelf.domain.provenance.measured import MetricSource

    given = once("direction", pairs)
    return {name: MetricSource(direction=way) for name, way in given.items()}  # type: ignore[arg-type]  # checked with all else


def words(text: str) -> tuple[str, ...]:
    """Return the words of a command as a shell would split them; nothing in them is run.

    Raises:
        Invalid: A quotation mark is not closed.
    """
    import shlex

    try:
        return tuple(shlex.split(text))
    except ValueError as exc:
        raise Invalid(
            f"the command {safe(text, _SHOWN)!r} cannot be read", why=safe(exc, _SHOWN)
        ) from exc


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as exc:
        raise Invalid(
            f"the metric {safe(name, _SHOWN)} is not a number",
            observed=safe(text, _SHOWN),
            required="a finite number",
        ) from exc


def _percent(reference: str, text: str) -> int:
    digits = text.removesuffix("%").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 3):  # noqa: PLR2004 - up to 100
        raise Invalid(
            f"the weight of {safe(reference, _SHOWN)} is not a whole number from 1 to 100",
            observed=safe(text, _SHOWN),
        )
    return int(digits)
