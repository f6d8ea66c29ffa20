"""Every setting of the policy file: what it may say, and what is said of what it may not."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.errors import Invalid
from modelshelf.domain.policy import (
    DAY,
    DEFAULT_POLICY,
    Checkpoints,
    Gate,
    Grant,
    Hook,
    Policy,
    parse_policy,
)
from tests.sentences import check_sentence


def read(text: str) -> Policy:
    """Return the policy that a TOML text describes."""
    return parse_policy(tomllib.loads(text), text=text)


def test_a_ladder_says_which_rungs_there_are_and_in_which_order() -> None:
    """With `ladder` the rungs are exactly those named, between the two ends."""
    policy = read('ladder = ["production", "dev"]\n[stages.dev]\nholders = "many"')
    assert policy.names == ("draft", "production", "dev", "archived")
    assert policy.stage("dev").holders == "many"
    assert policy.stage("production") == DEFAULT_POLICY.stage("production")


def test_every_rule_of_a_stage_is_read() -> None:
    """Each key of a stage comes to the attribute of its name."""
    stage = read("""
        ladder = ["live"]
        [stages.live]
        holders = "many"
        gates = ["scan", "fresh", "scan"]
        approvals = 2
        approvers = ["role:reviewer", "zoe"]
        four_eyes = true
        cooling_off = "24h"
        expires = 3600
        ramp = "approved"
        bypass = ["role:admin"]
        on_replaced = "keep"
        was = "production"
    """).stage("live")
    assert (stage.holders, stage.gates, stage.approvals) == ("many", ("scan", "fresh"), 2)
    assert stage.approvers == ("role:reviewer", "zoe")
    assert (stage.four_eyes, stage.cooling_off, stage.expires) == (True, DAY, 3600.0)
    assert (stage.ramp, stage.bypass) == ("approved", ("role:admin",))
    assert (stage.on_replaced, stage.was) == ("keep", "production")


def test_each_kind_of_gate_is_read() -> None:
    """An expression, a command, an entry point and a built-in gate under another name."""
    policy = read("""
        [gates.better]
        when = "metrics.auc > 0.9"
        message = "too low"
        [gates.smoke]
        run = ["python", "x.py", "{path}"]
        timeout = "2m"
        env = ["HOME"]
        stands = "7d"
        [gates.fair]
        plugin = "fairness"
        limit = 0.2
        groups = ["age", { name = "sex" }]
        [gates.filled]
        use = "complete"
        needs = ["card", "metrics.auc"]
    """)
    assert policy.gates["better"] == Gate(
        "better", "when", when="metrics.auc > 0.9", message="too low"
    )
    smoke = policy.gates["smoke"]
    assert (smoke.run, smoke.timeout, smoke.env) == (("python", "x.py", "{path}"), 120.0, ("HOME",))
    assert smoke.stands == 7 * DAY
    fair = policy.gates["fair"]
    assert (fair.kind, fair.use) == ("plugin", "fairness")
    assert fair.settings == {"limit": 0.2, "groups": ["age", {"name": "sex"}]}
    assert policy.gates["filled"].use == "complete"
    assert policy.gates["filled"].settings == {"needs": ["card", "metrics.auc"]}
    assert len({gate.definition for gate in policy.gates.values()}) == 4


def test_a_built_in_gate_has_its_defaults_whether_or_not_it_is_named() -> None:
    """A table without settings changes nothing, not even the digest of the gate."""
    told = read("[gates.fresh]\n[gates.licence]\n[gates.verified]\n[gates.signature]\n[gates.scan]")
    for name in ("fresh", "licence", "verified", "signature", "scan"):
        assert told.gate(name) == DEFAULT_POLICY.gate(name)
        assert told.gate(name).definition == DEFAULT_POLICY.gate(name).definition
    assert told.gate("fresh").settings == {"within": 30 * DAY, "of": ["registered"]}


def test_built_in_gates_are_told_their_settings() -> None:
    """Durations become seconds, a single word a list, and what is not said keeps its default."""
    policy = read("""
        [gates.fresh]
        within = "2w"
        of = "data"
        [gates.licence]
        allowed = ["MIT"]
        [gates.verified]
        within = 60
        [gates.signature]
        allow = "same"
    """)
    assert policy.gate("fresh").settings == {"within": 14 * DAY, "of": ["data"]}
    licence = {"allowed": ["MIT"], "unknown": "fail", "inherit": True}
    assert policy.gate("licence").settings == licence
    assert policy.gate("verified").settings == {"within": 60.0}
    assert policy.gate("signature").settings == {"allow": "same"}


def test_roles_are_granted_for_all_models_or_for_some() -> None:
    """A name has a role everywhere; a table says where, for several people and patterns."""
    policy = read("""
        [roles]
        reviewer = ["ana", { who = ["ravi", "li"], models = ["risk/*", "fraud"] }]
        dpo = [{ who = "ana", models = "risk/*" }]
        admin = []
    """)
    assert policy.grants == (
        Grant("reviewer", "ana"),
        Grant("reviewer", "ravi", "risk/*"),
        Grant("reviewer", "ravi", "fraud"),
        Grant("reviewer", "li", "risk/*"),
        Grant("reviewer", "li", "fraud"),
        Grant("dpo", "ana", "risk/*"),
    )


@pytest.mark.parametrize(
    ("text", "named"), [("", True), ("named = false", False), ('named = ["ci"]', ("ci",))]
)
def test_who_may_act_under_another_name(text: str, named: object) -> None:
    """Everybody by default, nobody, or those who are listed."""
    policy = read(f"[actors]\n{text}")
    assert policy.named_actors == named
    assert policy.decides_always is (named is not True)


def test_hooks_and_checkpoints_are_read() -> None:
    """Each key comes to the attribute of its name; a hook's name is its key."""
    policy = read("""
        [checkpoints]
        key = "keys/log.pem"
        run = ["git", "commit"]
        timeout = "1m"
        [[hooks]]
        name = "deploy"
        on = ["stage.assigned"]
        models = ["churn*"]
        run = ["./deploy.sh"]
        env = ["TOKEN"]
        [[hooks]]
        url = "http://127.0.0.1:8000/x"
        allow_loopback = true
        secret = "file:secret"
        timeout = 5
        attempts = 3
    """)
    assert policy.checkpoints == Checkpoints("keys/log.pem", ("git", "commit"), 60.0)
    deploy, post = policy.hooks
    assert deploy == Hook(
        "deploy", ("stage.assigned",), ("churn*",), ("./deploy.sh",), env=("TOKEN",)
    )
    assert (post.on, post.models, post.url) == (("*",), ("*",), "http://127.0.0.1:8000/x")
    assert (post.secret, post.timeout, post.attempts) == ("file:secret", 5.0, 3)
    assert len(post.key) == 12


