"""TOML in and out: round trips, words for every mistake, and nothing but SpecError."""

import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bayesdensing.errors import SpecError
from bayesdensing.laws import Prior
from bayesdensing.spec import Spec, list_specs, load_spec
from bayesdensing.spec.axes import Axis
from bayesdensing.spec.effect import without_effect
from bayesdensing.spec.places import lines_of
from bayesdensing.spec.toml import parse
from bayesdensing.spec.used import used_priors

in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str | bytes, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


@pytest.fixture
def refused(write: Callable[..., Path]) -> Callable[[str], str]:
    def refused(text: str) -> str:
        with pytest.raises(SpecError) as caught:
            load_spec(write(text))
        return str(caught.value)

    return refused


# --- there and back ------------------------------------------------------------------------------

_finite = {"allow_nan": False, "allow_infinity": False}
_real = st.floats(-1e6, 1e6, **_finite)
_scale = st.floats(1e-6, 1e6, **_finite)
_log_normal = st.builds(lambda m, s: Prior("LogNormal", {"median": m, "sigma": s}), _scale, _scale)
_logit_normal = st.builds(
    lambda m, s: Prior("LogitNormal", {"median": m, "sigma": s}), st.floats(0.001, 0.999), _scale
)
_student = st.builds(
    lambda n, m, s: Prior("StudentT", {"nu": n, "mu": m, "sigma": s}), _scale, _real, _scale
)
_PRIORS = {
    "level": _student,
    "growth_rate": _student,
    "dispersion": _log_normal,
    "n_exponent": _log_normal,
    "steepness": _log_normal,
    "irreducible_share": _logit_normal,
    "score_df": st.builds(lambda a, b: Prior("Gamma", {"alpha": a, "beta": b}), _scale, _scale),
}
_word = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_tokens = st.one_of(
    st.builds(lambda v: {"rule": "ratio", "value": v}, st.floats(1e-3, 1e5)),
    st.builds(lambda v: {"rule": "fixed", "value": v}, st.floats(1e6, 1e15)),
)


_BLOCKS = [("loss",), ("link",), ("loss", "link"), ("published",), ("loss", "link", "growth")]


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    first, last = sorted((draw(st.dates()), draw(st.dates())))
    raw: dict[str, Any] = {
        "name": draw(st.text(string.ascii_letters + string.digits, min_size=1, max_size=9)),
        "title": draw(_word),
        "description": draw(_word),
        "blocks": draw(st.sampled_from(_BLOCKS)),
        "data": {
            "benchmarks": tuple(draw(st.lists(_word, max_size=3, unique=True))),
            "suite": draw(st.none() | _word),
            "series": draw(st.none() | _word),
            "base_only": draw(st.booleans()),
            "compressed": draw(st.booleans()),
            "min_scores": draw(st.integers(1, 9)),
            "released_from": draw(st.sampled_from((None, first))),
            "released_until": draw(st.sampled_from((None, last))),
        },
        "loss": {
            "law": draw(st.sampled_from(["chinchilla", "power"])),
            "size_effects": draw(st.booleans()),
        },
        "reference_tokens": draw(_tokens),
        "growth": {
            "trend": draw(st.sampled_from(["exponential", "constant"])),
            "parameter_count": draw(st.sampled_from(["total", "active", "estimated"])),
            "deviation": draw(st.sampled_from(["score", "size"])),
        },
        "sampler": {
            "draws": draw(st.integers(1, 10**6)),
            "tune": draw(st.integers(1, 10**6)),
            "chains": draw(st.integers(1, 64)),
            "target_accept": draw(st.floats(0.01, 0.99)),
        },
    }
    for axis, key, _ in list(without_effect(raw)):
        raw.get(axis, {}).pop(key, None)
    names = sorted(used_priors(raw) & set(_PRIORS))
    chosen = draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    return Spec(**raw, priors={name: draw(_PRIORS[name]) for name in chosen})


@in_one_folder
@given(spec=specs())
def test_a_spec_is_equal_after_toml(write: Callable[..., Path], spec: Spec) -> None:
    back = load_spec(write(spec.to_toml(), "spec.toml"))
    assert back == spec
    assert back.sha256 == spec.sha256
    assert back.to_toml() == spec.to_toml()


