"""Things: what stands at the ends of lineage edges, how each is written, which edges join them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import accept, safe

ThingKind = Literal["version", "dataset", "code", "run", "features", "outside", "consumer"]
EdgeKind = Literal[
    "trained_on", "evaluated_on", "derived_from", "produced_by", "built_from", "uses_features",
    "consumed_by",
]  # fmt: skip
THING_MOST = 400
_DIGITS_SHOWN = 12
_HEX = frozenset("0123456789abcdefABCDEF")
_OUTSIDE = ("hf:", "http://", "https://", "git+", "pkg:", "oci:", "mlflow:", "s3://", "gs://")
_PREFIXES: dict[str, ThingKind] = {
    "dataset": "dataset", "code": "code", "run": "run", "features": "features",
    "consumer": "consumer", "outside": "outside",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thing:
    """One end of a lineage edge.

    Attributes:
        kind: What it is; ``outside`` is a model that is not registered here.
        key: Identifies it among its kind: the digest of a data set, or its name and version where
            no digest is known; a commit; the id of a run; a version's id in the catalog.
        name: What it is called whatever its version: ``customers``, ``hf:org/name``.
        label: What a person reads: ``customers 4``, ``git 3f2a91c``.
    """

    kind: ThingKind
    key: str
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A thing as somebody wrote it: it may fit none, one or several that are known.

    Attributes:
        kind: What it is; never ``version``.
        text: What follows the colon; an outside model with its prefix.
    """

    kind: ThingKind
    text: str

    @property
    def words(self) -> str:
        """What a sentence calls it."""
        return self.text if self.kind == "outside" else f"{self.kind}:{self.text}"


@dataclass(frozen=True, slots=True)
class EdgeRule:
    """Which things an edge joins, in the order of the sentence ``subject kind object``.

    Attributes:
        subjects: Kinds that may stand first.
        objects: Kinds that may stand last.
        turned: Whether the object came from the subject; else the subject came from the object.
    """

    subjects: frozenset[str]
    objects: frozenset[str]
    turned: bool = False


_MODELS = frozenset({"version", "outside"})
_MADE = frozenset({"version", "dataset", "features", "outside"})
RULES: Mapping[str, EdgeRule] = {
    "trained_on": EdgeRule(frozenset({"version", "outside"}), frozenset({"dataset"})),
    "evaluated_on": EdgeRule(frozenset({"version", "outside"}), frozenset({"dataset"})),
    "derived_from": EdgeRule(_MADE, frozenset({"version", "dataset", "features", "outside"})),
    "produced_by": EdgeRule(_MADE, frozenset({"run", "version", "outside"})),
    "built_from": EdgeRule(_MADE | {"run"}, frozenset({"code"})),
    "uses_features": EdgeRule(_MODELS, frozenset({"features"})),
    "consumed_by": EdgeRule(_MODELS | {"dataset"}, frozenset({"consumer"}), turned=True),
}


_CALLED = {
    "version": "a version", "dataset": "a data set", "code": "code", "run": "a run",
    "features": "a feature view", "outside": "a model outside", "consumer": "a consumer",
}  # fmt: skip


def _a(kind: str) -> str:
    """Return what a sentence calls a thing of a kind."""
    return _CALLED.get(kind, safe(kind, 60))


def _any_of(kinds: frozenset[str]) -> str:
    return " or ".join(called for kind, called in _CALLED.items() if kind in kinds)


def check_edge(subject: str, kind: str, target: str) -> EdgeRule:
    """Return the rule of an edge between a ``subject`` and a ``target`` of these kinds of thing.

    Raises:
        Invalid: There is no such kind of edge, or it does not join them.
    """
    rule = RULES.get(kind)
    if rule is None:
        raise Invalid(f"{safe(kind, 60)!r} is not a kind of edge", required=", ".join(RULES))
    if subject not in rule.subjects or target not in rule.objects:
        raise Invalid(
            f"{_a(subject)} is not {kind} {_a(target)}",
            required=f"{_any_of(rule.subjects)} {kind} {_any_of(rule.objects)}",
        )
    return rule


