"""The section of a card about what a version was made from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelshelf.domain.cards.markdown import UNKNOWN, code, items, table, text

if TYPE_CHECKING:
    from modelshelf.domain.cards.facts import CardFacts
    from modelshelf.domain.provenance import Code, Dataset, Environment, Run
    from modelshelf.domain.provenance.measured import FeatureView

_ROWS_MOST = 200
_COMMAND_MOST = 2_000


def made_from(facts: CardFacts) -> Iterator[str]:
    """Yield code, data, features, bases, environment and parameters."""
    detail = facts.detail
    yield from items(
        [
            ("Code", _code(detail.code)),
            ("Command", _command(detail.code)),
            ("Run", _run(detail.run)),
            ("Base models", ", ".join(map(code, facts.bases))),
            ("Features", ", ".join(map(_features, detail.features))),
            ("Environment", _environment(detail.environment)),
        ]
    )
    yield ""
    yield "### Data"
    yield ""
    yield from _data(detail.datasets)
    yield ""
    yield "### Parameters"
    yield ""
    yield from _params(sorted(detail.version.params.items()))
    if detail.environment is not None and detail.environment.packages:
        yield ""
        yield "### Packages"
        yield ""
        rows = [(code(n), code(v)) for n, v in sorted(detail.environment.packages.items())]
        yield from table(("Package", "Version"), rows, _ROWS_MOST)


def _code(told: Code | None) -> str:
    if told is None:
        return ""
    parts = [code(told.repository)] if told.repository else []
    if told.commit:
        parts.append(f"commit {code(told.commit)}")
    if told.dirty:
        kept = "kept as a patch" if told.patch else "not kept"
        parts.append(f"with changes that no commit holds ({kept})")
    if told.snapshot:
        parts.append(f"a copy is kept ({code(told.snapshot)})")
    if told.entry:
        parts.append(f"script {code(told.entry)}")
    return ", ".join(parts)


def _command(told: Code | None) -> str:
    if told is None or not told.command:
        return ""
    where = f" in {code(told.directory)}" if told.directory else ""
    return code(" ".join(told.command), _COMMAND_MOST) + where


def _run(told: Run | None) -> str:
    if told is None:
        return ""
    parts = [code(told.id)]
    if told.tracker:
        parts.append(f"kept by {text(told.tracker)}")
    if told.url:
        parts.append(text(told.url))
    if told.seconds is not None:
        parts.append(f"{told.seconds:.6g} s")
    return ", ".join(parts)


def _features(view: FeatureView) -> str:
    store = f" of {text(view.store)}" if view.store else ""
    return code(view.name) + store + (f" {text(view.version)}" if view.version else "")


def _environment(told: Environment | None) -> str:
    if told is None:
        return ""
    parts = [f"Python {text(told.python)}"] if told.python else []
    parts += [text(each) for each in (told.platform, told.gpu) if each]
    if told.container:
        parts.append(f"container {code(told.container)}")
    count = len(told.packages)
    if count:
        parts.append("1 package" if count == 1 else f"{count:,} packages")
    return ", ".join(parts)


def _data(datasets: tuple[Dataset, ...]) -> Iterator[str]:
    if not datasets:
        yield "Unknown: no data set is recorded."
        return
    roles = {"trained_on": "trained on", "evaluated_on": "evaluated on"}
    rows = [
        (
            roles.get(each.role, UNKNOWN),
            code(each.name),
            text(each.version or UNKNOWN),
            text(each.split or "-"),
            UNKNOWN if each.rows is None else f"{each.rows:,}",
            text(each.license or UNKNOWN),
            code(each.uri) if each.uri else UNKNOWN,
            code(each.digest) if each.digest else UNKNOWN,
        )
        for each in datasets
    ]
    titles = ("", "Name", "Version", "Split", "Rows", "Licence", "Where", "Digest")
    yield from table(titles, rows, _ROWS_MOST)


def _params(params: list[tuple[str, str]]) -> Iterator[str]:
    if not params:
        yield "Unknown: no parameter is recorded."
        return
    yield from table(("Name", "Value"), [(code(n), code(v)) for n, v in params], _ROWS_MOST)