def test_shipped_specs_are_equal_after_toml(write: Callable[..., Path]) -> None:
    for spec in list_specs():
        assert load_spec(write(spec.to_toml())) == spec


def test_the_name_is_that_of_the_file_where_none_is_stated(write: Callable[..., Path]) -> None:
    assert load_spec(write('blocks = ["loss"]', "my-law.toml")).name == "my-law"
    assert load_spec(str(write('name = "y"\nblocks = ["loss"]'))).name == "y"


def test_a_byte_order_mark_is_let_be(write: Callable[..., Path]) -> None:
    assert load_spec(write('\ufeffblocks = ["loss"]')).blocks == ("loss",)


# --- words for mistakes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("block = 1", "unknown key 'block'; did you mean 'blocks'?"),
        ("growht = 1", "unknown key 'growht'; did you mean 'growth'?"),
        ("[growth]\ntrends = 1", "unknown key growth.trends; did you mean 'trend'?"),
        ("[data]\nbenchmark = 1", "unknown key data.benchmark; did you mean 'benchmarks'?"),
        ("[loss]\nlaws = 1", "unknown key loss.laws; did you mean 'law'?"),
        ("[sampler]\ndraw = 1", "unknown key sampler.draw; did you mean 'draws'?"),
        ("[reference_tokens]\nrules = 1", "did you mean 'rule'?"),
        ("[priors]\ngrowthrate = 1", "unknown prior 'growthrate'; did you mean 'growth_rate'?"),
        ("[priors]\nlevel = 3", 'prior level must look like { dist = "Normal", mu = 0,'),
        ('[priors]\nlevel = { dist = "Norml" }', "'Norml'; did you mean 'Normal'?"),
        (
            '[priors]\nlevel = { dist = "Normal", mu = 0, sigm = 1 }',
            "prior level: unknown key 'sigm'; did you mean 'sigma'?",
        ),
        ("growth = 1", "growth must be a table"),
        ("priors = 1", "priors must be a table"),
    ],
)
def test_unknown_keys_get_the_nearest_known(
    refused: Callable[[str], str], text: str, message: str
) -> None:
    assert message in refused(text)


