"""Roles: every public method of every part names the role it takes, and asks for it first."""

from __future__ import annotations

import inspect
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modelshelf.catalog import audit_reader
from modelshelf.domain.errors import Invalid, ModelshelfError, NotFound, Refused
from modelshelf.registry import Registry, open_registry
from tests.contracts.tree import ROOT
from tests.furnished import furnished, model_file, ticking
from tests.registry.roles_page import current
from tests.registry.walking import RANKS, Arguments, Method, arguments_for, methods_of, parts_of
from tests.sentences import check_sentence

PEOPLE = {"viewer": "vic", "contributor": "con", "reviewer": "rev", "admin": "ada"}
ALL_ROLES = "[roles]\n" + "".join(f'{role} = ["{who}"]\n' for role, who in PEOPLE.items())
# Ravi may do everything on the models of risk, and nothing elsewhere.
OF_RISK = """
[roles]
viewer = ["vic"]
contributor = ["con"]
reviewer = ["rev"]
admin = ["ada", { who = ["ravi"], models = ["risk/*"] }]
"""
# They say nothing of what is in the registry, and whoever they open the past for is asked there.
EXEMPT = {"at", "change_counter", "close", "now"}

Open = Callable[..., Registry]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a registry with a story; tests copy it."""
    root = tmp_path_factory.mktemp("roles")
    furnished(root).close()
    return root / "registry"


@pytest.fixture
def opened(template: Path, tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens a copy of the story under a policy, as somebody."""
    registries: list[Registry] = []

    def open_it(actor: str, policy: str = ALL_ROLES) -> Registry:
        root = tmp_path / "registry"
        if not root.exists():
            shutil.copytree(template, root)
        (root / "modelshelf.toml").write_text(policy, "utf-8")
        registry = open_registry(root, actor=actor, clock=ticking())
        registries.append(registry)
        return registry

    yield open_it
    for registry in registries:
        registry.close()


