"""The nouns a caller gets back: registered models, model versions and pages of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a list of models needs none of them, and each class costs a start 0.4 ms
    from modelshelf.domain.content import ContentKind, FileEntry
    from modelshelf.domain.inspection import Inspection
    from modelshelf.domain.provenance import Arrival, Code, Dataset, Environment, Run
    from modelshelf.domain.provenance.measured import FeatureView, MetricSource
    from modelshelf.domain.stages import Holder


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A named line of versions.

    Attributes:
        id: The model's id in the catalog.
        name: Its present name.
        former_names: Earlier names; references by them still resolve.
        description: Text for people.
        owner: Who answers for it.
        tags: Text by name.
        created_at: UTC.
        created_by: The actor of its first registration.
        retired: Whether it is out of use; its versions stay.
        versions: How many versions it has.
        latest: The highest version number, 0 when there is none.
        stages: Holders by stage, for the stages that are held.
        changed_at: UTC of its newest audit entry.
    """

    id: int
    name: str
    former_names: tuple[str, ...]
    description: str
    owner: str
    tags: Mapping[str, str]
    created_at: datetime
    created_by: str
    retired: bool
    versions: int
    latest: int
    stages: Mapping[str, tuple[Holder, ...]]
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """An immutable numbered entry of a model, as lists show it.

    Attributes:
        id: The version's id in the catalog; grows with creation over all models.
        model: The model's name.
        number: 1, 2, 3 ... within the model.
        digest: Names the content, 64 hexadecimal digits.
        kind: ``file`` or ``folder``.
        name: The producer's name of the file or folder.
        size: Bytes.
        format: What looking found.
        verdict: The scan's verdict.
        created_at: UTC.
        created_by: The actor.
        stage: Its label: the highest stage it holds, else ``archived``, else ``draft``.
        weight: Its share in that stage, 0 when it holds none.
        stages: Every stage it holds, with its weight.
        archived: Whether it is put away.
        yanked: The reason it must not be used; ``None`` when it may.
        freed: Whether its bytes were given up by ``gc``.
        released: Whether it was in quarantine before.
        unvouched: Whether its pickles use globals that nobody has vouched for.
        aliases: Sorted.
        metrics: Numbers by name.
        params: Text by name.
        tags: Text by name.
    """

    id: int
    model: str
    number: int
    digest: str
    kind: ContentKind
    name: str
    size: int
    format: str
    verdict: str
    created_at: datetime
    created_by: str
    stage: str
    weight: int
    stages: Mapping[str, int]
    archived: bool
    yanked: str | None
    freed: bool
    aliases: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    released: bool = False
    unvouched: bool = False

    @property
    def reference(self) -> str:
        """``model:vN``."""
        return f"{self.model}:v{self.number}"


@dataclass(frozen=True, slots=True)
class VersionDetail:
    """Everything the catalog knows about one version.

    Attributes:
        version: What lists show.
        description: Text for people.
        card: The model card, Markdown.
        files: The stored files.
        inspection: What looking into it found.
        run: The training run.
        code: The source.
        datasets: The data sets.
        environment: Where it was trained.
        base: Reference of the version it was made from.
        derived: References of the versions made from it.
        source: Where it was taken from, as given.
        arrival: What the file system knew of it when it was taken in.
        origins: Where a field was read, for those that nobody gave by hand.
        released: The number under which it was quarantined before; ``None`` when it never was.
        place: Where its bytes were left, if they were adopted; empty when they are stored.
        bases: What else it was made from: references, and models outside.
        features: The feature views whose features it takes.
        metric_sources: Where metrics come from, by name, where that is known.
    """

    version: ModelVersion
    description: str
    card: str
    files: tuple[FileEntry, ...]
    inspection: Inspection
    run: Run | None
    code: Code | None
    datasets: tuple[Dataset, ...]
    environment: Environment | None
    base: str | None
    derived: tuple[str, ...]
    source: str
    arrival: Arrival | None = None
    origins: Mapping[str, str] = field(default_factory=dict)
    released: int | None = None
    place: str = ""
    bases: tuple[str, ...] = ()
    features: tuple[FeatureView, ...] = ()
    metric_sources: Mapping[str, MetricSource] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registration:
    """The answer to a registration.

    Attributes:
        version: The version that now holds the content.
        created: False when the same content already was a version of the model.
    """

    version: ModelVersion
    created: bool


@dataclass(frozen=True, slots=True)
class Resolution:
    """Who serves a reference.

    Attributes:
        reference: As asked.
        holders: All of them with weights; for a sticky key the one that serves it.
        key: The sticky key, if one was given.
        warnings: Sentences: the version is yanked, the name is a former name.
    """

    reference: str
    holders: tuple[Holder, ...]
    key: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of versions.

    Attributes:
        versions: In the order asked for.
        after: Hand this to the next call for the next page; ``None`` at the end.
    """

    versions: tuple[ModelVersion, ...]
    after: str | None