def test_all_faults_come_in_one_message(refused: Callable[[str], str]) -> None:
    faults = refused("block = 1\n[growth]\ntrends = 1\n[priors]\nrate = 1").splitlines()
    assert len(faults) == 3
    assert all(fault.startswith("mine.toml: ") for fault in faults)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('[growth]\ntrend = "exponental"', "'exponental' is not known; did you mean 'exponential'"),
        ('[loss]\nlaw = "chincilla"', "did you mean 'chinchilla'?"),
        ("[loss]\nlaw = 3", "loss.law: 3 is not known; known: chinchilla, power"),
        ('[reference_tokens]\nrule = "ratios"', "did you mean 'ratio'?"),
        ('[growth]\ndeviation = "sizes"', "did you mean 'size'?"),
        ('[data]\nbase_only = "no"', "data.base_only: "),
        ("[data]\nbase_only = 0", "data.base_only: "),
        ('[data]\nmin_scores = "2"', "data.min_scores: "),
        ("[data]\nmin_scores = 0", "data.min_scores: "),
        ("[data]\nmin_scores = true", "data.min_scores: "),
        ('[data]\nbenchmarks = "MMLU"', "data.benchmarks: "),
        ('[data]\nbenchmarks = ["MMLU", "MMLU"]', "a benchmark is named twice"),
        ("[data]\nbenchmarks = [1]", "data.benchmarks.0: "),
        ('[data]\nreleased_from = "yesterday"', "data.released_from: "),
        ("[data]\nreleased_from = 2024-13-01", "not valid TOML"),
        ("[reference_tokens]\nvalue = 0", "reference_tokens.value: "),
        ("[reference_tokens]\nvalue = nan", "reference_tokens.value: "),
        ("[reference_tokens]\nvalue = inf", "reference_tokens.value: "),
        ('[reference_tokens]\nrule = "fixed"', "60 tokens cannot be meant by the rule"),
        (
            "[data]\nreleased_from = 2025-01-01\nreleased_until = 2024-01-01",
            "released_from = 2025-01-01 lies after released_until = 2024-01-01",
        ),
        ("[sampler]\nchains = 0", "sampler.chains: 0 is not a number of at least 1"),
        ("[sampler]\ntune = 0", "sampler.tune: 0 is not a number of at least 1"),
        ("[sampler]\ndraws = 1.5", "sampler.draws: 1.5 is not a whole number"),
        ("[sampler]\ndraws = true", "sampler.draws: true is not a whole number"),
        ("[sampler]\ntarget_accept = 1", "sampler.target_accept: 1 is not a number below 1"),
        ("[growth]\nchange_date = 5", "growth.change_date: 5 is not a date such as 2024-12-31"),
        ('[growth]\nchange_date = "soon"', 'growth.change_date: "soon" is not a date such as 2024'),
        ("[data]\nbase_only = 1", "data.base_only: 1 is not true or false"),
        ("[data]\nsuite = 1", "data.suite: 1 is not text in quotes"),
        ('[data]\nbenchmarks = "MMLU"', 'data.benchmarks: "MMLU" is not a list'),
        ('[reference_tokens]\nvalue = "x"', 'reference_tokens.value: "x" is not a number'),
        ('[reference_tokens]\nvalue = "20"', 'reference_tokens.value: "20" is not a number'),
        ("[reference_tokens]\nvalue = true", "reference_tokens.value: true is not a number"),
        ("[reference_tokens]\nvalue = 1e-300", "it takes 0.001 to 1e+21"),
        ("[sampler]\ndraws = 1000000000", "sampler.draws: 1000000000 is not a number up to 1e+06"),
        ('[priors]\nlevel = { dist = "Normal", mu = 0 }', "prior level: Normal takes mu, sigma"),
        ('[priors]\nlevel = { dist = "Normal", mu = 0, sigma = -1 }', "-1.0 is not allowed"),
        ('[priors]\nlevel = { dist = "Normal", mu = "0", sigma = 1 }', "'0' is not a number"),
        ('[priors]\nlevel = { dist = "Normal", mu = true, sigma = 1 }', "True is not a number"),
        ('[priors]\nlevel = { dist = "Normal", mu = [], sigma = 1 }', "[] is not a number"),
        ('[priors]\nn_exponent = { dist = "Normal", mu = 0, sigma = 1 }', "cannot be Normal"),
    ],
)
def test_wrong_values_are_refused_by_name(
    refused: Callable[[str], str], body: str, message: str
) -> None:
    assert message in refused(f'blocks = ["loss", "link", "growth"]\n{body}')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "blocks: is required"),
        ('blocks = ["growht"]', "'growht' is not known; did you mean 'growth'?"),
        ("blocks = 5", "blocks: "),
        ("blocks = []", "do not go together"),
        ('blocks = ["growth"]', 'possible: ["loss"]; ["link"]'),
        ('blocks = ["loss"]\nname = "a b"', "name: "),
        ("blocks = [", "not valid TOML"),
        ("a = 1\na = 2", "not valid TOML"),
        (
            'blocks = ["loss"]\n[priors]\nlevel = { dist = "Normal", mu = 0, sigma = 1 }',
            "the prior level in line 3 has no use",
        ),
    ],
)
def test_wrong_hypotheses_are_refused(
    refused: Callable[[str], str], text: str, message: str
) -> None:
    assert message in refused(text)


# --- extends --------------------------------------------------------------------------------------


def test_every_axis_is_laid_over_that_of_what_it_extends(write):
    path = write('extends = "known_limits"\n[link]\nceiling = "free"')
    spec = load_spec(path)
    assert (spec.link.floor, spec.link.ceiling) == ("chance", "free")
    for axis in Spec.model_fields:
        value = getattr(load_spec("joint"), axis)
        if isinstance(value, Axis):
            path = write(f'extends = "joint"\n[{axis}]\nnonsense = 1')
            with pytest.raises(SpecError, match=rf"{axis}.*nonsense"):
                load_spec(path)


