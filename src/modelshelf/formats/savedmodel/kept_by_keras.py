"""What Keras 2 stored about its layers in a SavedModel; loading with Keras builds them from it."""

from __future__ import annotations

from collections.abc import Iterator

from modelshelf.domain.inspection import Finding
from modelshelf.formats.keras import config as keras
from modelshelf.formats.protobuf import Skimmer
from modelshelf.formats.reading import Reader
from modelshelf.formats.savedmodel.meta import MetaGraph
from modelshelf.formats.source import SourceFile
from modelshelf.formats.strict_json import MOST, parse_object
from modelshelf.formats.trouble import LimitReached

# SavedMetadata and SavedObject in keras/src/protobuf/saved_metadata.proto.
_NODES, _METADATA = 1, 5
_MOST_OBJECTS = 20_000
_MOST_TEXT = 64 * 1024 * 1024

Stored = tuple[str, dict[str, object]]


def keras_objects(graphs: list[MetaGraph], file: SourceFile | None) -> list[Stored]:
    """Return class name and settings of each object, those of the model itself first.

    Raises:
        Malformed: A setting is no JSON object.
        LimitReached: There are more than in any honest model.
    """
    texts = [text for meta in graphs for _, text in meta.objects if text.startswith("{")]
    if file is not None:
        with Reader.of(file) as reader:
            texts += _texts(Skimmer(reader))
    if len(texts) > _MOST_OBJECTS or sum(map(len, texts)) > _MOST_TEXT:
        raise LimitReached(f"more than {_MOST_OBJECTS:,} objects of Keras")
    parsed = (parse_object(text.encode()) for text in texts)
    return [(keras.text(each.get("class_name")), each) for each in parsed]


def judge_keras(objects: list[Stored], where: str) -> Iterator[Finding]:
    """Yield what building the objects with Keras could run."""
    parts = [part for _, each in objects for part in keras.objects(each)]
    # A class that Keras does not bring is replaced by what the graph says, so it is no trouble.
    yield from (f for f in keras.judge(parts, where) if f.severity == "dangerous")


def _texts(skimmer: Skimmer) -> Iterator[str]:
    count = 0
    for each in skimmer.fields(skimmer.everything):
        if each.number != _NODES:
            continue
        count += 1
        if count > _MOST_OBJECTS:
            raise LimitReached(f"more than {_MOST_OBJECTS:,} objects of Keras")
        for part in skimmer.fields(each.span):
            if part.number == _METADATA:
                text = skimmer.text(part.span, MOST)
                if text.startswith("{"):
                    yield text
