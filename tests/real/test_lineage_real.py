"""Where real models came from: what the sample tells, and what real files give away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from modelshelf.domain.provenance import Run
from modelshelf.domain.tensor_comparison import TensorRow
from modelshelf.formats.comparing.kinds import Array
from modelshelf.registry import Registry
from modelshelf.registry.sample import sample_folder
from tests.real.conftest import StatedOf, brought, need

DIGITS = "vision/digits"
FINE_TUNED = (f"{DIGITS}:v2", f"{DIGITS}:v4")


def put(registry: Registry, model: str, path: Path, **details: Run) -> str:
    """Register a real file or folder; return the reference."""
    return registry.versions.register(model, path, **details).version.reference  # type: ignore[arg-type]


def found(registry: Registry, reference: str) -> list[tuple[str, str, float]]:
    """Return kind, target and confidence of what is suggested, in order."""
    every = registry.lineage.suggestions(reference)
    assert all(each.subject == reference and each.evidence for each in every)
    return [(each.kind, each.target, each.confidence) for each in every]


class TestSample:
    def test_the_fine_tune_came_from_its_base_and_both_deliveries(self, sample: Registry) -> None:
        """One step up are the version it began with and the two data sets it learned from."""
        graph = sample.lineage.of(FINE_TUNED[1], hops=1, ways="up")
        labels = {node.id: node.label for node in graph.nodes}
        above = {(edge.kind, labels[edge.source]) for edge in graph.edges}
        assert {pair for pair in above if pair[0] in {"derived_from", "trained_on"}} == {
            ("derived_from", FINE_TUNED[0]),
            ("trained_on", "digits 2"),
            ("trained_on", "digits-shifted 1"),
        }

    def test_two_fine_tunes_have_the_base_in_common(self, sample: Registry) -> None:
        """A version made from one of them is a step further; what the base came from is farther."""
        for second, steps in ((4, (1, 1)), (5, (1, 2))):
            common = sample.lineage.common(f"{DIGITS}:v3", f"{DIGITS}:v{second}")
            told = {each.node.label: (each.first, each.second) for each in common}
            assert told[FINE_TUNED[0]] == steps
            assert "digits 2" not in told
        (base,) = sample.lineage.common(*reversed(FINE_TUNED))
        assert (base.node.label, base.first, base.second) == (FINE_TUNED[0], 1, 0)

    @pytest.mark.parametrize(("before", "after"), [(2, 3), (2, 4), (4, 5)])
    def test_tensors_moved_as_numpy_says(self, sample: Registry, before: int, after: int) -> None:
        """Two fine-tunes, and one rounded to half precision: the same figures in float64."""
        need("safetensors")
        old, new = arrays(before), arrays(after)
        (told,) = sample.comparisons.tensors([f"{DIGITS}:v{before}", f"{DIGITS}:v{after}"])
        assert [row.name for row in told.rows] == sorted(old)
        for row in told.rows:
            check_row(row, old[row.name], new[row.name])
        for group in told.groups:
            names = [row.name for row in told.rows if row.group == group.name]
            one, other = (np.concatenate([w[name].ravel() for name in names]) for w in (old, new))
            assert group.relative_l2 == pytest.approx(relative_l2(one, other), rel=1e-6)

    def test_nothing_is_suggested_where_all_is_told(self, sample: Registry) -> None:
        """Files name their base and their data, and every one of these is an edge already."""
        assert sample.lineage.suggestions() == ()

    def test_its_files_alone_name_base_and_data(self, registry: Registry) -> None:
        """Without a sidecar the same edges are found; a file that names itself says nothing."""
        one, two, tuned, rounded = (put(registry, DIGITS, weights(n)) for n in (1, 2, 4, 5))
        assert found(registry, one) == [("trained_on", "dataset:digits 1", 0.4)]
        assert found(registry, two) == [("trained_on", "dataset:digits 2", 0.4)]
        assert found(registry, tuned) == [
            ("derived_from", FINE_TUNED[0], 0.9),
            ("trained_on", "dataset:digits 2", 0.4),
            ("trained_on", "dataset:digits-shifted 1", 0.4),
        ]
        assert (rounded, found(registry, rounded)) == (f"{DIGITS}:v4", [])


class TestTheSameWeights:
    def test_a_voice_detector_in_three_exports(self, registry: Registry) -> None:
        """Its program, both rates as ONNX, and one rate: each came from what was there before."""
        names = ("silero_vad.jit", "silero_vad.onnx", "silero_vad_16k_op15.onnx")
        files = [brought("silero-vad", f"silero_vad/data/{name}") for name in names]
        half = brought("silero-vad", "silero_vad/data/silero_vad_half.onnx")
        program, both, rate = (
            put(registry, name, file)
            for name, file in zip(("program", "both", "rate"), files, strict=True)
        )
        assert found(registry, program) == []
        assert found(registry, both) == [("derived_from", program, 0.89)]
        first, second = found(registry, rate)
        assert first[:2] == ("derived_from", program)
        assert second[:2] == ("derived_from", both)
        assert 0.8 < second[2] < 0.9  # it holds all but one of the tensors
        assert found(registry, put(registry, "half", half)) == []

    def test_a_network_as_its_authors_ship_it_twice(self, registry: Registry) -> None:
        """PyTorch's file holds half of the tensors under a second name; they are the same ones."""
        place = "mne_icalabel/iclabel/network/assets/ICLabelNet"
        files = [brought("mne-icalabel", f"{place}.{ending}") for ending in ("pt", "onnx")]
        own, graph = (put(registry, file.suffix[1:], file) for file in files)
        (same,) = registry.versions.same_weights(graph)
        assert (same.reference, same.exact) == (own, True)
        assert found(registry, graph) == [("derived_from", own, 0.9)]
        (told,) = registry.comparisons.tensors([own, graph])
        states = [row.state for row in told.rows]
        assert (states.count("same"), states.count("removed"), len(states)) == (20, 20, 40)
        assert told.bytes_read == 0

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (("layers", "packed"), ("layers", "parts")),
            (("torches", "state"), ("torches", "traced")),
            (("torches", "state"), ("torches", "exported")),
            (("torches", "legacy"), ("torches", "scripted")),
            (("hubs", "network"), ("hubs", "sharded")),
        ],
        ids=str,
    )
    def test_another_container_with_the_same_tensors(
        self, registry: Registry, stated_of: StatedOf, one: tuple[str, str], other: tuple[str, str]
    ) -> None:
        """All tensors are known by their digests to be the same, and nothing is read for it."""
        before = put(registry, "before", stated_of(*one).path)
        after = put(registry, "after", stated_of(*other).path)
        (same,) = registry.versions.same_weights(after)
        assert (same.reference, same.share, same.exact) == (before, 1.0, True)
        assert found(registry, after) == [("derived_from", before, 0.9)]
        assert found(registry, before) == []
        (told,) = registry.comparisons.tensors([before, after])
        assert (told.differs, told.bytes_read) == (False, 0)

    def test_what_a_person_says_of_it_counts(self, registry: Registry, stated_of: StatedOf) -> None:
        """Confirmed it is an edge, rejected it is none, and neither is suggested again."""
        before = put(registry, "before", stated_of("layers", "packed").path)
        after = put(registry, "after", stated_of("layers", "parts").path)
        registry.lineage.reject(after, "derived_from", before, reason="the same training")
        assert found(registry, after) == []
        assert registry.lineage.path(before, after) is None
        registry.lineage.link(after, "derived_from", before)
        assert found(registry, after) == []
        (edge,) = (registry.lineage.path(before, after) or pytest.fail("no way")).edges
        assert (edge.kind, edge.origin) == ("derived_from", "hand")