def test_a_chain_of_extensions_is_laid_over_one_by_one(write: Callable[..., Path]) -> None:
    write('extends = "joint"\n[data]\nmin_scores = 2\nbase_only = false', "one.toml")
    write(
        'extends = "one.toml"\n[data]\nmin_scores = 3\n[priors]\n'
        'level = { dist = "Normal", mu = 1, sigma = 1 }',
        "two.toml",
    )
    path = write('extends = "../two.toml"\ntitle = "third"', "sub/three.toml")
    spec = load_spec(path)
    assert (spec.name, spec.title) == ("three", "third")
    assert (spec.data.min_scores, spec.data.base_only) == (3, False)
    assert spec.priors["level"].params["mu"] == 1
    assert spec.blocks == load_spec("joint").blocks


def test_an_inherited_prior_that_lost_its_use_is_dropped(write: Callable[..., Path]) -> None:
    rate = '[priors]\ngrowth_rate = { dist = "Normal", mu = 1, sigma = 1 }\n'
    write(f'extends = "joint"\n{rate}', "base.toml")
    flat = write('extends = "base.toml"\n[growth]\ntrend = "constant"', "flat.toml")
    assert "growth_rate" not in load_spec(flat).priors
    # a use that comes back brings the prior back
    again = write('extends = "flat.toml"\n[growth]\ntrend = "exponential"', "again.toml")
    assert load_spec(again).priors["growth_rate"].params["mu"] == 1


def test_a_stated_prior_without_use_is_refused(refused: Callable[[str], str]) -> None:
    rate = 'growth_rate = { dist = "Normal", mu = 1, sigma = 1 }'
    assert refused(f'extends = "no_growth"\n[priors]\n{rate}') == (
        'mine.toml: the prior growth_rate in line 3 has no use with growth.trend = "constant": '
        'delete that prior, or choose growth.trend = "exponential"; '
        "priors of this hypothesis's trend: level, dispersion"
    )


def test_a_prior_of_another_trend_is_told_which_this_one_has(refused: Callable[[str], str]) -> None:
    rate = '{ dist = "Normal", mu = 1, sigma = 1 }'
    told = refused(
        f'extends = "joint"\n[growth]\ntrend = "accelerating"\n[priors]\ngrowth_rate = {rate}'
    )
    assert "did you mean growth_rate_middle? priors of this hypothesis's trend: " in told
    assert "level, growth_rate_middle, acceleration, dispersion" in told
    near = refused(f'extends = "accelerating"\n[priors]\ngrowth_rte = {rate}')
    assert near == "mine.toml: unknown prior 'growth_rte'; did you mean 'growth_rate_middle'?"
    far = refused(f'extends = "trend"\n[priors]\nxyzzy = {rate}')
    assert far == "mine.toml: unknown prior 'xyzzy'; known: dispersion, growth_rate, level"


def test_a_title_that_is_inherited_says_what_changed(write: Callable[..., Path]) -> None:
    only = write('extends = "trend"\n[data]\nrecords = "only"', "only.toml")
    assert load_spec(only).title == f'{load_spec("trend").title}, but data.records = "only"'
    lengths = write('extends = "trend"\n[sampler]\ndraws = 100', "lengths.toml")
    assert load_spec(lengths).title == load_spec("trend").title
    own = write('extends = "trend"\ntitle = "Mine"\n[data]\nrecords = "only"', "own.toml")
    assert load_spec(own).title == "Mine"


@pytest.mark.parametrize(
    ("stated", "instead", "prior", "choice"),
    [
        ('trend = "exponential"', 'trend = "constant"', "growth_rate", "growth.trend"),
        ('trend = "exponential"', 'trend = "changepoint"', "growth_rate", "growth.trend"),
        ('law = "chinchilla"', 'law = "power"', "irreducible_share", "loss.law"),
        ("size_effects = true", "size_effects = false", "size_effect_sd", "loss.size_effects"),
    ],
)
def test_an_edit_of_a_resolved_copy_is_told_both_lines(
    refused: Callable[[str], str],
    write: Callable[..., Path],
    stated: str,
    instead: str,
    prior: str,
    choice: str,
) -> None:
    text = load_spec("joint").to_toml().replace(stated, instead)
    lines = text.splitlines()
    axis = lines.index(instead) + 1
    (own,) = (n for n, line in enumerate(lines, start=1) if line.startswith(f"{prior} ="))
    told = refused(text)
    value = instead.partition("= ")[2]
    assert (
        f"the prior {prior} in line {own} has no use with {choice} = {value} (line {axis})" in told
    )
    # what it says helps: without that line the copy is a hypothesis
    del lines[own - 1]
    assert prior not in load_spec(write("\n".join(lines))).priors


