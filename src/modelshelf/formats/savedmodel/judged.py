"""Operators of TensorFlow that touch files or call Python, wherever a graph is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modelshelf.domain.inspection import Finding
from modelshelf.formats import findings as say
from modelshelf.formats.savedmodel.operators import BUILT_IN

# Reading and writing any file by its name.
FILES = frozenset(
    {"ReadFile", "WriteFile", "MatchingFiles", "DatasetToTFRecord", "SaveDataset", "SaveDatasetV2"}
)
# What a saver does with the files it is given, and nothing else has a reason to do.
SAVING = frozenset(
    {"Save", "SaveSlices", "SaveV2", "MergeV2Checkpoints", "DistributedSave", "DumpTensor"}
)
RESTORING = frozenset({"Restore", "RestoreSlice", "RestoreV2", "DTensorRestoreV2"})
PYTHON = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc"})
# Pipelines and summaries: they have their place in training, and read or write files.
_TRAINING = frozenset(
    {"CSVDataset", "CSVDatasetV2", "CreateSummaryFileWriter", "FixedLengthRecordDatasetV2"}
    | {"FixedLengthRecordReaderV2", "LMDBDataset", "LMDBReader", "LoadDataset", "RpcClient"}
    | {"RpcServer", "SnapshotDatasetV2", "SqlDataset", "TFRecordDataset", "TFRecordDatasetV2"}
    | {"TFRecordReaderV2", "TextLineDataset", "TextLineReaderV2", "WholeFileReaderV2"}
)


def judge(operators: Iterable[str], where: str, family: str) -> Iterator[Finding]:
    """Yield a finding for each operator that touches files or calls Python.

    Args:
        operators: Their names, each once.
        where: The file.
        family: What the rules start with.
    """
    used = set(operators)
    for name in sorted(used & (FILES | PYTHON | _TRAINING)):
        if name in FILES:
            detail = f"{name} reads or writes any file that it is given the name of"
            yield say.dangerous(f"{family}.files", where, detail)
        elif name in PYTHON:
            detail = f"{name} calls a function of Python that is not part of the model"
            yield say.warning(f"{family}.python", where, detail)
        else:
            detail = f"{name} reads or writes files, which a model in use has no need of"
            yield say.warning(f"{family}.pipeline", where, detail)


def needs_code(operators: Iterable[str]) -> tuple[str, ...]:
    """Return the operators that call Python or come with another library, sorted."""
    return tuple(sorted(name for name in set(operators) if name in PYTHON or is_custom(name)))


def is_custom(name: str) -> bool:
    """Tell whether an operator does not come with TensorFlow."""
    return name not in BUILT_IN
