"""Looking never loads: payloads stay asleep, and no model library is imported."""

from __future__ import annotations

import gzip
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modelshelf.formats import Source, inspect
from tests.formats.builders import FIXTURES, npy, tarred, torch_zip, zipped

_OBJECTS = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
_WORK = """
import sys
from pathlib import Path
from modelshelf.formats import Source, inspect
for path in sorted(Path(sys.argv[1]).iterdir()):
    inspect(Source.from_path(path))
print(*sorted(sys.modules))
"""


class Payload:
    """Makes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        """Remember which file."""
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        """Pickle as a call."""
        return exec, (f"open({str(self.marker)!r}, 'w').close()",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_payload_that_works_stays_asleep(protocol: int, tmp_path: Path) -> None:
    """Unpickling makes the marker; looking, in any wrapping, does not."""
    marker = tmp_path / "marker"
    payload = pickle.dumps(Payload(marker), protocol)
    wrapped = {
        "model.pkl": payload,
        "model.joblib": payload,
        "model.onnx": payload,
        "model.joblib.gz": gzip.compress(payload),
        "model.pt": torch_zip(root=payload),
        "nested.pt": torch_zip({"archive/x": zipped({"a": payload})}),
        "model.pt2": zipped({"archive_format": b"pt2", "data/x.pt": torch_zip(root=payload)}),
        "packed.zip": zipped({"a": gzip.compress(payload)}),
        "model.npy": npy(_OBJECTS, payload),
        "model.npz": zipped({"a.npy": npy(_OBJECTS, payload)}),
        "model.zip": zipped({"a": payload}),
        "model.tar.gz": tarred({"a": payload}, "w:gz"),
    }
    for name, data in wrapped.items():
        path = tmp_path / name
        path.write_bytes(data)
        assert inspect(Source.from_path(path)).verdict == "dangerous", name
    assert inspect(Source.from_path(tmp_path)).verdict == "dangerous"
    assert not marker.exists()
    pickle.loads(payload)  # noqa: S301 - the counter-check: it would have run
    assert marker.exists()


def test_no_model_library_is_imported() -> None:
    """Looking into every fixture needs the standard library only."""
    done = subprocess.run(
        [sys.executable, "-c", _WORK, str(FIXTURES)],
        check=True,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    foreign = loaded & {
        "numpy", "onnx", "torch", "sklearn", "joblib", "safetensors", "keras", "h5py", "yaml",
        "google", "gguf", "tensorflow", "sqlalchemy", "textual", "pydantic", "pickle",
    }  # fmt: skip
    assert not foreign