def test_lines_are_those_of_keys_and_not_of_text() -> None:
    text = 'description = """\n[growth]\ntrend = "a"\n"""\n\n[growth] # axis\n  trend = "constant"'
    assert lines_of(text) == {"description": 1, "growth": 6, "growth.trend": 7}


def test_a_changed_prior_replaces_the_whole_of_the_inherited(write: Callable[..., Path]) -> None:
    write('extends = "trend"', "base.toml")
    path = write('extends = "base.toml"\n[priors]\nlevel = { dist = "Normal", mu = 0, sigma = 9 }')
    assert load_spec(path).priors["level"] == Prior("Normal", {"mu": 0, "sigma": 9})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'extends = "trend"\n[reference_tokens]\nvalue = 60',
            'reference_tokens.value = 60 needs the block "loss"',
        ),
        ('extends = "records"\n[loss]\nlaw = "power"', 'loss.law = "power" needs the block "loss"'),
        ('extends = "trend"\n[data]\nbenchmarks = []', "data.benchmarks = [] needs the block"),
        ('extends = "loss_law"\n[growth]\ntrend = "exponential"', 'growth.trend = "exponential" '),
        ('extends = "joint"\n[data]\nseries = "nmi_mmlu"', 'data.series = "nmi_mmlu" needs the '),
        (
            'extends = "joint"\n[information]\nreference_draws = 24',
            'information.reference_draws = 24 needs information.flow = "cut": a joint fit',
        ),
        (
            'extends = "joint"\n[growth]\nchange_date = 2024-01-01',
            'growth.change_date = 2024-01-01 needs growth.trend = "changepoint": the rate of',
        ),
    ],
)
def test_a_stated_key_without_effect_is_refused_even_at_its_default(
    refused: Callable[[str], str], text: str, message: str
) -> None:
    assert f"mine.toml: {message}" in refused(text)


def test_all_keys_without_effect_are_told_at_once(refused: Callable[[str], str]) -> None:
    text = '[loss]\nlaw = "power"\n[link]\nfloor = "chance"\n[data]\nmin_scores = 2'
    assert len(refused(f'extends = "trend"\n{text}').splitlines()) == 3


@pytest.mark.parametrize(
    ("text", "axis", "key", "default"),
    [
        ('extends = "known_limits"\nblocks = ["loss"]', "link", "floor", "free"),
        ('extends = "joint_cut"\nblocks = ["published"]', "information", "flow", "joint"),
        ('extends = "one_evaluator"\nblocks = ["link"]', "data", "evaluators", ()),
        ('extends = "records"\nblocks = ["loss"]', "data", "series", None),
        ('extends = "joint_5T"\nblocks = ["published"]', "reference_tokens", "value", 60),
        (
            'extends = "changepoint_chatgpt"\n[growth]\ntrend = "accelerating"',
            "growth", "change_date", None,
        ),
        (
            'extends = "benchmark_slopes"\n[growth]\ntrend = "constant"',
            "growth", "benchmark_growth", "shared",
        ),
    ],
)  # fmt: skip
def test_an_inherited_choice_that_lost_its_effect_is_dropped(
    write: Callable[..., Path], text: str, axis: str, key: str, default: Any
) -> None:
    spec = load_spec(write(text))
    assert getattr(getattr(spec, axis), key) == default
    assert load_spec(write(spec.to_toml(), "spec.toml")) == spec


def test_circles_are_refused(write: Callable[..., Path], refused: Callable[[str], str]) -> None:
    assert "extends itself" in refused('extends = "mine.toml"')
    write('extends = "mine.toml"', "other.toml")
    assert "extends itself" in refused('extends = "other.toml"')


@pytest.mark.parametrize(
    ("parent", "message"),
    [
        ('"nowhere.toml"', "no file"),
        ('"joimt"', "did you mean 'joint'?"),
        ('""', "no hypothesis ''"),
        ("3", "extends must be the name of a hypothesis"),
        ('["joint"]', "extends must be the name of a hypothesis"),
        ('"a\\u0000.toml"', "extends must be the name of a hypothesis"),
    ],
)
def test_a_missing_parent_is_refused(
    refused: Callable[[str], str], parent: str, message: str
) -> None:
    assert message in refused(f"extends = {parent}")