class TestWhatFilesName:
    def test_an_adapter_names_its_base(self, registry: Registry, stated_of: StatedOf) -> None:
        """A model outside by its address; the registered one of that name once it is there."""
        adapter = stated_of("hubs", "adapter").path
        alone = put(registry, "alone", adapter)
        assert found(registry, alone) == [("derived_from", "hf:acme/bert-tiny", 0.8)]
        base = put(registry, "acme/bert-tiny", stated_of("hubs", "network").path)
        assert ("derived_from", base, 0.6) not in found(registry, alone)  # which came later
        after = registry.versions.register("after", adapter).version.reference
        assert ("derived_from", base, 0.6) in found(registry, after)

    def test_a_gguf_file_names_bases_and_data(
        self, registry: Registry, stated_of: StatedOf
    ) -> None:
        """An address is surer than a name."""
        tuned = put(registry, "tuned", stated_of("ggufs", "tuned").path)
        assert found(registry, tuned) == [
            ("derived_from", "hf:acme/tiny-base", 0.8),
            ("derived_from", "outside:Acme Tiny Teacher", 0.4),
            ("trained_on", "dataset:letters@2", 0.4),
        ]

    def test_an_onnx_file_names_data(self, registry: Registry, stated_of: StatedOf) -> None:
        """A property of the model is read like any other pair."""
        typed = put(registry, "typed", stated_of("graphs", "typed").path)
        assert found(registry, typed) == [("trained_on", "dataset:tuesday", 0.4)]

    def test_a_folder_of_mlflow_names_its_run(
        self, registry: Registry, stated_of: StatedOf
    ) -> None:
        """It is recorded; where a person told another run it is suggested, and surer if known."""
        logged = stated_of("folders", "logged")
        run = logged.metadata["run_id"]
        kept = put(registry, "kept", logged.path)
        (edge,) = registry.lineage.of(kept, hops=1, ways="up").edges
        assert (edge.kind, edge.source) == ("produced_by", f"run:{run}")
        assert found(registry, kept) == []
        told = put(registry, "told", logged.path, run=Run("another"))
        suggested = [each for each in found(registry, told) if each[0] == "produced_by"]
        assert suggested == [("produced_by", f"run:{run}", 0.9)]


def weights(number: int) -> Path:
    """Return the file of a version of the sample's digits."""
    return sample_folder() / "models" / DIGITS / f"v{number}" / "model.safetensors"


def arrays(number: int) -> dict[str, Array]:
    """Return its tensors as their own package reads them, in float64."""
    from safetensors.numpy import load_file

    return {name: each.astype(np.float64) for name, each in load_file(weights(number)).items()}


def relative_l2(one: Array, other: Array) -> float:
    """Return how far they are apart, in lengths of the first."""
    return float(np.linalg.norm(other - one) / np.linalg.norm(one))


def check_row(row: TensorRow, one: Array, other: Array) -> None:
    """Compare what is said of a tensor with what NumPy computes."""
    assert row.state == ("changed" if len(set(row.dtypes)) == 1 else "other type")
    assert (row.shapes, row.elements) == ((one.shape, other.shape), one.size)
    assert row.changed == int(np.count_nonzero(one != other))
    assert row.relative_l2 == pytest.approx(relative_l2(one, other), rel=1e-6)
    assert row.max_change == pytest.approx(float(np.abs(other - one).max()), rel=1e-6)
