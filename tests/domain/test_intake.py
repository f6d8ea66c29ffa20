"""The rules of drop folders: is it finished, what is it, and which model does it belong to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.drop_rule import DropFolder, model_for
from modelshelf.domain.intake import (
    RETRY_S,
    Before,
    Ignore,
    Leave,
    PutAway,
    Seen,
    State,
    Take,
    Wait,
    decide,
    read_seen,
)

RULE = DropFolder()
COPY = DropFolder(keep="copy")
FILE = Seen(folder=False, size=10, mtime_ns=5, ctime_ns=6, inode=7, device=8)
FOLDER = replace(FILE, folder=True, files=3, tree="abc")

texts = st.text(max_size=20)
numbers = st.integers(min_value=0, max_value=2**63 - 1)
anything_seen = st.builds(
    Seen,
    folder=st.booleans(),
    size=numbers,
    mtime_ns=numbers,
    ctime_ns=numbers,
    inode=numbers,
    device=numbers,
    files=numbers,
    tree=texts,
    companions=texts,
    around=texts,
)
states: st.SearchStrategy[State] = st.sampled_from(
    ["waiting", "taken", "same", "refused", "ignored"]
)
befores = st.builds(
    Before,
    state=states,
    seen=st.none() | anything_seen,
    still=st.floats(-1e6, 1e6),
    failures=st.integers(0, 9),
)
rules = st.builds(
    DropFolder,
    settle=st.floats(0, 100),
    settle_folder=st.floats(0, 100),
    keep=st.sampled_from(["move", "copy"]),
)


def waiting(seen: Seen = FILE, still: float = 60.0, failures: int = 0) -> Before:
    """Return the memory of something that waits and has been still for a while."""
    return Before("waiting", seen, still, failures)


class TestDecide:
    def test_what_was_never_seen_waits(self) -> None:
        """One look cannot know whether anybody still writes."""
        assert decide(RULE, FILE, None) == Wait("it must lie still for 2 s", restart=True)

    @pytest.mark.parametrize("still", [0.0, 1.0, 1.999])
    def test_it_waits_until_it_has_settled(self, still: float) -> None:
        """Stillness is counted from the first look that saw the same."""
        assert decide(RULE, FILE, waiting(still=still)) == Wait("it must lie still for 2 s")

    def test_it_is_taken_once_it_has_settled(self) -> None:
        """Two seconds by default, for a file."""
        assert decide(RULE, FILE, waiting(still=2.0)) == Take()

    @pytest.mark.parametrize(
        "now",
        [
            replace(FILE, size=99),
            replace(FILE, mtime_ns=99),
            replace(FILE, ctime_ns=99),
            replace(FILE, inode=99),
            replace(FILE, device=99),
            replace(FILE, companions="new"),
            replace(FILE, around="new"),
            FOLDER,
        ],
    )
    def test_any_change_starts_the_wait_anew(self, now: Seen) -> None:
        """Size, either time, the file behind the name, a sidecar, the folder around it."""
        decision = decide(RULE, now, waiting())
        assert decision == Wait("it is still changing", restart=True)

    def test_a_folder_settles_longer(self) -> None:
        """The files of a folder arrive one by one."""
        assert isinstance(decide(RULE, FOLDER, waiting(FOLDER, still=9.9)), Wait)
        assert decide(RULE, FOLDER, waiting(FOLDER, still=10.0)) == Take()

    def test_a_file_in_an_unknown_folder_settles_like_a_folder(self) -> None:
        """It may be the first file of a folder artifact whose index has yet to come."""
        inside = replace(FILE, around="state")
        assert isinstance(decide(RULE, inside, waiting(inside, still=9.9)), Wait)
        assert decide(RULE, inside, waiting(inside, still=10.0)) == Take()

    def test_a_clock_that_was_put_back_starts_the_wait_anew(self) -> None:
        """A negative stillness says nothing."""
        decision = decide(RULE, FILE, waiting(still=-5.0))
        assert decision == Wait("the clock was put back", restart=True)

    def test_a_half_written_sidecar_is_waited_for(self) -> None:
        """What is pending is the reason."""
        assert decide(RULE, FILE, waiting(), pending="its sidecar …") == Wait("its sidecar …")

    @pytest.mark.parametrize(("expected", "taken"), [(11, False), (10, True), (9, True)])
    def test_the_header_has_a_say(self, expected: int, *, taken: bool) -> None:
        """A file shorter than its own header says is cut; a longer one is for the scan to judge."""
        decision = decide(RULE, FILE, waiting(), expected_size=expected)
        assert decision == (Take() if taken else Wait("its header promises 11 bytes, 10 are there"))

    def test_an_empty_file_is_no_model(self) -> None:
        """It is passed over until it changes, also at the next look."""
        empty = replace(FILE, size=0)
        assert decide(RULE, empty, waiting(empty, still=59.9)) == Wait("it is empty so far")
        assert decide(RULE, empty, waiting(empty)) == Ignore("it is empty")
        assert decide(RULE, empty, Before("ignored", empty, 60.0)) == Ignore("it is empty")

    @pytest.mark.parametrize(
        ("missing", "words"),
        [(("a",), "a, which is not there"), (("a", "b", "c"), "a and 2 more, which are not there")],
    )
    def test_what_its_index_names_is_waited_for(self, missing: tuple[str, ...], words: str) -> None:
        """For ever; after ten minutes it is called incomplete."""
        short, long = waiting(still=599), waiting(still=600)
        assert decide(RULE, FILE, short, missing=missing) == Wait(f"its index names {words}")
        late = Wait(f"incomplete: its index names {words}")
        assert decide(RULE, FILE, long, missing=missing) == late

    @pytest.mark.parametrize("now", [FILE, FOLDER])
    def test_a_marker_or_a_rename_hurries(self, now: Seen) -> None:
        """A quarter of a second is enough; a failure of the machine is still not hurried."""
        assert isinstance(decide(RULE, now, waiting(now, still=0.24), hurried=True), Wait)
        assert decide(RULE, now, waiting(now, still=0.25), hurried=True) == Take()
        failed = waiting(now, still=59, failures=1)
        assert isinstance(decide(RULE, now, failed, hurried=True), Wait)

    @pytest.mark.parametrize("failures", range(1, 6))
    def test_failures_of_the_machine_are_not_hurried(self, failures: int) -> None:
        """One, five and thirty minutes pass between attempts."""
        needed = RETRY_S[min(failures, 3)]
        early, late = (waiting(still=needed + d, failures=failures) for d in (-0.1, 0.1))
        assert isinstance(decide(RULE, FILE, early), Wait)
        assert decide(RULE, FILE, late) == Take()

    def test_a_change_forgives_failures(self) -> None:
        """What failed was something else."""
        now = replace(FILE, size=11)
        assert decide(RULE, now, waiting(failures=3)) == Wait("it is still changing", restart=True)

    @pytest.mark.parametrize("state", ["taken", "same"])
    def test_what_was_taken_in_is_only_put_away(self, state: State) -> None:
        """A crash between the registration and the move costs no second reading."""
        assert decide(RULE, FILE, Before(state, FILE, 0.0)) == PutAway()
        assert decide(COPY, FILE, Before(state, FILE, 0.0)) == Leave()

    def test_what_was_refused_is_left(self) -> None:
        """Until it or its sidecar changes; what lies around it does not matter."""
        before = Before("refused", FILE, 0.0)
        assert decide(RULE, FILE, replace(before, apart=True)) == PutAway()
        assert decide(COPY, FILE, replace(before, apart=True)) == Leave()
        assert decide(RULE, replace(FILE, around="other"), before) == Leave()
        assert isinstance(decide(RULE, replace(FILE, companions="new"), before), Wait)

    @given(rules, anything_seen, st.none() | befores, texts, st.none() | numbers)
    def test_nothing_restless_is_taken(
        self,
        rule: DropFolder,
        now: Seen,
        before: Before | None,
        pending: str,
        expected: int | None,
    ) -> None:
        """Whatever is remembered: only what was seen before, the same and long enough, is taken."""
        decision = decide(rule, now, before, pending=pending, expected_size=expected)
        if isinstance(decision, Take):
            assert before is not None
            assert before.seen == now
            assert before.state in ("waiting", "ignored") or now.around
            settle = rule.settle_folder if now.folder or now.around else rule.settle
            assert before.still >= settle
            assert not pending
            assert now.size >= max(1, expected or 0)

    @given(rules, anything_seen, st.floats(0, 1e6), st.integers(0, 9))
    def test_everything_still_is_taken_in_the_end(
        self, rule: DropFolder, now: Seen, still: float, failures: int
    ) -> None:
        """Waiting long enough always leads to a decision."""
        decision = decide(rule, now, Before("waiting", now, still + 2000, failures))
        assert decision == (Take() if now.size else Ignore("it is empty"))


class TestModelFor:
    @pytest.mark.parametrize(
        ("template", "path", "folder", "model"),
        [
            ("{folder}", "churn/model.onnx", False, "churn"),
            ("{folder}", "risk/churn/model.onnx", False, "risk/churn"),
            ("{folder}", "churn/run-42", True, "churn"),
            ("{folder}", "model.onnx", False, None),
            ("{folder}", "churn", True, "churn"),
            ("{folder}", "churn-1.2", True, "churn-1.2"),
            ("{folder}", "Churn.mlpackage", True, "Churn"),
            ("{stem}", "churn.onnx", False, "churn"),
            ("{stem}", "any/where/churn.v2.onnx", False, "churn.v2"),
            ("{stem}", "churn.1", True, "churn.1"),
            ("{folder}-{stem}", "risk/churn.onnx", False, "risk-churn"),
            ("churn", "model.onnx", False, "churn"),
            ("team/{stem}", "a/b.pkl", False, "team/b"),
            ("{folder}", "{stem}/x.onnx", False, "{stem}"),
            ("{other}", "a/x.onnx", False, "{other}"),
        ],
    )
    def test_a_model_follows_from_the_place(
        self, template: str, path: str, *, folder: bool, model: str | None
    ) -> None:
        """Folders make the name, the stem makes it, or the policy says it outright."""
        rule = DropFolder(model=template)
        assert model_for(rule, PurePosixPath(path), folder=folder) == model

    @given(st.lists(st.from_regex(r"[^/\0]{1,20}", fullmatch=True), min_size=2, max_size=5))
    def test_folders_are_joined_as_they_are(self, parts: list[str]) -> None:
        """No name, however odd, is read as a placeholder or changed; checking it comes later."""
        relative = PurePosixPath(*parts)
        if relative.parts == tuple(parts) and len(parts) > 1:
            assert model_for(RULE, relative) == "/".join(parts[:-1])


@given(anything_seen)
def test_an_identity_survives_the_ledger(seen: Seen) -> None:
    """What is written is read back."""
    assert read_seen(seen.text()) == seen


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"size": 1}', '{"new_field": 1}', "null"])
def test_an_identity_of_another_release_is_unknown(text: str) -> None:
    """Then the file is looked at anew."""
    assert read_seen(text) is None
