"""GGUF, as its own package writes and reads it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from tests.real.makers.arrays import RANDOM
from tests.real.stated import Stated


def plain(folder: Path) -> Stated:
    """Weights that are not quantised."""
    return _gguf(
        folder / "plain.gguf", gguf.LlamaFileType.MOSTLY_F16, gguf.GGMLQuantizationType.F16
    )


def quantised(folder: Path) -> Stated:
    """Weights in blocks of eight bits."""
    kinds = gguf.GGMLQuantizationType
    return _gguf(folder / "small.gguf", gguf.LlamaFileType.MOSTLY_Q8_0, kinds.Q8_0, kinds.Q4_0)


def tuned(folder: Path) -> Stated:
    """Weights that say what they were made from and with."""
    path = folder / "tuned.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_base_model_count(2)
    writer.add_base_model_name(0, "Tiny Base")
    writer.add_base_model_repo_url(0, "https://huggingface.co/acme/tiny-base")
    writer.add_base_model_organization(1, "Acme")
    writer.add_base_model_name(1, "Tiny Teacher")
    writer.add_dataset_count(1)
    writer.add_dataset_name(0, "letters")
    writer.add_dataset_version(0, "2")
    kinds = gguf.GGMLQuantizationType
    stated = _written(writer, path, gguf.LlamaFileType.MOSTLY_F16, kinds.F16)
    names = ("hf:acme/tiny-base", "Acme Tiny Teacher")
    return replace(stated, says={**stated.says, "base_models": names})


def _gguf(path: Path, file_type: Any, *kinds: Any) -> Stated:  # noqa: ANN401 - gguf is not typed here
    return _written(gguf.GGUFWriter(path, "llama"), path, file_type, *kinds)


def _written(writer: Any, path: Path, file_type: Any, *kinds: Any) -> Stated:  # noqa: ANN401 - as above
    writer.add_name("tiny")
    writer.add_license("apache-2.0")
    writer.add_block_count(len(kinds))
    writer.add_context_length(128)
    writer.add_file_type(file_type)
    writer.add_token_list(["<s>", "a", "b"])
    writer.add_tensor("output_norm.weight", np.ones(64, np.float32))
    for number, kind in enumerate(kinds):
        array = RANDOM.normal(size=(32, 64)).astype(np.float32)
        name = f"blk.{number}.ffn_up.weight"
        writer.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return _of_gguf(path)


def _of_gguf(path: Path) -> Stated:
    reader = gguf.GGUFReader(path)

    def value(key: str) -> Any:  # noqa: ANN401 - of any type
        return reader.get_field(key).contents()

    weights = []
    for tensor in reader.tensors:
        kind = {"F32": "float32", "F16": "float16"}.get(tensor.tensor_type.name)
        shape = tuple(int(size) for size in reversed(tensor.shape))
        digest = hashlib.sha256(tensor.data.tobytes()).hexdigest()
        weights.append((tensor.name, kind or tensor.tensor_type.name, shape, digest))
    file_type = gguf.LlamaFileType(value("general.file_type")).name.removeprefix("MOSTLY_")
    says = {
        "format": "gguf",
        "framework": "GGML",
        "verdict": "clean",
        "version": f"GGUF {value('GGUF.version')}",
        "architecture": value("general.architecture"),
        "quantization": "" if file_type == "F16" else file_type,
        "license": value("general.license"),
        "parameters": int(sum(tensor.n_elements for tensor in reader.tensors)),
        "tensors": len(weights),
    }
    metadata = {"llama.context_length": str(value("llama.context_length"))}
    return Stated(path, says, metadata, weights=tuple(weights))