def parse_thing(text: str) -> Asked | None:
    """Return the thing that is written so; ``None`` when it can only be a reference of a version.

    ``dataset:customers``, ``dataset:customers@4``, ``dataset:sha256:9c41…``, ``code:3f2a91c``,
    ``run:8812``, ``features:store/view@2``, ``consumer:scoring-api``, ``hf:org/name@revision``,
    ``outside:anything``. A model of the registry may be called ``run``: whoever asks tries a
    reference first.

    Raises:
        Invalid: Nothing follows the colon, or the text cannot be stored.
    """
    given = accept("thing", text, most=THING_MOST, empty=False)
    if given.startswith(_OUTSIDE):
        return Asked("outside", given)
    prefix, colon, rest = given.partition(":")
    kind = _PREFIXES.get(prefix)
    if kind is None or not colon:
        return None
    if not rest.strip():
        raise Invalid(f"{safe(given, 60)!r} names no {kind}", hint=f"Write {prefix}:NAME.")
    return Asked(kind, _lowered(kind, rest.strip()))


def _lowered(kind: str, text: str) -> str:
    """Return a commit or digest in the lower case in which they are recorded."""
    digits = text.removeprefix("sha256:")
    named = kind == "code" or (kind == "dataset" and digits != text)
    return text.lower() if named and _HEX.issuperset(digits) else text


def is_outside(text: str) -> bool:
    """Whether a text names a model that is not registered here by its address."""
    return text.startswith(_OUTSIDE)


def thing_of(asked: Asked) -> Thing:
    """Return the thing that is made when somebody links to one that is not known yet."""
    if asked.kind in ("dataset", "features"):
        return _versioned(asked)
    if asked.kind == "code":
        return code_thing(asked.text)
    if asked.kind == "run":
        return run_thing({"id": asked.text})
    if asked.kind == "outside":
        return outside_thing(asked.text)
    return Thing("consumer", asked.text, asked.text, asked.text)


def _versioned(asked: Asked) -> Thing:
    name, _, version = asked.text.partition("@")
    if asked.kind == "features":
        store, _, view = name.rpartition("/")
        return features_thing({"name": view, "store": store, "version": version})
    if name.startswith("sha256:"):
        return Thing("dataset", name, name[: len("sha256:") + _DIGITS_SHOWN], name)
    return dataset_thing({"name": name, "version": version})


def dataset_thing(told: Mapping[str, Any]) -> Thing:
    """Return the data set of this plain form: ``name``, ``version``, ``digest``."""
    label = " ".join(filter(None, (told["name"], told.get("version"))))
    return Thing("dataset", told.get("digest") or label, told["name"], label)


def code_thing(commit: str, repository: str = "") -> Thing:
    """Return the code of a commit."""
    return Thing("code", commit, repository, f"git {commit[:_DIGITS_SHOWN]}")


def snapshot_thing(digest: str) -> Thing:
    """Return the code of a snapshot that no commit names."""
    return Thing("code", f"sha256:{digest}", "", f"code {digest[:_DIGITS_SHOWN]}")


def run_thing(told: Mapping[str, Any]) -> Thing:
    """Return the run of this plain form: ``id``, ``tracker``."""
    tracker, ident = told.get("tracker") or "", told["id"]
    return Thing("run", f"{tracker}/{ident}" if tracker else ident, ident, f"run {ident}")


def features_thing(told: Mapping[str, Any]) -> Thing:
    """Return the feature view of this plain form: ``name``, ``store``, ``version``."""
    name = "/".join(filter(None, (told.get("store"), told["name"])))
    version = told.get("version")
    return Thing(
        "features", f"{name}@{version}" if version else name, name,
        f"{name} {version}" if version else name,
    )  # fmt: skip


def outside_thing(text: str) -> Thing:
    """Return the model outside that a text names, such as ``hf:org/name@revision``."""
    return Thing("outside", text, text.partition("@")[0], text)


def thing_plain(thing: Thing) -> dict[str, Any]:
    """Return the form in which an event carries a thing."""
    if thing.kind == "version":
        return {"kind": "version", "id": int(thing.key), "label": thing.label}
    return {"kind": thing.kind, "key": thing.key, "name": thing.name, "label": thing.label}


def edges_of(details: Mapping[str, Any]) -> list[tuple[EdgeKind, Thing]]:
    """Return what the details of a version say it came from, besides other versions.

    Args:
        details: The plain form of :class:`~modelshelf.domain.provenance.Details`.
    """
    found: list[tuple[EdgeKind, Thing]] = [
        (dataset.get("role", "trained_on"), dataset_thing(dataset))
        for dataset in details.get("datasets", ())
    ]
    code = details.get("code", {})
    if code.get("commit"):
        found.append(("built_from", code_thing(code["commit"], code.get("repository") or "")))
    elif code.get("snapshot"):
        found.append(("built_from", snapshot_thing(code["snapshot"])))
    if details.get("run", {}).get("id"):
        found.append(("produced_by", run_thing(details["run"])))
    found += [("uses_features", features_thing(view)) for view in details.get("features", ())]
    return found