def test_a_fault_in_a_parent_names_the_parent(
    write: Callable[..., Path], refused: Callable[[str], str]
) -> None:
    write("nonsense = 1", "base.toml")
    assert refused('extends = "base.toml"').startswith("base.toml: unknown key 'nonsense'")


# --- whatever comes -------------------------------------------------------------------------------


def test_what_is_no_text_is_refused(write: Callable[..., Path], tmp_path: Path) -> None:
    for content in (b"\xff\xfe\x00", bytes(range(256)), b"\x00" * 99, b"title = '\xc3'"):
        with pytest.raises(SpecError):
            load_spec(write(content))
    with pytest.raises(SpecError, match="too large"):
        load_spec(write(b"#" * 1_000_001))
    with pytest.raises(SpecError):
        load_spec(tmp_path)
    with pytest.raises(SpecError, match="no file"):
        load_spec(tmp_path / "none.toml")
    with pytest.raises(SpecError, match="null byte"):
        load_spec("a\0.toml")


_junk = st.recursive(
    st.sampled_from(["1", "-1", "true", '"x"', "nan", "inf", "1e400", "2024-01-01", "12:00:00"])
    | st.sampled_from(["9" * 400, "9" * 5000, '"\\u0000"', "''", "0x1F", '"Normal"', "0.5"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda v: f"[{', '.join(v)}]")
        | st.dictionaries(
            st.sampled_from(["dist", "mu", "sigma", "rule", "a"]), inner, max_size=3
        ).map(lambda d: "{" + ", ".join(f"{k} = {v}" for k, v in d.items()) + "}")
    ),
    max_leaves=6,
)
_KEYS = """
name title description blocks extends data loss growth sampler reference_tokens priors
data.benchmarks data.suite data.released_from data.min_scores loss.law loss.size_effects
reference_tokens.value growth.trend growth.deviation sampler.draws priors.level priors.ceiling
priors.level.dist priors.level.mu priors.level.sigma "odd-key"
""".split()
_lines = st.dictionaries(st.sampled_from(_KEYS), _junk, max_size=6).map(
    lambda d: "".join(f"{k} = {v}\n" for k, v in d.items())
)


@in_one_folder
@given(text=st.one_of(st.text(), _lines, _lines.map(lambda t: f'blocks = ["loss"]\n{t}')))
@example("blocks = 5")
@example('blocks = ["loss"]\n[priors]\npivot_loss = { dist = "Gamma", alpha = 1' + "0" * 400 + "}")
@example("a = " + "9" * 5000)
@example("a = " + "[" * 3000)
@example('blocks = ["loss"]\ndata.released_from = 99999999999999999999')
def test_nothing_but_a_spec_error_escapes(write: Callable[..., Path], text: str) -> None:
    try:
        content = text.encode()
    except UnicodeEncodeError:
        content = text.encode("utf-16", "surrogatepass")
    try:
        spec = load_spec(write(content))
    except SpecError as error:
        assert str(error)  # noqa: PT017
    else:
        assert isinstance(spec, Spec)


@in_one_folder
@given(content=st.binary(max_size=200))
def test_nothing_but_a_spec_error_escapes_from_bytes(
    write: Callable[..., Path], content: bytes
) -> None:
    try:
        load_spec(write(content))
    except SpecError:
        return


def test_a_file_name_that_is_no_name_becomes_one(tmp_path: Path) -> None:
    path = tmp_path / "my own é.toml"
    path.write_text('extends = "trend"\n', encoding="utf-8")
    assert load_spec(path).name == "my-own"


def test_a_folder_is_no_hypothesis(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="is not a file"):
        load_spec(tmp_path)


@pytest.mark.parametrize("bracket", ["[", "{ a = "])
def test_brackets_without_end_are_refused_before_they_are_parsed(bracket: str) -> None:
    with pytest.raises(SpecError, match="more than 100 brackets are open at once"):
        parse("x = " + bracket * 101, origin="x")
