"""Suggestions: what files, tags and cards say of where a version came from, and how sure that is.

Pure: texts in, clues out. Which of the things named are known is asked by whoever reads a clue.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from modelshelf.domain.text import safe
from modelshelf.domain.things import THING_MOST, EdgeKind, is_outside

BY_DIGEST, BY_REFERENCE, BY_ADDRESS = 0.95, 0.9, 0.8
BY_MODEL, BY_LAST_PART, BY_NAME = 0.6, 0.4, 0.4
SAME_WEIGHTS, SHARED_AT_LEAST = 0.9, 0.3
_NOT_ALL = 0.98  # of the largest tensors, and yet not the same: less sure than an exact match
KNOWN_RUN, RUN = 0.9, 0.8
DATA_DIGEST, DATA_NAME = 0.6, 0.4
_BASES = frozenset(
    {
        "base_model", "base_model_id", "base_model_name", "base_model_name_or_path",
        "finetuned_from", "fine_tuned_from", "parent_model", "pretrained_model", "source_model",
        "teacher_model", "merged_from", "ss_sd_model_name",
    }
)  # fmt: skip
# kohya's scripts write the digest of the file they began with under the last of these names.
_BASE_DIGESTS = frozenset({"base_model_digest", "base_model_sha256", "ss_new_sd_model_hash"})
_DATA = frozenset(
    {
        "dataset", "dataset_name", "datasets", "trained_on", "training_data", "training_dataset",
        "train_dataset",
    }
)  # fmt: skip
_DATA_DIGESTS = frozenset(
    {"data_digest", "dataset_digest", "dataset_sha256", "training_data_sha256"}
)
_RUNS = frozenset({"run_id", "mlflow_run_id", "training_run_id", "wandb_run_id"})
_OF_GGUF = "general.dataset.{}.{}"
_RUN_ID = re.compile(r"[\w./:@-]{4,200}")
_HEX = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_FILE = re.compile(r"\.(safetensors|gguf|ckpt|pt|pth|bin|onnx|h5|keras|joblib|pkl)$", re.IGNORECASE)
_PATH = re.compile(r"[/.~\\]|[A-Za-z]:[\\/]")
_PART = r"[A-Za-z0-9][\w.-]{0,95}"
# "org/name", or its address; paths look alike, and a hub's name is the likelier of both.
_HUB = re.compile(
    rf"(?:https?://(?:www\.)?(?:huggingface\.co|hf\.co)/)?({_PART}/{_PART})(@[\w./-]{{1,100}})?/?"
)
_MOST_NAMED = 20
_SHOWN = 80

ReadAs = Literal["version", "model", "thing"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a version that may say where it came from.

    Attributes:
        format: Of its file.
        base_models: What the file says it was made from.
        metadata: Texts that were found inside it.
        tags: Its tags.
        card_bases: The base models in the head of its card.
        card_datasets: The data sets in the head of its card.
    """

    format: str = ""
    base_models: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    card_bases: tuple[str, ...] = ()
    card_datasets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clue:
    """One hint at an edge.

    Attributes:
        kind: Kind of the edge: ``derived_from``, ``trained_on`` or ``produced_by``.
        text: What is named, as it is written there.
        where: Where, as the subject of a sentence: ``its tag base_model``.
    """

    kind: EdgeKind
    text: str
    where: str

    @property
    def evidence(self) -> str:
        """The sentence that says why."""
        return f"{self.where} names {safe(self.text, _SHOWN)}"


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand what a clue names.

    Attributes:
        form: ``version`` for a reference, ``model`` for a name whose version is not said, ``thing``
            for what is no version.
        text: The reference, the name of the model, or the thing as it is written.
        confidence: 0 to 1.
        but: What speaks against it, the end of a sentence; empty when nothing does.
    """

    form: ReadAs
    text: str
    confidence: float
    but: str = ""


def clues(seen: Seen) -> Iterator[Clue]:
    """Yield every hint, each name of a kind once."""
    found: set[tuple[str, str]] = set()
    for clue in _all(seen):
        text = clue.text.strip()
        if clue.kind == "derived_from" and (hub := _HUB.fullmatch(text)):
            text = f"hf:{hub[1]}{hub[2] or ''}"
        if text and len(text) <= THING_MOST and (clue.kind, text) not in found:
            found.add((clue.kind, text))
            yield Clue(clue.kind, text, clue.where)


def readings(clue: Clue) -> tuple[Reading, ...]:
    """Return how a clue may be understood, surest first; the first that leads anywhere counts."""
    match clue.kind:
        case "derived_from":
            return tuple(_readings_of_base(clue.text))
        case "produced_by":
            return (Reading("thing", f"run:{clue.text}", RUN),)
        case _:
            digest = _HEX.fullmatch(clue.text)
            if digest:
                return (Reading("thing", f"dataset:sha256:{digest[1]}", DATA_DIGEST),)
            return (Reading("thing", f"dataset:{clue.text}", DATA_NAME, "only its name is known"),)


def of_weights(share: float, *, exact: bool, reference: str) -> tuple[float, str]:
    """Return how sure it is that a version came from an earlier one with the same tensors, and why.

    Args:
        share: How much of its largest tensors the earlier one holds, 0 to 1.
        exact: Whether all tensors of both are the same.
        reference: What the earlier one is called.
    """
    if exact:
        return SAME_WEIGHTS, f"all its tensors are those of {reference}, which was there before it"
    sure = SHARED_AT_LEAST + (SAME_WEIGHTS - SHARED_AT_LEAST) * min(max(share, 0.0), _NOT_ALL)
    percent = min(int(100 * share), 99)
    why = f"{reference}, which was there before it, holds {percent} % of its largest tensors"
    return round(sure, 2), why


def _all(seen: Seen) -> Iterator[Clue]:
    file = f"its {safe(seen.format, 40)} file"
    for text in seen.base_models[:_MOST_NAMED]:
        yield Clue("derived_from", text, file)
    for key, text in seen.metadata.items():
        yield from _keyed(key, text, f"{safe(key, _SHOWN)} in {file}")
    yield from _of_gguf(seen.metadata, file)
    for key, text in seen.tags.items():
        yield from _keyed(key, text, f"its tag {safe(key, _SHOWN)}")
    for text in seen.card_bases[:_MOST_NAMED]:
        yield Clue("derived_from", text, "its card")
    for text in seen.card_datasets[:_MOST_NAMED]:
        yield Clue("trained_on", text, "its card")


def _keyed(key: str, text: str, where: str) -> Iterator[Clue]:
    """Yield what a pair of name and value says, if the name is one that says anything."""
    word = key.lower().replace("-", "_").replace(" ", "_").rpartition(".")[2]
    if word in _BASES:
        yield Clue("derived_from", text, where)
    elif word in _BASE_DIGESTS:
        if _HEX.fullmatch(text):
            yield Clue("derived_from", text, where)
    elif word in _DATA:
        for name in _named(text)[:_MOST_NAMED]:
            yield Clue("trained_on", name, where)
    elif word in _DATA_DIGESTS:
        if _HEX.fullmatch(text):
            yield Clue("trained_on", text, where)
    elif word in _RUNS and _RUN_ID.fullmatch(text):
        yield Clue("produced_by", text, where)


def _named(text: str) -> list[str]:
    """Return the names in a text: a list in JSON, or words between commas."""
    if text.lstrip().startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return []
        return [name for name in found if isinstance(name, str)]
    return text.split(",")


def _of_gguf(metadata: Mapping[str, str], where: str) -> Iterator[Clue]:
    """Yield the data sets that a GGUF file counts."""
    for number in range(_MOST_NAMED):
        name = metadata.get(_OF_GGUF.format(number, "name"))
        if not name:
            return
        version = metadata.get(_OF_GGUF.format(number, "version"))
        yield Clue("trained_on", f"{name}@{version}" if version else name, where)


def _readings_of_base(text: str) -> Iterator[Reading]:
    digest = _HEX.fullmatch(text)
    if digest:
        yield Reading("version", f"sha256:{digest[1]}", BY_DIGEST)
        return
    bare = text.removeprefix("hf:")
    if ":" in bare or "@" in bare:
        yield Reading("version", bare, BY_REFERENCE)
    name = bare.partition("@")[0]
    yield Reading("model", name, BY_MODEL, "which of its versions is not said")
    last = _FILE.sub("", re.split(r"[/\\]", name)[-1])
    if last and last != name:
        yield Reading("model", last, BY_LAST_PART, "only the last part is the name of a model")
    if is_outside(text):
        yield Reading("thing", text, BY_ADDRESS)
    elif not _PATH.match(text) and not _FILE.search(text):  # a path is no name for anybody else
        yield Reading("thing", f"outside:{text}", BY_NAME, "no address is known")
