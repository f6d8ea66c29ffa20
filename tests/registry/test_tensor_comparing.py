"""Tensors of stored versions, from references to what differs value by value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from modelshelf.domain.errors import Corrupt, Invalid, ModelshelfError, NotFound
from modelshelf.domain.tensor_comparison import TensorComparison
from modelshelf.formats.comparing.kinds import Array
from modelshelf.registry import Registry
from tests.formats.comparing.made import as_npz, as_onnx, safetensors_of
from tests.registry.drops import Shelf

Arrays = dict[str, Array]


def network(seed: int = 1, elements: int = 64) -> Arrays:
    """Return a small network."""
    chance = np.random.default_rng(seed)
    return {
        f"layers.{n}.weight": chance.standard_normal((2, elements // 2), dtype=np.float32)
        for n in range(4)
    }


def register(registry: Registry, data: bytes, name: str = "m.safetensors") -> str:
    """Register a file and return its reference."""
    file = registry.path.parent / "files" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(data)
    return registry.versions.register("churn", file).version.reference


def compare(registry: Registry, *references: str, **asked: object) -> tuple[TensorComparison, ...]:
    """Compare the tensors of versions."""
    return registry.comparisons.tensors(references, **asked)  # type: ignore[arg-type]


def states(found: TensorComparison) -> list[str]:
    """Return the states of the rows."""
    return [row.state for row in found.rows]


def test_a_fine_tuned_version_says_where_it_moved(registry: Registry) -> None:
    """One layer moved: the others are known by their digests and not read."""
    given = network()
    moved = given | {"layers.2.weight": given["layers.2.weight"] * np.float32(1.25)}
    register(registry, safetensors_of(given))
    register(registry, safetensors_of(moved))
    (found,) = compare(registry, "churn:1", "churn:latest")
    assert (found.baseline, found.reference) == ("churn:v1", "churn:v2")
    assert states(found) == ["same", "same", "changed", "same"]
    assert found.rows[2].relative_l2 == pytest.approx(0.25)
    assert found.groups[2].relative_l2 == pytest.approx(0.25)
    assert found.bytes_read == 2 * 256
    assert (found.whole, found.notes, found.differs) == (True, (), True)


def test_versions_in_other_containers(registry: Registry) -> None:
    """Three versions in three containers, each against the baseline that is chosen."""
    given = network()
    register(registry, safetensors_of(given))
    register(registry, _bytes(as_npz(given | {"extra": given["layers.0.weight"]})), "m.npz")
    register(registry, _bytes(as_onnx(given)), "m.onnx")
    first, second = compare(registry, "churn:1", "churn:2", "churn:3", baseline="churn:2")
    assert [(each.baseline, each.reference) for each in (first, second)] == [
        ("churn:v2", "churn:v1"),
        ("churn:v2", "churn:v3"),
    ]
    assert states(first) == states(second) == ["same"] * 4 + ["removed"]
    (itself,) = compare(registry, "churn:1", "churn:v1")
    assert (itself.differs, itself.bytes_read) == (False, 0)


def _bytes(source: object) -> bytes:
    with source.only.open() as file:  # type: ignore[attr-defined]
        return bytes(file.read())


def test_progress_goes_over_all_comparisons(registry: Registry) -> None:
    """Bytes done grow to all of them; when it is stopped, what was not read is said."""
    for seed in (1, 2, 3):
        register(registry, safetensors_of(network(seed)))
    told: list[tuple[int, int]] = []
    found = compare(
        registry, "churn:1", "churn:2", "churn:3",
        progress=lambda done, total, _: told.append((done, total)),
    )  # fmt: skip
    total = sum(each.bytes_read for each in found)
    assert told == [(total // 2, total), (total, total)]
    stopped = compare(registry, "churn:1", "churn:2", "churn:3", cancelled=lambda: True)
    assert [(each.whole, set(states(each))) for each in stopped] == [(False, {"unread"})] * 2


def test_what_cannot_be_compared_is_a_sentence(registry: Registry, tmp_path: Path) -> None:
    """No tensors, no version, too few of them, no baseline among them."""
    register(registry, safetensors_of(network()))
    (tmp_path / "m.pmml").write_bytes(b'<PMML version="4.4"><Header/></PMML>')
    registry.versions.register("churn", tmp_path / "m.pmml")
    with pytest.raises(Invalid, match="churn:v2 has no tensors"):
        compare(registry, "churn:1", "churn:2")
    with pytest.raises(NotFound):
        compare(registry, "churn:1", "churn:9")
    with pytest.raises(Invalid):
        compare(registry, "churn:1")


def test_bytes_that_are_gone_or_others(registry: Registry) -> None:
    """A blob that vanished or was cut is never compared."""
    references = [register(registry, safetensors_of(network(seed))) for seed in (1, 2)]
    digest = registry.versions.detail(references[1]).files[0].digest
    blob = registry._context.blobs.path(digest)
    blob.chmod(0o600)
    blob.write_bytes(blob.read_bytes()[:-1])
    with pytest.raises(Corrupt, match="gone or cut"):
        compare(registry, *references)
    blob.unlink()
    with pytest.raises(ModelshelfError):
        compare(registry, *references)


def test_the_bytes_of_a_freed_version_are_not_there(registry: Registry) -> None:
    """What was collected cannot be compared, and the sentence says so."""
    references = [register(registry, safetensors_of(network(seed))) for seed in (1, 2)]
    registry.versions.yank(references[1], reason="wrong data")
    registry.upkeep.gc(registry.upkeep.gc_plan(grace_days=0))
    with pytest.raises(NotFound, match="were freed"):
        compare(registry, *references)


def test_adopted_bytes_are_verified_first(tmp_path: Path) -> None:
    """What was changed in place is not compared, even where length and header are the same."""
    theirs = tmp_path / "theirs" / "churn"
    theirs.mkdir(parents=True)
    shelf = Shelf(
        tmp_path / "shelf",
        f'[[drop_folders]]\npath = "{theirs.parent.as_posix()}"\nkeep = "adopt"\n',
    )
    shelf.inbox = theirs.parent
    given = network(elements=256)
    for name, values in {
        "a": given,
        "b": given | {"layers.0.weight": -given["layers.0.weight"]},
    }.items():
        (theirs / f"{name}.safetensors").write_bytes(safetensors_of(values))
        shelf.settle()
    (found,) = compare(shelf.registry, "churn:1", "churn:2")
    assert states(found) == ["changed", "same", "same", "same"]
    (theirs / "b.safetensors").write_bytes(safetensors_of(network(7, elements=256)))
    with pytest.raises(Corrupt, match="adopted in place"):
        compare(shelf.registry, "churn:1", "churn:2")