def test_a_hook_without_a_name_keeps_its_key_while_it_tells_the_same() -> None:
    """How often it is tried makes no other hook of it; what it tells does."""
    hook = '[[hooks]]\nurl = "https://a.example"\n'
    key = read(hook).hooks[0].key
    assert read(f"{hook}attempts = 5").hooks[0].key == key
    assert read(f'{hook}on = ["stage.*"]').hooks[0].key != key


def test_special_rules_meet_setting_by_setting() -> None:
    """Of two rules for one model each changes what it says, and the later one wins."""
    policy = read("""
        [stages.production]
        approvals = 1
        [[models]]
        match = "risk/*"
        [models.stages.production]
        approvals = 2
        gates = ["fresh"]
        [[models]]
        match = ["*/eu", "x"]
        [models.stages.production]
        gates = ["licence"]
        holders = "one"
    """)
    stage = policy.of("risk/eu").stage("production")
    assert (stage.approvals, stage.gates, stage.holders) == (2, ("licence",), "one")
    assert policy.of("x").stage("production").approvals == 1
    assert policy.of("risk/us").stage("production").gates == ("fresh",)
    assert policy.of("churn") is policy


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ladder = 'dev'", "list of names. Write ladder"),
        ("ladder = []", "is empty"),
        ("ladder = ['dev', 'dev']", "twice"),
        ("ladder = ['v2']", "cannot be a stage"),
        ("ladder = ['dev']\n[stages.dve]", "Did you mean dev?"),
        ("ladder = ['dev']\n[stages.production]", "Add production to ladder"),
        ("[stages.live]\nwas = 'production'", 'ladder = ["staging", "live"]'),
        ("ladder = ['a', 'b']\n[stages.a]\nwas = 'c'\n[stages.b]\nwas = 'c'", "as does"),
        ("[stages.live]\nwas = 'archived'", "still in the ladder"),
        ("[stages.staging]\ngates = ['scna']", "Did you mean scan?"),
        ("[stages.staging]\ngates = ['mine']", "Define it under [gates.mine]"),
        ("[stages.staging]\napprovers = ['role:reveiwer']", "Did you mean reviewer?"),
        ("[stages.staging]\nbypass = ['role:dpo']", "Grant it under [roles]"),
        ("[stages.staging]\napprovers = ['*']", "anybody may approve"),
        ("[stages.staging]\nfour_eyes = 'yes'", "neither true nor false"),
        ("[stages.staging]\ncooling_off = '1 fortnight'", '"24h"'),
        ("[stages.staging]\nexpires = 0", "1s to"),
        ("[stages.staging]\nramp = 'fre'", "Did you mean free?"),
        ("[stages.staging]\napprovals = 1000", "0 to 100"),
        ("[gates]\nx = 1", "not a table"),
        ("[gates.x]", "does not say what it demands"),
        ("[gates.scna]", "Did you mean scan?"),
        ("[gates.x]\nwehn = 'true'", "Did you mean when?"),
        ("[gates.x]\nwhen = 'a'\nrun = ['b']", "Make two gates"),
        ("[gates.scan]\nwhen = 'true'", "Give the gate another name"),
        ("[gates.fresh]\nuse = 'complete'", "Give the gate another name"),
        ("[gates.usable]\nwhen = 'true'", "every stage"),
        ("[gates.x]\nuse = 'frehs'", "Did you mean fresh?"),
        ("[gates.x]\nwhen = 1", "not text"),
        ("[gates.x]\nwhen = 'a'\ntimeout = 1", "not a setting"),
        ("[gates.x]\nrun = 'python x.py'", "no shell reads it"),
        ("[gates.x]\nrun = []", "Name the program"),
        ("[gates.x]\nrun = ['a']\ntimeout = '2d'", "1d"),
        ("[gates.x]\nrun = ['a']\nenv = ['A=1']", "the name only"),
        ("[gates.x]\nplugin = 'a'\nat = 2020-01-01", "Write dates as text"),
        ("[gates.x]\nplugin = 'a'\nat = nan", "recorded"),
        ("[gates.complete]\nneeds = ['cards']", "Did you mean card?"),
        ("[gates.complete]\nneeds = ['metrics.']", "no version has"),
        ("[gates.signature]\nallow = 'any'", "same or compatible"),
        ("[gates.fresh]\nof = []", "is empty"),
        ("[gates.fresh]\nof = ['date']", "registered or evaluated or data"),
        ("[gates.fresh]\nof = 'dta'", "Did you mean data?"),
        ("[gates.licence]\ninherit = 1", "neither true nor false"),
        ("[gates.scan]\nwithin = 1", "the settings here are use, message"),
        ("[roles]\nreviewer = [{ models = 'a' }]", "names nobody"),
        ("[roles]\nreviewer = [{ who = ['a'], model = 'a' }]", "Did you mean models?"),
        ("[roles]\nreviewer = [1]", "list of names"),
        ("[roles]\n'' = ['a']", "empty"),
        ("[actors]\nnamed = 'ci'", "neither true, false nor a list"),
        ("[actors]\nname = true", "Did you mean named?"),
        ("[checkpoints]\ncommand = ['git']", "not a setting"),
        ("[hooks]\nrun = ['a']", "Write [[hooks]]"),
        ("[[hooks]]", "neither run nor url"),
        ("[[hooks]]\nrun = ['a']\nurl = 'https://a.example'", "both"),
        ("[[hooks]]\nurl = 'a.example'", "not an address"),
        ("[[hooks]]\nurl = 'http://a.example'", "allow_loopback"),
        ("[[hooks]]\nurl = 'https://a.example'\nenv = ['A']", "means nothing without run"),
        ("[[hooks]]\nrun = ['a']\nsecret = 'env:A'", "means nothing without url"),
        ("[[hooks]]\nrun = ['a']\n[[hooks]]\nrun = ['a']", "stands twice"),
        ("[[hooks]]\nname = 'x'\nrun = ['a']\n[[hooks]]\nname = 'x'\nrun = ['b']", "second hook"),
        ("[[hooks]]\nrun = ['a']\non = []", "for all of them"),
        ("[[hooks]]\nrun = ['a']\nattempts = 0", "1 to 100"),
        ("[models]\nmatch = 'a'", "list of tables"),
        ("[[models]]", "for which models"),
        ("[[models]]\nmatch = 'a'\nladder = ['x']", "not a setting"),
        ("[[models]]\nmatch = 'a'\n[models.stages.prod]", "Did you mean production?"),
        ("[[models]]\nmatch = 'a'\n[models.stages.production]\ngates = ['x']", "no gate"),
        ("[[models]]\nmatch = 'a'\n[models.stages.production]\nwas = 'x'", "cannot differ"),
        ("[[drop_folders]]\nmodel = '{x}'", "nothing fills"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_is_right(text: str, why: str) -> None:
    """Each mistake is refused with its line and, where there is one, the right word."""
    with pytest.raises(Invalid) as caught:
        read(text)
    said = f"{caught.value} {caught.value.required}"
    assert why in said
    assert "modelshelf.toml, line " in said
    check_sentence(caught.value)


def test_a_secret_in_the_policy_is_refused_and_not_repeated() -> None:
    """What stands in the place of `env:NAME` may be the secret, and goes into no message."""
    with pytest.raises(Invalid) as caught:
        read("[[hooks]]\nurl = 'https://a.example'\nsecret = 'whsec_c2VjcmV0'")
    assert "c2VjcmV0" not in repr(vars(caught.value)) + str(caught.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://ana:sesame@a.example/x", "holds a login"),
        ("https://sesame@a.example", "holds a login"),
        ("http://ana:sesame@127.0.0.1/", "holds a login"),
        ("ftp://ana:sesame@a.example/", "holds a login"),
        ("ana:sesame@a.example", "is not an address"),
        ("https://ana:ses/ame@a.example", "is not an address"),
        ("https://ana:ses?ame@a.example", "is not an address"),
        ("https:/a.example?token=sesame", "is not an address"),
        ("a.example/T0/sesame", "is not an address"),
        ("a.example?token=sesame", "is not an address"),
        ("ftp://a.example?token=sesame", "is not an address"),
        ("https://?token=sesame", "is not an address"),
        ("https://sesame:a@b.example" + "x" * 2_000, "is not an address"),
        ("https://sesame:\\u0007@a.example", "is not an address"),
        ("http://a.example/T0/sesame?x=sesame", "is not encrypted"),
    ],
)
def test_a_login_in_an_address_is_refused_and_not_repeated(url: str, says: str) -> None:
    """Nor is a path or query, which with some receivers is as good as a password."""
    with pytest.raises(Invalid) as caught:
        read(f'[[hooks]]\nurl = "{url}"')
    told = repr(vars(caught.value)) + str(caught.value)
    assert says in told
    assert not any(secret in told for secret in ("sesame", "ses/ame", "ses?ame"))
    check_sentence(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/@team/x?to=b@c.example",
        "https://a.example:8443",
        "https://[2001:db8::1]:443/x",
    ],
)
def test_an_address_without_a_login_is_kept(url: str) -> None:
    """An at sign behind the host is no login."""
    assert read(f'[[hooks]]\nurl = "{url}"').hooks[0].url == url


