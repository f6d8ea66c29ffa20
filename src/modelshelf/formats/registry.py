"""The inspectors that there are, in the order in which they are asked."""

from __future__ import annotations

from functools import partial

from modelshelf.formats.families.archive import Compressed, TarArchive, ZipArchive
from modelshelf.formats.families.folder import PlainFolder
from modelshelf.formats.families.gguf import Gguf
from modelshelf.formats.families.huggingface import HuggingFace
from modelshelf.formats.families.keras import Keras
from modelshelf.formats.families.mlflow import Mlflow
from modelshelf.formats.families.numpy import Npy, Npz
from modelshelf.formats.families.onnx import Onnx
from modelshelf.formats.families.pickle import Pickle
from modelshelf.formats.families.pmml import Pmml
from modelshelf.formats.families.safetensors import Safetensors
from modelshelf.formats.families.torch import TorchLegacy, TorchZip
from modelshelf.formats.families.unknown import Unknown
from modelshelf.formats.interface import Inspector
from modelshelf.formats.looking import look


def inspectors() -> tuple[Inspector, ...]:
    """Return all inspectors; of two that are equally sure, the earlier one is taken."""
    files: tuple[Inspector, ...] = (
        TorchLegacy(),
        Pickle(),
        Safetensors(),
        Onnx(),
        Gguf(),
        Npy(),
        Pmml(),
        TorchZip(),
        Keras(),
        Npz(),
        ZipArchive(),
        TarArchive(),
        Compressed(),
        Unknown(),
    )
    # A folder's inspector looks into its files with the others; folders in folders are one folder.
    look_into = partial(look, inspectors=files)
    return (*files, Mlflow(look_into), HuggingFace(look_into), PlainFolder(look_into))