def lying(root: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of every file below a folder, but for what SQLite makes to read."""
    found = {}
    for file in root.rglob("*"):
        if not file.name.endswith(("-shm", "-wal")):
            status = file.lstat()
            found[file.relative_to(root).as_posix()] = (status.st_size, status.st_mtime_ns)
    return found


def takes(method: Method, role: str) -> bool:
    """Whether somebody of ``role`` has what ``method`` takes."""
    assert method.role is not None
    return RANKS.index(role) >= RANKS.index(method.role)


def is_for_the_role(error: Exception) -> bool:
    """Whether an error is the refusal for want of a role."""
    return isinstance(error, Refused) and error.why.startswith("that takes the role ")


def refused_for_the_role(method: Method, registry: Registry, arguments: Arguments) -> str:
    """Call a method; return what it said if that was the want of a role, and else nothing."""
    try:
        method.call(registry, arguments)
    except ModelshelfError as error:
        return str(error) if is_for_the_role(error) else ""
    return ""


class TestEveryMethod:
    def test_names_a_role(self, opened: Open) -> None:
        """None of them is open by an oversight, whoever adds it."""
        registry = opened("ada")
        found = list(methods_of(registry))
        assert [str(method) for method in found if method.role not in RANKS] == []
        assert len(found) > 60
        assert {"models", "versions", "promotions", "audit", "inbox"} <= set(parts_of(registry))

    def test_of_the_registry_itself_is_known(self) -> None:
        """What the handle offers beside its parts says nothing of what is in the registry."""
        own = {n for n, _ in inspect.getmembers(Registry, inspect.isfunction) if n[0] != "_"}
        assert own == EXEMPT

    def test_keeps_its_signature_and_its_words(self, opened: Open) -> None:
        """Whoever looks at a method sees what they would see without the check."""
        for method in methods_of(opened("ada")):
            shown = getattr(parts_of(opened("ada"))[method.part], method.name)
            assert inspect.getdoc(shown), method
            assert "args" not in inspect.signature(shown).parameters, method

    def test_stands_in_the_documents(self, opened: Open) -> None:
        """The table is written by `python -m tests.registry.roles_page docs/roles.md`."""
        page = (ROOT / "docs" / "roles.md").read_text("utf-8")
        assert current(page, opened("ada")) == page

    @pytest.mark.parametrize("role", ["", "viewer", "contributor", "reviewer"])
    def test_is_refused_to_a_lesser_role_before_anything_happens(
        self, opened: Open, tmp_path: Path, role: str
    ) -> None:
        """With the sentence; nothing is touched and nothing is recorded."""
        registry = opened(PEOPLE.get(role, "nobody"))
        head = audit_reader.head(registry._context.database.reader())
        before = lying(tmp_path)
        asked = 0
        for method in methods_of(registry):
            if role and takes(method, role):
                continue
            arguments = arguments_for(method, registry, tmp_path / "files")
            with pytest.raises(Refused) as found:
                method.call(registry, arguments)
            assert is_for_the_role(found.value), (str(method), str(found.value))
            assert found.value.why == f"that takes the role {method.role}"
            check_sentence(found.value)
            assert lying(tmp_path) == before, str(method)
            asked += 1
        assert audit_reader.head(registry._context.database.reader()) == head
        assert asked > 3

    @pytest.mark.parametrize("role", RANKS)
    def test_is_open_to_whoever_has_the_role(self, opened: Open, tmp_path: Path, role: str) -> None:
        """Whatever else may be wrong, it is not the role, inside it neither."""
        registry = opened(PEOPLE[role])
        (tmp_path / "files").mkdir()
        (tmp_path / "files" / "file.bin").write_bytes(b"new")
        for method in methods_of(registry):
            if takes(method, role) and str(method) != "upkeep.rebuild":
                arguments = arguments_for(method, registry, tmp_path / "files")
                assert refused_for_the_role(method, registry, arguments) == "", str(method)

    def test_is_open_to_all_where_nobody_has_a_role(self, opened: Open, tmp_path: Path) -> None:
        """A registry without roles knows no such refusal."""
        registry = opened("nobody", "")
        for method in methods_of(registry):
            if method.role == "viewer":
                arguments = arguments_for(method, registry, tmp_path / "files")
                assert refused_for_the_role(method, registry, arguments) == "", str(method)


ELSEWHERE = {
    "risk/churn": "text/encoder-small",
    "risk/churn:1": "text/encoder-small:1",
    "risk/leavers": "text/else",
    "risk/*": "text/*",
    "risk/churn:2": "text/encoder-small:1",
    "hf:lab/base": "hf:lab/base",
}


class TestSomeModels:
    def test_on_his_models_everything_is_open(self, opened: Open, tmp_path: Path) -> None:
        """A grant for a pattern of models is enough for what is about such a model."""
        registry = opened("ravi", OF_RISK)
        asked = 0
        for method in methods_of(registry):
            if not method.of or method.kind in ("entry", "request"):
                continue
            arguments = arguments_for(method, registry, tmp_path / "files")
            assert refused_for_the_role(method, registry, arguments) == "", str(method)
            asked += 1
        assert asked > 30

    def test_on_others_and_on_the_whole_nothing(self, opened: Open, tmp_path: Path) -> None:
        """It is not enough for another model, for several, or for the registry as a whole."""
        registry = opened("ravi", OF_RISK)
        before = lying(tmp_path)
        for method in methods_of(registry):
            arguments = arguments_for(method, registry, tmp_path / "files")
            if method.kind in ("entry", "request"):
                continue
            if method.kind == "version":
                arguments["ids"] = [1, 4]
            for name in method.of:
                given = arguments[name]
                if isinstance(given, str):
                    arguments[name] = ELSEWHERE[given]
                elif name == "references":
                    arguments[name] = ["risk/churn:1", "text/encoder:1"]
            with pytest.raises(Refused) as found:
                method.call(registry, arguments)
            assert is_for_the_role(found.value), (str(method), str(found.value))
            assert lying(tmp_path) == before, str(method)

    def test_what_is_no_version_is_nobodys_beside_one_of_his(self, opened: Open) -> None:
        """His version may be linked to any data set; a data set alone is about the registry."""
        ravi = opened("ravi", OF_RISK)
        assert ravi.lineage.link("risk/churn:1", "trained_on", "dataset:clicks@2") > 0
        assert ravi.lineage.of("risk/churn:1").nodes
        with pytest.raises(Refused, match="may not look at dataset:clicks"):
            ravi.lineage.of("dataset:clicks")
        with pytest.raises(Refused, match="takes the role contributor"):
            ravi.lineage.link("text/encoder-small:1", "trained_on", "dataset:clicks@2")
        with pytest.raises(Refused, match="takes the role contributor"):
            ravi.lineage.link("risk/churn:1", "derived_from", "text/encoder-small:1")

    def test_a_digest_is_every_model_that_has_the_content(
        self, opened: Open, tmp_path: Path
    ) -> None:
        """What is his by its digest is so only as long as all models that have it are his."""
        ravi = opened("ravi", OF_RISK)
        digest = ravi.versions.get("risk/churn:1").digest
        assert ravi.versions.get(f"sha256:{digest[:12]}").reference == "risk/churn:v1"
        with pytest.raises(NotFound, match="no version has a digest"):
            ravi.versions.get("sha256:" + "0" * 12)
        opened("ada", OF_RISK).versions.register("text/copy", model_file(tmp_path, 1))
        with pytest.raises(Refused, match="takes the role viewer"):
            ravi.promotions.resolve(f"sha256:{digest[:12]}")

    def test_a_model_goes_by_its_present_name(self, opened: Open) -> None:
        """A former name neither opens nor closes anything, and nobody renames out of his reach."""
        ravi, ada = opened("ravi", OF_RISK), opened("ada", OF_RISK)
        with pytest.raises(Refused, match=r"may not rename risk/churn and text/churn"):
            ravi.models.rename("risk/churn", "text/churn")
        ravi.models.rename("risk/churn", "risk/leavers")
        ada.models.rename("risk/leavers", "text/leavers")
        with pytest.raises(Refused, match="may not describe risk/churn"):
            ravi.models.describe("risk/churn", owner="ravi")
        ada.models.rename("text/encoder-small", "risk/encoder")
        assert ravi.models.describe("text/encoder", owner="ravi").owner == "ravi"

    def test_a_model_that_is_not_there_yet_goes_by_the_name_given(
        self, opened: Open, tmp_path: Path
    ) -> None:
        """The first version of a model of his is his to register."""
        ravi = opened("ravi", OF_RISK)
        assert ravi.versions.register("risk/new", model_file(tmp_path, 77)).created
        with pytest.raises(Refused, match="may not register a version of text/new"):
            ravi.versions.register("text/new", model_file(tmp_path, 78))

    def test_a_list_is_his_only_as_a_whole(self, opened: Open) -> None:
        """One version of somebody else's in it is one too many; an empty list is everything."""
        ravi = opened("ravi", OF_RISK)
        assert len(ravi.comparisons.compare(["risk/churn:1", "risk/churn:2"]).references) == 2
        with pytest.raises(Refused):
            ravi.comparisons.compare(["risk/churn:1", "text/encoder:1"])
        with pytest.raises(Refused, match="may not scan this registry"):
            ravi.scans.run()
        with pytest.raises(Refused):
            ravi.versions.by_ids([1, 999])

    def test_a_number_is_whose_model_it_is_about(self, opened: Open) -> None:
        """Requests and entries of the log are his where their model is."""
        ada, ravi = opened("ada", OF_RISK), opened("ravi", OF_RISK)
        ada.versions.restore("text/encoder:1", reason="needed")
        his = ada.requests.open("risk/churn:2", "staging", reason="x").id
        theirs = ada.requests.open("text/encoder:1", "staging", reason="x").id
        assert ravi.requests.get(his).model == "risk/churn"
        assert ravi.requests.approve(his).id == his
        for refused in (ravi.requests.get, ravi.requests.approve, ravi.requests.apply):
            with pytest.raises(Refused, match=rf"may not .* request {theirs}: that takes the role"):
                refused(theirs)
        assert ravi.audit.get(his).event == "request.opened"
        with pytest.raises(Refused, match=rf"may not look at entry {theirs}"):
            ravi.audit.get(theirs)
        for nothing in (0, -1, 2**70, True):
            with pytest.raises(Refused):
                ravi.requests.get(nothing)

    @pytest.mark.parametrize(
        "subject",
        ["", " ", "risk/\x1b[2J", "risk/\u202echurn", "\ud800", "x" * 10_000, "risk/a b", "[/x]"],
    )
    def test_hostile_words_are_mistakes_and_never_keys(self, opened: Open, subject: str) -> None:
        """Who may on some models is told of the mistake, who may on none of the role."""
        with pytest.raises(Invalid):
            opened("ravi", OF_RISK).versions.yank(subject, reason="x")
        with pytest.raises(Refused) as found:
            opened("vic", OF_RISK).versions.yank(subject, reason="x")
        assert is_for_the_role(found.value)
        assert len(str(found.value)) < 1_000
        check_sentence(found.value)

    @pytest.mark.parametrize("subject", [None, 7, 7.5, True, b"risk/churn", object(), {"risk": 1}])
    def test_what_is_no_text_is_no_model_of_his(self, opened: Open, subject: object) -> None:
        """The check neither fails nor gives way."""
        with pytest.raises(Refused) as found:
            opened("ravi", OF_RISK).versions.yank(subject, reason="x")  # type: ignore[arg-type]
        assert is_for_the_role(found.value)


class TestSentence:
    def test_it_says_who_has_it(self, opened: Open) -> None:
        """Who is asked, what they are, what it takes and who could do it."""
        with pytest.raises(Refused) as found:
            opened("con", OF_RISK).models.retire("text/encoder", reason="x")
        error = found.value
        assert str(error) == (
            "con may not retire text/encoder: that takes the role admin. Ask one who has it, or an"
            " admin to grant it in modelshelf.toml."
        )
        assert error.observed == "con: contributor"
        assert error.required == "admin: ada, ravi (risk/*)"

    def test_a_whole_crowd_is_cut(self, opened: Open) -> None:
        """A long list of people does not fill the screen."""
        crowd = ", ".join(f'"person-{n}"' for n in range(500))
        with pytest.raises(Refused) as found:
            opened("vic", f"[roles]\nadmin = [{crowd}]\n").upkeep.rebuild()
        assert str(found.value.required).endswith("person-7 and 492 more")


class TestRules:
    def test_a_role_that_nobody_has_restricts_nothing(self, opened: Open) -> None:
        """Only what was granted to somebody is kept from the others."""
        registry = opened("kim", '[roles]\nreviewer = ["rev"]\n')
        registry.versions.tag("risk/churn:1", set={"by": "kim"})
        registry.models.retire("risk/churn", reason="nobody is an admin")
        with pytest.raises(Refused, match="takes the role reviewer"):
            registry.scans.vouch("risk/churn:1", reason="x")

    def test_everybody_is_a_name_too(self, opened: Open) -> None:
        """``*`` has a role for all."""
        registry = opened("kim", '[roles]\ncontributor = ["*"]\nadmin = ["ada"]\n')
        registry.versions.tag("risk/churn:1", set={"by": "kim"})
        with pytest.raises(Refused):
            registry.models.retire("risk/churn", reason="x")

    def test_what_a_method_calls_is_allowed_as_far_as_its_role_goes(
        self, opened: Open, tmp_path: Path
    ) -> None:
        """A contributor of some models gets the answer, though reading takes a role elsewhere."""
        policy = (
            '[roles]\nviewer = ["vic"]\n'
            'contributor = [{ who = ["ravi"], models = ["risk/*"] }]\nadmin = ["ada"]\n'
        )
        ravi = opened("ravi", policy)
        heard: list[str] = []

        def nosy(_done: int, _of: int, _name: str) -> None:
            try:
                ravi.models.retire("risk/churn", reason="from inside")
            except Refused as error:
                heard.append(error.why)

        made = ravi.versions.register("risk/churn", model_file(tmp_path, 99), progress=nosy)
        assert made.version.reference == "risk/churn:v4"
        assert set(heard) == {"that takes the role admin"}
        with pytest.raises(Refused):  # and the permission ends with the call
            ravi.versions.by_ids([4])

    def test_what_an_admin_did_is_taken_back_by_one(self, opened: Open) -> None:
        """Undoing is no way round a role."""
        ada, con = opened("ada"), opened("con")
        ada.models.retire("risk/churn", reason="old")
        seq = ada.audit.head()[0]
        with pytest.raises(Refused, match=f"may not take back entry {seq}: .* the role admin"):
            con.undo.take_back(seq)
        ada.undo.take_back(seq)
        assert not con.models.get("risk/churn").retired

    def test_the_past_is_guarded_by_the_present_rules(self, opened: Open) -> None:
        """Going back in time opens nothing."""
        past = opened("nobody").at(8)
        with pytest.raises(Refused, match="takes the role viewer"):
            past.versions.get("risk/churn:1")
        assert opened("vic").at(8).versions.get("risk/churn:1").number == 1
        past.close()


@pytest.mark.skipif(os.name == "nt", reason="accounts are asked of the password database")
def test_a_registry_without_roles_asks_nobody_who_they_are(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading needs no name, so no settings are read for one."""
    shutil.copytree(template, tmp_path / "r")

    def unasked() -> str:
        raise AssertionError

    with open_registry(tmp_path / "r", clock=ticking()) as registry:
        monkeypatch.setattr(registry._context.database, "_actor", unasked)
        assert registry.versions.get("risk/churn:1").number == 1
