"""What may be recorded about a version: every value a caller hands in is checked here, once."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, get_args, overload

from modelshelf.domain.errors import Invalid
from modelshelf.domain.names import check_key
from modelshelf.domain.provenance import (
    CARD_MOST,
    TEXT_MOST,
    Code,
    Dataset,
    DatasetRole,
    Details,
    Environment,
    Run,
    Scalar,
)
from modelshelf.domain.text import accept, safe
from modelshelf.domain.things import is_outside

if TYPE_CHECKING:
    from modelshelf.domain.provenance.measured import FeatureView, MetricSource

_V = TypeVar("_V")
VALUE_MOST = 4_000
ENTRIES_MOST = 10_000
LINKS_MOST = 1_000
_LOGIN = re.compile(r"((?!ssh|git\+ssh)\b[A-Za-z][A-Za-z0-9+.-]*://)[^/@\s]+@")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_BLOB = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-fA-F]{4,64}")
_INTEGER_MOST = 2**63 - 1
_PARTS: dict[str, tuple[DatasetRole, str]] = {
    "train": ("trained_on", "train"),
    "eval": ("evaluated_on", "eval"),
    "test": ("evaluated_on", "test"),
}


def check_details(  # noqa: PLR0913 - one keyword for each field of Details, named once here
    *,
    metrics: Mapping[str, float] | None = None,
    params: Mapping[str, Scalar] | None = None,
    tags: Mapping[str, str] | None = None,
    description: str | None = None,
    card: str | None = None,
    run: Run | None = None,
    code: Code | None = None,
    datasets: Sequence[Dataset] = (),
    environment: Environment | None = None,
    base: str | None = None,
    bases: Sequence[str] = (),
    features: Sequence[FeatureView] = (),
    metric_sources: Mapping[str, MetricSource] | None = None,
) -> Details:
    """Return the details if every one of them may be stored.

    Raises:
        Invalid: Names the first that may not, with its value.
    """
    one, more = _check_bases(base, bases)
    return Details(
        metrics={check_key("metric", k): check_metric(k, v) for k, v in _few("metric", metrics)},
        params={check_key("parameter", k): param_text(k, v) for k, v in _few("parameter", params)},
        tags=check_tags(tags),
        description=_text("description", description, TEXT_MOST, lines=True),
        card=_text("card", card, CARD_MOST, lines=True),
        run=None if run is None else _check_run(run),
        code=None if code is None else _check_code(code),
        datasets=tuple(_check_dataset(d) for d in datasets),
        environment=None if environment is None else _check_environment(environment),
        base=one,
        bases=more,
        features=_check_features(features),
        metric_sources=_check_sources(metric_sources),
    )


def check_metric(name: str, value: object) -> float:
    """Return ``value`` as a float if it is a finite number.

    Raises:
        Invalid: It is text, a truth value, NaN or infinite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid(
            f"the metric {safe(name, 60)} is not a number",
            why=f"{safe(value, 60)!r} is {type(value).__name__}",
            observed=safe(value, 60),
            required="a finite number",
        )
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Invalid(
            f"the metric {safe(name, 60)} is {value if isinstance(value, float) else 'too large'}",
            why="a metric is a finite number",
            observed=str(number),
            required="a finite number",
            hint="Leave it out, or record what was measured.",
        )
    return number


