"""spaCy and fastText, as they write and read their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fasttext
import spacy

from tests.real.makers.arrays import RANDOM, weight
from tests.real.stated import Stated

WORDS = [f"word{number}" for number in range(600)]


def pipeline(folder: Path) -> Stated:
    """A pipeline with a network in it."""
    made = spacy.blank("en")
    made.add_pipe("sentencizer")
    labelled = made.add_pipe("textcat")
    for label in ("good", "bad"):
        labelled.add_label(label)
    made.initialize()
    made.meta.update(name="reviews", license="MIT")
    made.to_disk(folder / "pipeline")
    read = spacy.load(folder / "pipeline")
    nodes = list(read.get_pipe("textcat").model.walk())
    held = [node.get_param(n) for node in nodes for n in node.param_names if node.has_param(n)]
    says = {
        "format": "spacy",
        "verdict": "clean",
        "framework": f"spaCy {read.meta['spacy_version']}",
        "license": read.meta["license"],
        "architecture": ", ".join(read.pipe_names),
        "parameters": sum(array.size for array in held),
        "tensors": len(held) + 1,  # and the table of word vectors, which is empty
    }
    labels = ", ".join(read.meta["labels"]["textcat"])
    metadata = {"lang": read.lang, "name": read.meta["name"], "labels.textcat": labels}
    return Stated(folder / "pipeline", says, metadata)


def labels(folder: Path) -> Stated:
    """A classifier."""
    fasttext.train_supervised(_written(folder), **_OPTIONS).save_model(str(folder / "labels.bin"))
    return _fasttext(folder / "labels.bin")


def quantised(folder: Path) -> Stated:
    """A classifier made small."""
    model = fasttext.train_supervised(_written(folder), **_OPTIONS)
    model.quantize(_written(folder), retrain=False)
    model.save_model(str(folder / "small.ftz"))
    return _fasttext(folder / "small.ftz")


def vectors(folder: Path) -> Stated:
    """Vectors of words and of their parts."""
    model = fasttext.train_unsupervised(_written(folder), minCount=1, bucket=500, **_OPTIONS)
    model.save_model(str(folder / "vectors.bin"))
    return _fasttext(folder / "vectors.bin")


_OPTIONS = {"dim": 16, "epoch": 2, "lr": 0.05, "verbose": 0, "thread": 1}


def _written(folder: Path) -> str:
    lines = [
        f"__label__{RANDOM.choice(['good', 'bad'])} {' '.join(RANDOM.choice(WORDS, 8))}\n"
        for _ in range(2_000)
    ]
    (folder / "sentences.txt").write_text("".join(lines), encoding="utf-8")
    return str(folder / "sentences.txt")


def _fasttext(path: Path) -> Stated:
    read = fasttext.load_model(str(path))
    options = read.f.getArgs()
    metadata = {
        "dim": str(read.get_dimension()),
        "words": str(len(read.words)),
        "loss": options.loss.name,
        "bucket": str(options.bucket),
        "wordNgrams": str(options.wordNgrams),
    }
    says: dict[str, Any] = {"format": "fasttext", "framework": "fastText", "verdict": "clean"}
    says |= {"architecture": options.model.name}
    if options.model.name == "supervised":
        metadata["labels"] = ", ".join(read.labels)
    if read.is_quantized():
        return Stated(path, says, metadata)
    held = {"input": read.get_input_matrix(), "output": read.get_output_matrix()}
    weights = tuple(weight(name, array) for name, array in held.items())
    count = sum(array.size for array in held.values())
    says |= {"parameters": count, "tensors": len(held)}
    return Stated(path, says, metadata, weights=weights)