def test_odd_names_of_others_are_told_harmlessly() -> None:
    """A list of the gates and roles there are may hold any name."""
    odd = "x\u202ea"
    for stage in ({"gates": ["x?a"]}, {"approvers": [f"role:{odd}b"]}, {"bypass": ["role:y"]}):
        table = {
            "stages": {"staging": stage},
            "gates": {odd: {"when": "true"}},
            "roles": {odd: ["ana"]},
        }
        with pytest.raises(Invalid) as caught:
            parse_policy(table)
        check_sentence(caught.value)


@given(
    st.dictionaries(
        st.sampled_from(["who", "models", "match", "stages", "on", "run", "url", "use", "when"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(st.sampled_from(["a", "production", "\x1b"]), inner, max_size=2)
            ),
            max_leaves=8,
        ),
        max_size=4,
    ),
    st.sampled_from(["gates", "roles", "hooks", "models", "actors", "checkpoints", "ladder"]),
)
def test_any_shape_of_any_section_is_read_or_refused(table: dict[str, Any], section: str) -> None:
    """Tables, lists of tables and tables of tables: there is a policy or a harmless sentence."""
    odd = "\u202ex"
    for shape in (table, [table], {"x": table}, {"x": [table]}, {odd: table}, {odd: [odd, odd]}):
        try:
            parse_policy({section: shape})
        except Invalid as error:
            check_sentence(error)