def param_text(name: str, value: object) -> str:
    """Return a parameter as text: numbers as Python writes them, truth values as true and false.

    Raises:
        Invalid: It is neither text nor a finite number nor a truth value.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) > _INTEGER_MOST:
            raise Invalid(f"the parameter {safe(name, 60)} is an integer beyond 63 bits")
        return str(value)
    if isinstance(value, float):
        return repr(check_metric(name, value))
    return accept(f"parameter {safe(name, 40)}", value, most=VALUE_MOST, lines=True)


def check_tags(tags: Mapping[str, str] | None) -> dict[str, str]:
    """Return the tags if each may be stored.

    Raises:
        Invalid: Names the first that may not.
    """
    return {
        check_key("tag", k): accept(f"tag {safe(k, 40)}", v, most=1_000)
        for k, v in _few("tag", tags)
    }


def _few(kind: str, values: Mapping[str, _V] | None) -> list[tuple[str, _V]]:
    if not values:
        return []
    if len(values) > ENTRIES_MOST:
        raise Invalid(f"{len(values):,} {kind}s are too many", required=f"{ENTRIES_MOST:,} at most")
    return list(values.items())


def _text(kind: str, value: str | None, most: int, *, lines: bool = False) -> str | None:
    return None if value is None else accept(kind, value, most=most, lines=lines)


def _check_run(run: Run) -> Run:
    seconds = None if run.seconds is None else check_metric("seconds", run.seconds)
    return Run(
        accept("run id", run.id, most=300, empty=False),
        without_login(_text("run address", run.url, 2_000)),
        seconds,
        _text("tracker", run.tracker, 100),
    )


@overload
def without_login(text: str) -> str: ...


@overload
def without_login(text: None) -> None: ...


def without_login(text: str | None) -> str | None:
    """Return a text without the logins of addresses in it: nothing leaves the log again.

    The account of ``ssh://git@host`` stays, which is the same for everybody.
    """
    return None if text is None else _LOGIN.sub(r"\1", text)


def _check_code(code: Code) -> Code:
    commit = _text("commit", code.commit, 1_000)
    if commit is not None and not _COMMIT.fullmatch(commit):
        raise Invalid(
            f"{safe(commit, 80)!r} is not a commit",
            why="a commit is 4 to 64 hexadecimal digits",
            observed=safe(commit, 80),
        )
    if code.dirty is not None and type(code.dirty) is not bool:
        raise Invalid(
            f"{safe(code.dirty, 40)!r} does not say whether there were uncommitted changes",
            required="true or false",
        )
    return Code(
        without_login(_text("repository", code.repository, 2_000)),
        None if commit is None else commit.lower(),
        code.dirty,
        _text("entry", code.entry, 2_000),
        _blob("patch", code.patch),
        _blob("snapshot", code.snapshot),
        _words(code.command),
        _text("directory", code.directory, 2_000),
    )


def _blob(kind: str, digest: str | None) -> str | None:
    text = _text(kind, digest, 1_000)
    if text is not None and not _BLOB.fullmatch(text):
        raise Invalid(
            f"{safe(text, 80)!r} is not the digest of a {kind}", required="64 hexadecimal digits"
        )
    return text


def _words(command: Sequence[str]) -> tuple[str, ...]:
    if isinstance(command, str) or not isinstance(command, Sequence):
        raise Invalid(
            f"{safe(command, 80)!r} is not a command",
            why="a command is a list of words",
            hint='Write ["python", "train.py"].',
        )
    if len(command) > LINKS_MOST:
        raise Invalid(f"a command of {len(command):,} words", required=f"{LINKS_MOST:,} at most")
    return tuple(
        accept("word of the command", word, most=VALUE_MOST, lines=True) for word in command
    )


def dataset_role(word: object) -> tuple[DatasetRole, str | None]:
    """Return the role and the part of a data set that a word stands for.

    Raises:
        Invalid: It is none of ``train``, ``eval``, ``test``, ``trained_on`` and ``evaluated_on``.
    """
    for role in get_args(DatasetRole):
        if word == role:
            return role, None
    if isinstance(word, str) and word in _PARTS:
        return _PARTS[word]
    raise Invalid(
        f"{safe(word, 40)!r} is not a role of a data set",
        required=", ".join((*_PARTS, *get_args(DatasetRole))),
    )


def _check_dataset(dataset: Dataset) -> Dataset:
    role, part = dataset_role(dataset.role)
    digest = _text("digest of a data set", dataset.digest, 1_000)
    if digest is not None and not _DIGEST.fullmatch(digest):
        raise Invalid(
            f"{safe(digest, 80)!r} is not the digest of a data set",
            why="it is written sha256: and 64 hexadecimal digits",
        )
    rows = dataset.rows
    if rows is not None and (type(rows) is not int or not 0 <= rows <= _INTEGER_MOST):
        raise Invalid(f"{safe(rows, 40)!r} is not a number of rows")
    return Dataset(
        accept("name of a data set", dataset.name, most=300, empty=False),
        role,
        _text("version of a data set", dataset.version, 300),
        digest,
        rows,
        without_login(_text("address of a data set", dataset.uri, 2_000)),
        _text("part of a data set", dataset.split, 100) or part,
        _text("licence of a data set", dataset.license, 300),
        _text("path of a data set", dataset.path, 2_000),
    )


def _check_environment(environment: Environment) -> Environment:
    packages = {
        accept("package name", k, most=200, empty=False): accept("package version", v, most=200)
        for k, v in _few("package", environment.packages)
    }
    return Environment(
        _text("Python version", environment.python, 100),
        _text("platform", environment.platform, 200),
        packages,
        _text("GPU", environment.gpu, 300),
        _text("container", environment.container, 300),
    )


def _check_bases(base: str | None, bases: Sequence[str]) -> tuple[str | None, tuple[str, ...]]:
    """Return the version it was made from, and what else; one that is outside is among these."""
    if isinstance(bases, str) or len(bases) > LINKS_MOST:
        raise Invalid(f"{safe(bases, 60)!r} is no list of bases", required=f"{LINKS_MOST} at most")
    one = _text("base", base, 300)
    more = [accept("base", each, most=300, empty=False) for each in bases]
    if one is not None and is_outside(one):
        more, one = [one, *more], None
    return one, tuple(dict.fromkeys(each for each in more if each != one))


def _check_features(views: Sequence[FeatureView]) -> tuple[FeatureView, ...]:
    if not views:
        return ()
    from modelshelf.domain.provenance.measured import FeatureView

    if len(views) > LINKS_MOST:
        raise Invalid(
            f"{len(views):,} feature views are too many", required=f"{LINKS_MOST} at most"
        )
    return tuple(
        FeatureView(
            accept("name of a feature view", view.name, most=300, empty=False),
            _text("feature store", view.store, 300),
            _text("version of a feature view", view.version, 300),
        )
        for view in views
    )


def _check_sources(sources: Mapping[str, MetricSource] | None) -> dict[str, MetricSource]:
    if not sources:
        return {}
    from modelshelf.domain.provenance.measured import MetricSource

    checked = {}
    for name, source in _few("metric", sources):
        if source.direction not in (None, "higher", "lower"):
            raise Invalid(
                f"{safe(source.direction, 40)!r} is no direction of {safe(name, 60)}",
                required="higher or lower",
            )
        if isinstance(source.by, str) and source.by.strip().lower().startswith("gate "):
            raise Invalid(
                f"{safe(source.by, 60)!r} cannot be told by hand",
                why="that a gate measured a metric is recorded when it does",
                hint="Run the gate: modelshelf check --run.",
            )
        checked[check_key("metric", name)] = MetricSource(
            _text("data set of a metric", source.dataset, 300),
            _text("slice of a metric", source.slice, 300),
            source.direction,
            _text("measured by", source.by, 300),
        )
    return checked
