"""What a version was made with and from: run, code, data sets, environment, features, bases.

What a caller hands in is checked once, by
:func:`~modelshelf.domain.provenance.checking.check_details`; nothing below looks at it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:  # few versions have them, and each class costs a start 0.4 ms
    from modelshelf.domain.provenance.measured import FeatureView, MetricSource

DatasetRole = Literal["trained_on", "evaluated_on"]
Scalar = str | int | float | bool

CARD_MOST = 1_000_000
TEXT_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Run:
    """The training run that produced a version.

    Attributes:
        id: What the tracker calls it.
        url: Where it can be looked at.
        seconds: How long it took.
        tracker: What kept it: ``mlflow``, ``wandb``, ``modelshelf`` …
    """

    id: str
    url: str | None = None
    seconds: float | None = None
    tracker: str | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """The source it was trained by.

    Attributes:
        repository: Address or path of the repository; a login in it is not kept.
        commit: 4 to 64 hexadecimal digits, in lower case.
        dirty: Whether there were changes that no commit holds.
        entry: The script, relative to the repository or the snapshot.
        patch: SHA-256 of the blob that holds those changes, as ``git apply`` takes them; 64
            hexadecimal digits.
        snapshot: SHA-256 of the blob that holds the files themselves, a tar archive.
        command: The words of the command that was run; ``{out}`` stands for the folder into which
            it writes the artifact.
        directory: Where it was run, relative to the repository or the snapshot; empty at its top.
    """

    repository: str | None = None
    commit: str | None = None
    dirty: bool | None = None
    entry: str | None = None
    patch: str | None = None
    snapshot: str | None = None
    command: tuple[str, ...] = ()
    directory: str | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set it was trained or evaluated on.

    Attributes:
        name: What it is called.
        role: ``trained_on`` or ``evaluated_on``; ``train``, ``eval`` and ``test`` are understood.
        version: Of the data set, in its owner's words.
        digest: ``sha256:`` and 64 hexadecimal digits: of the file, or of the manifest of a folder.
        rows: Number of examples.
        uri: Where it is, without a login: ``file:///data/customers.csv``, ``lakefs://…``,
            ``dvc:…``, ``https://…``;
            ``pkg:pypi/NAME@VERSION#PATH`` for one that a package brings along.
        split: Which part of it was used: ``train``, ``eval``, ``test`` or another word.
        license: As its owner states it.
        path: Where the code expects it, relative to where the command is run.
    """

    name: str
    role: DatasetRole = "trained_on"
    version: str | None = None
    digest: str | None = None
    rows: int | None = None
    uri: str | None = None
    split: str | None = None
    license: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """Where it was trained.

    Attributes:
        python: Version of Python, ``3.12.4``.
        platform: System and processor, in words.
        packages: Versions by name of package.
        gpu: What computed beside the processor, in words.
        container: Digest of the image it ran in, ``sha256:…`` or ``name@sha256:…``.
    """

    python: str | None = None
    platform: str | None = None
    packages: Mapping[str, str] = field(default_factory=dict)
    gpu: str | None = None
    container: str | None = None


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
        bases: What else it was made from: references of versions, and models that are not
            registered here, ``hf:org/name@revision``.
        features: The feature views whose features it takes.
        metric_sources: Where a metric comes from, by its name, for those of which more is known.
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
    bases: tuple[str, ...] = ()
    features: tuple[FeatureView, ...] = ()
    metric_sources: Mapping[str, MetricSource] = field(default_factory=dict)
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
        base: Reference of the version it was made from; ``hf:org/name@revision`` is understood.
        bases: What else it was made from, likewise.
        features: The feature views whose features it takes.
        metric_sources: Where metrics come from, by name.
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
    bases: Sequence[str]
    features: Sequence[FeatureView]
    metric_sources: Mapping[str, MetricSource] | None
