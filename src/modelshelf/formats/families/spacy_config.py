"""Which functions a spaCy pipeline is built from, read from its config.cfg."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from modelshelf.formats.trouble import LimitReached, Malformed

_MOST = 1024 * 1024
_MOST_LINES = 50_000
_SECTION = re.compile(r"\[([^\[\]\r\n]{1,500})\]")
_VALUE = re.compile(r"([@\w.*-]{1,200})\s*=\s*(.*)")
_COMPONENT = re.compile(r"components\.[^.]+")
_TRAINED = re.compile(r"components\.([^.]+)\.model(?:\.|$)")
# Names in front of a first dot that come with spaCy, or with what it installs.
_OWN_SPACES = frozenset({"spacy", "spacy-legacy", "spacy-loggers", "srsly"})
# Thinc registers without such a name.
_OF_THINC = frozenset(
    """
    Adam RAdam SGD compounding constant constant_then cyclic_triangular decaying
    slanted_triangular warmup_linear plateau glorot_normal_init glorot_uniform_init he_normal_init
    he_uniform_init lecun_normal_init lecun_uniform_init normal_init uniform_init zero_init
    configure_normal_init CategoricalCrossentropy CosineDistance L2Distance
    SequenceCategoricalCrossentropy CauchySimilarity ClippedLinear Dish Dropout Embed Gelu
    HardSigmoid HardSwish HardSwishMobilenet HardTanh HashEmbed LSTM LayerNorm Linear Logistic
    MXNetWrapper Maxout Mish MultiSoftmax ParametricAttention PyTorchLSTM PyTorchRNNWrapper
    PyTorchWrapper Relu ReluK Sigmoid Softmax SparseLinear Swish add bidirectional chain clone
    concatenate expand_window list2array list2padded list2ragged noop padded2list premap_ids
    ragged2list reduce_first reduce_last reduce_max reduce_mean reduce_sum remap_ids residual
    resizable siamese sigmoid_activation softmax_activation strings2arrays tuplify uniqued
    with_array with_array2d with_cpu with_flatten with_getitem with_list with_padded with_ragged
    with_reshape
    """.split()  # noqa: SIM905 - one text is easier to read than quoted words
)
_FACTORIES = frozenset(
    """
    attribute_ruler beam_ner beam_parser doc_cleaner entity_linker entity_ruler
    future_entity_ruler lemmatizer merge_entities merge_noun_chunks merge_subtokens
    morphologizer ner parser sentencizer senter span_cleaner span_finder span_ruler spancat
    spancat_singlelabel tagger textcat textcat_multilabel tok2vec token_splitter
    trainable_lemmatizer
    """.split()  # noqa: SIM905 - the same
)


def foreign_functions(data: bytes) -> tuple[str, ...]:
    """Return the functions and components that neither spaCy nor Thinc brings, sorted.

    Loading calls the function that is registered under each name by whatever package is there.
    Source of the format: "Config system" in Thinc's documentation.

    Raises:
        Malformed: It is not UTF-8, or a value stands outside of a section.
        LimitReached: It is longer than 1 MiB.
    """
    found: set[str] = set()
    for section, key, value in _values(data):
        if key.startswith("@") and not _is_own(value):
            found.add(f"{key[1:]}: {value}")
        elif key == "factory" and _COMPONENT.fullmatch(section) and value not in _FACTORIES:
            found.add(f"factory: {value}")
    return tuple(sorted(found))


def sourced_components(data: bytes) -> tuple[str, ...]:
    """Return the pipelines that components are to be taken from, sorted."""
    names = (
        value
        for section, key, value in _values(data)
        if key == "source" and _COMPONENT.fullmatch(section)
    )
    return tuple(sorted(set(names)))


def trained_components(data: bytes) -> tuple[str, ...]:
    """Return the components that have a model of their own, sorted."""
    sections = (section for section, _, _ in _values(data))
    return tuple(sorted({match[1] for text in sections if (match := _TRAINED.match(text))}))


def _values(data: bytes) -> Iterator[tuple[str, str, str]]:
    """Yield section, key and text of each value that is a text."""
    if len(data) > _MOST:
        raise LimitReached(f"a config.cfg of {len(data):,} bytes, {_MOST:,} are read")
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError as error:
        raise Malformed("config.cfg is not UTF-8") from error
    section = ""
    for line in lines[:_MOST_LINES]:
        if match := _SECTION.fullmatch(line.strip()):
            section = match[1]
        elif match := _VALUE.fullmatch(line):
            yield section, match[1], _text(match[2])


def _text(value: str) -> str:
    """Return what a text stands for; anything that is no text stays as it is written."""
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return read if isinstance(read, str) else value


def _is_own(name: str) -> bool:
    first, _, rest = name.partition(".")
    return first in _OWN_SPACES or (first in _OF_THINC and re.fullmatch(r"v\d+", rest) is not None)
