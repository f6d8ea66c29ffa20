"""What a version was made with and from: run, code, datasets and environment.

The values a caller hands in are checked here, once, by :func:`check_details`; nothing below looks
at them again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict, TypeVar, get_args

from modelshelf.domain.errors import Invalid
from modelshelf.domain.names import check_key
from modelshelf.domain.text import accept, safe

_V = TypeVar("_V")
DatasetRole = Literal["trained_on", "evaluated_on"]
Scalar = str | int | float | bool

VALUE_MOST = 4_000
CARD_MOST = 1_000_000
TEXT_MOST = 20_000
ENTRIES_MOST = 10_000
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-fA-F]{4,64}")
_INTEGER_MOST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Run:
    """The training run that produced a version: its id elsewhere, its address, its duration."""

    id: str
    url: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """The source it was trained by: repository, commit, whether it was changed since, script."""

    repository: str | None = None
    commit: str | None = None
    dirty: bool | None = None
    entry: str | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set it was trained or evaluated on; ``digest`` is ``sha256:`` and 64 digits."""

    name: str
    role: DatasetRole = "trained_on"
    version: str | None = None
    digest: str | None = None
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """Where it was trained: Python version, platform, package versions."""

    python: str | None = None
    platform: str | None = None
    packages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the file system knew of the file or folder when it was taken in.

    Attributes:
        path: Where it lay, in the form of :func:`~modelshelf.domain.intake.escape_path`.
        modified: Last change of its bytes, ISO 8601 in UTC.
        born: When it was made there, where the file system says so.
        owner: The account it belonged to.
        url: Where it was downloaded from, when the browser or the system noted it.
    """

    path: str = ""
    modified: str = ""
    born: str = ""
    owner: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """Everything recorded about a version besides its bytes; all of it may be added later.

    Attributes:
        metrics: Finite numbers by name.
        params: Parameters by name, as text; a number is kept as it was written.
        tags: Text by name.
        description: One or more lines for people.
        card: The model card, Markdown with an optional YAML head.
        run: The training run.
        code: The source.
        datasets: The data sets, in the order given.
        environment: The surroundings.
        base: Reference of the version this one was made from, such as ``churn:v2``.
        arrival: What the file system knew of it.
        origins: Where a field was read, for those that nobody gave by hand: ``metrics.auc`` or
            ``card`` to the name of the file and the place in it.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    card: str | None = None
    run: Run | None = None
    code: Code | None = None
    datasets: tuple[Dataset, ...] = ()
    environment: Environment | None = None
    base: str | None = None
    arrival: Arrival | None = None
    origins: Mapping[str, str] = field(default_factory=dict)


class DetailFields(TypedDict, total=False):
    """The keywords by which details are given.

    Attributes:
        metrics: Finite numbers by name.
        params: Text, numbers or truth values by name.
        tags: Text by name.
        description: Text for people.
        card: The model card, Markdown.
        run: The training run.
        code: The source it was trained by.
        datasets: What it was trained and evaluated on.
        environment: Where it was trained.
        base: Reference of the version it was made from.
    """

    metrics: Mapping[str, float] | None
    params: Mapping[str, Scalar] | None
    tags: Mapping[str, str] | None
    description: str | None
    card: str | None
    run: Run | None
    code: Code | None
    datasets: Sequence[Dataset]
    environment: Environment | None
    base: str | None


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
) -> Details:
    """Return the details if every one of them may be stored.

    Raises:
        Invalid: Names the first that may not, with its value.
    """
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
        base=_text("base", base, 300),
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
        _text("run address", run.url, 2_000),
        seconds,
    )


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
        _text("repository", code.repository, 2_000),
        None if commit is None else commit.lower(),
        code.dirty,
        _text("entry", code.entry, 2_000),
    )


def _check_dataset(dataset: Dataset) -> Dataset:
    if dataset.role not in get_args(DatasetRole):
        raise Invalid(
            f"{safe(dataset.role, 40)!r} is not a role of a data set",
            required=" or ".join(get_args(DatasetRole)),
        )
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
        dataset.role,
        _text("version of a data set", dataset.version, 300),
        digest,
        rows,
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
    )
