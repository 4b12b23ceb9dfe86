"""Damaged hypotheses: each is refused with its file and the key, whatever the damage is."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesdensing.laws import DISTRIBUTIONS
from bayesdensing.paths import packaged_models_dir
from bayesdensing.spec.priors import PRIOR_TABLE
from tests.damage.command import Ending, run

NAME = "own.toml"

Lines = tuple[str, ...]


def show(text: str | bytes) -> Ending:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return run("show", str(path))


def spec(top: Lines = (), **tables: Lines) -> str:
    """Return a hypothesis over the default one, with these lines at the top and in the tables."""
    lines = ['extends = "joint"', *top]
    for name, rows in tables.items():
        lines += [f"[{name}]", *rows]
    return "\n".join(lines) + "\n"


# --- wrong types and values -----------------------------------------------------------------------

STRINGS = st.sampled_from(['"nine"', '""', '"1"', '"\\u0000"', "'''a\nb'''"])
BOOLS = st.sampled_from(["true", "false"])
NOT_FINITE = st.sampled_from(["nan", "inf", "-inf", "+nan"])
DATES = st.sampled_from(["2024-01-01", "2024-01-01T00:00:00Z", "2024-01-01 07:32:00", "07:32:00"])
NESTED = st.sampled_from(["{}", "{ a = 1 }", "[]", "[[]]", "[1, 2]", "[{ a = [] }]", '["a"]'])
BELOW_ONE = st.integers(max_value=0, min_value=-(2**63)).map(str)
FRACTIONS = st.integers(0, 999).map(lambda n: f"{n}.5")

NO_INTEGER = STRINGS | BOOLS | NOT_FINITE | DATES | NESTED | FRACTIONS | BELOW_ONE
NO_NUMBER = NOT_FINITE | DATES | NESTED | st.just('"many"')
NO_BOOL = STRINGS | NOT_FINITE | DATES | NESTED | st.sampled_from(["1", "0", "2.5", '"true"'])
WORDS = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=6, max_size=12)
NO_CHOICE = WORDS.map(lambda word: f'"no {word}"') | BOOLS | NOT_FINITE | DATES | NESTED | FRACTIONS
NO_TEXT = BOOLS | NOT_FINITE | DATES | NESTED | FRACTIONS
NO_DATE = st.sampled_from(
    ['"2024-13-01"', '"soon"', '"01/02/2024"', "true", "nan", "inf", "[]", "{}", '"2024-02-30"']
)

#: By table and key, values that it cannot have.
VALUES: dict[tuple[str, str], st.SearchStrategy[str]] = {
    ("data", "base_only"): NO_BOOL,
    ("data", "compressed"): NO_BOOL,
    ("data", "min_scores"): NO_INTEGER,
    ("data", "suite"): NO_TEXT,
    ("data", "series"): NO_TEXT,
    ("data", "released_from"): NO_DATE,
    ("data", "released_until"): NO_DATE,
    ("data", "benchmarks"): st.sampled_from(['"MMLU"', "[1]", "[[]]", "true", '["a", "a"]', "{}"]),
    ("loss", "law"): NO_CHOICE,
    ("loss", "size_effects"): NO_BOOL,
    ("reference_tokens", "rule"): NO_CHOICE,
    ("reference_tokens", "value"): NO_NUMBER | BELOW_ONE,
    ("growth", "trend"): NO_CHOICE,
    ("growth", "parameter_count"): NO_CHOICE,
    ("growth", "deviation"): NO_CHOICE,
    ("growth", "frontier"): NO_CHOICE,
    ("growth", "size_term"): NO_CHOICE,
    ("growth", "family"): NO_CHOICE,
    ("growth", "benchmark_growth"): NO_CHOICE,
    ("information", "flow"): NO_CHOICE,
    ("information", "reference_draws"): NO_INTEGER | st.just("1"),
    ("sampler", "draws"): NO_INTEGER,
    ("sampler", "tune"): NO_INTEGER,
    ("sampler", "chains"): NO_INTEGER,
    ("sampler", "target_accept"): NO_NUMBER | BELOW_ONE | st.sampled_from(["1", "1.0", "7"]),
    ("", "blocks"): st.sampled_from(
        ['"loss"', "[]", '["growth"]', '["loss", "growth"]', '["link", "loss"]', '["lost"]', "{}",
         '["published", "loss"]', '["loss", "loss"]', "1", "true", "[[]]", '["loss", 1]']
    ),
    ("", "name"): NO_TEXT | st.sampled_from(['""', '"a b"', '"-a"', '"a/b"',
                                             '"a\\u0000"', '"\u00e9"']),
    ("", "title"): NO_TEXT,
    ("", "description"): NO_TEXT,
    ("", "extends"): NO_TEXT,
}  # fmt: skip


@st.composite
def wrong_values(draw: st.DrawFn) -> tuple[str, str]:
    """Return a hypothesis with a value that cannot be, and how the key is named."""
    table, key = draw(st.sampled_from(sorted(VALUES)))
    line = f"{key} = {draw(VALUES[table, key])}"
    if table:
        return spec(**{table: (line,)}), f"{table}.{key}"
    if key == "extends":
        return f'{line}\nblocks = ["loss"]\n', key
    return spec((line,)), key


@settings(max_examples=250)
@given(case=wrong_values())
def test_a_value_that_cannot_be_is_named_by_its_key(case: tuple[str, str]) -> None:
    text, key = case
    # the two of reference_tokens are judged together
    shown = "reference_tokens" if key.startswith("reference_tokens") else key
    show(text).assert_refused(f"error: {NAME}: {shown}")


# --- keys -----------------------------------------------------------------------------------------

TABLES = sorted({table for table, _ in VALUES if table})


@st.composite
def misspelt(draw: st.DrawFn) -> tuple[str, str]:
    """Return a hypothesis with an unknown key, and how it is named."""
    table, key = draw(st.sampled_from(sorted(VALUES)))
    at = draw(st.integers(0, len(key)))
    wrong = key[:at] + draw(st.sampled_from("qxz9_-")) + key[at:]
    value = draw(st.sampled_from(["1", '"a"', "true", "[]", "{ a = 1 }", "nan"]))
    where = draw(st.sampled_from(["key", "axis", "own table", "prior", "parameter"]))
    if where == "key" and table:
        return spec(**{table: (f"{wrong} = {value}",)}), f"{table}.{wrong}"
    if where == "axis" and table:
        axis = draw(st.sampled_from([table.upper(), f"{table}s", f"{table}_axis"]))
        return spec(**{axis: (f"{key} = {value}",)}), f"'{axis}'"
    if where == "prior":
        name = draw(st.sampled_from(sorted(PRIOR_TABLE))) + draw(st.sampled_from("sx_2"))
        return spec(priors=(f'{name} = {{ dist = "Normal", mu = 0, sigma = 1 }}',)), f"'{name}'"
    if where == "parameter":
        line = f'level = {{ dist = "Normal", mu = 0, sigma = 1, "{wrong}" = {value} }}'
        return spec(priors=(line,)), f"'{wrong}'"
    return spec((f"{wrong} = {value}",)), f"'{wrong}'"


@settings(max_examples=120)
@given(case=misspelt())
def test_an_unknown_key_is_named(case: tuple[str, str]) -> None:
    text, key = case
    show(text).assert_refused(f"error: {NAME}: ", f" {key}")


def test_an_axis_that_is_no_table_is_named() -> None:
    for axis in (*TABLES, "priors"):
        for value in ("1", '"a"', "true", "[]", "[{}]", "nan", "2024-01-01"):
            show(spec((f"{axis} = {value}",))).assert_refused(f"error: {NAME}: {axis} must be")


# --- priors ---------------------------------------------------------------------------------------

POSITIVE = sorted(
    name
    for name, entry in PRIOR_TABLE.items()
    if entry.default.dist not in ("Normal", "StudentT") and name != "inefficiency_sd"
)


def _stated(dist: str, **changes: str) -> str:
    values = dict.fromkeys(DISTRIBUTIONS[dist], "0.5") | changes
    inside = ", ".join([f'dist = "{dist}"', *(f"{k} = {v}" for k, v in values.items())])
    return f"{{ {inside} }}"


@st.composite
def bad_priors(draw: st.DrawFn) -> tuple[str, str]:
    """Return a hypothesis with a prior that cannot be, and the prior's name."""
    name = draw(st.sampled_from(POSITIVE))
    kind = draw(st.sampled_from(["value", "missing", "shape", "distribution", "support", "unused"]))
    dist = PRIOR_TABLE[name].default.dist
    key = draw(st.sampled_from(DISTRIBUTIONS[dist]))
    if kind == "value":
        bad = draw(NO_NUMBER | BELOW_ONE | STRINGS | BOOLS | st.just("9" * 400))
        prior = _stated(dist, **{key: bad})
    elif kind == "missing":
        prior = _stated(dist).replace(f", {key} = 0.5", "")
    elif kind == "shape":
        prior = draw(
            st.sampled_from(
                ["0.5", '"LogNormal(1, 2)"', "[]", "{}", "true", "{ mu = 0, sigma = 1 }",
                 "{ dist = 1 }", '{ dist = ["Normal"] }', "[{ dist = 1 }]"]
            )
        )  # fmt: skip
    elif kind == "distribution":
        wrong = draw(WORDS | st.sampled_from(["normal", "Cauchy", "Lognormal", "Half-Normal", ""]))
        prior = f'{{ dist = "{wrong}", mu = 0, sigma = 1 }}'
    elif kind == "support":
        prior = _stated(draw(st.sampled_from(["Normal", "StudentT"])))
    else:
        return (
            spec(('blocks = ["loss"]',), priors=(f"growth_rate = {_stated('Normal')}",)),
            "growth_rate",
        )
    return spec(priors=(f"{name} = {prior}",)), name


@settings(max_examples=150)
@given(case=bad_priors())
def test_a_prior_that_cannot_be_is_named(case: tuple[str, str]) -> None:
    text, name = case
    show(text).assert_refused(f"error: {NAME}: ", name)


EXTREME = st.sampled_from(
    ["1e308", "1e-320", "5e-324", "1e5", "1e-5", "1e17", "0.9999999999999999"]
)


@settings(max_examples=80)
@given(data=st.data())
def test_an_extreme_prior_is_shown_or_refused_without_a_warning(data: st.DataObject) -> None:
    dist = data.draw(st.sampled_from(sorted(DISTRIBUTIONS)))
    name = data.draw(st.sampled_from(sorted(PRIOR_TABLE)))
    key = data.draw(st.sampled_from(DISTRIBUTIONS[dist]))
    show(spec(priors=(f"{name} = {_stated(dist, **{key: data.draw(EXTREME)})}",))).assert_clean()


# --- what does not go together --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (spec(reference_tokens=('rule = "fixed"',)), "reference_tokens"),
        (spec(reference_tokens=('rule = "fixed"', "value = 60")), "reference_tokens"),
        (spec(reference_tokens=("value = 1e12",)), "reference_tokens"),
        (spec(('blocks = ["loss"]',), information=('flow = "cut"',)), "information.flow"),
        (spec(('blocks = ["published"]',), growth=('frontier = "half-normal"',)),
         "growth.frontier"),
        (spec(growth=('trend = "constant"',), priors=(f"growth_rate = {_stated('Normal')}",)),
         "growth_rate"),
        (spec(loss=('law = "power"',), priors=(f"irreducible_share = {_stated('Beta')}",)),
         "irreducible_share"),
        ("", "blocks"),
        ("title = 'a'", "blocks"),
    ],
)  # fmt: skip
def test_choices_that_do_not_go_together_are_named(text: str, key: str) -> None:
    show(text).assert_refused(f"error: {NAME}: ", key)


@pytest.mark.parametrize(
    "parent",
    ["nothing", "jiont", "nothing.toml", "../nothing.toml", "/nothing.toml", "", "own.toml",
     "./own.toml", "a\\\\b", "sub/own", "joint.TOML", "x" * 5000 + ".toml", "\\u0000.toml"],
)  # fmt: skip
def test_what_cannot_be_extended_is_refused(parent: str) -> None:
    ending = show(f'extends = "{parent}"\n')
    ending.assert_refused("error: ")
    assert len(ending.errors) == 1


def test_a_circle_is_refused(tmp_path: Path) -> None:
    names = ["a", "b", "c"]
    for name, parent in zip(names, ["b", "c", "a"], strict=True):
        (tmp_path / f"{name}.toml").write_text(f'extends = "{parent}.toml"\n')
    for name in names:
        run("show", str(tmp_path / f"{name}.toml")).assert_refused(".toml: extends itself through")


def test_a_long_line_of_parents_is_read_or_refused(tmp_path: Path) -> None:
    for i in range(400):
        (tmp_path / f"{i}.toml").write_text(f'extends = "{i + 1}.toml"\n')
    (tmp_path / "400.toml").write_text('blocks = ["loss"]\n')
    run("show", str(tmp_path / "0.toml")).assert_clean()


# --- no TOML at all -------------------------------------------------------------------------------

SHIPPED = sorted(packaged_models_dir().glob("*.toml"))


def _binary(draw: Any, content: bytes) -> bytes:
    return draw(st.binary(max_size=40)) + b"\0" + draw(st.binary(max_size=40))


def _encoded(draw: Any, content: bytes) -> bytes:
    return content.decode().encode(draw(st.sampled_from(["utf-16", "utf-16-be", "utf-32"])))


def _latin_1(draw: Any, content: bytes) -> bytes:
    return content + "# caf\xe9\n".encode("latin-1")


def _open_end(draw: Any, content: bytes) -> bytes:
    ends = [b"[data", b"x =", b'x = "', b'x = """', b"x = [", b"x = {", b"= 1", b"x", b"[[]]",
            b"[data]]", b"x = 1 y = 2", b"x = 2024-13-01", b"x = 01", b"title = 1\ntitle = 2",
            b"[loss]\n[loss]"]  # fmt: skip
    return b"\n" + draw(st.sampled_from(ends)) + b"\n" + content


def _too_deep(draw: Any, content: bytes) -> bytes:
    return b"x = " + b"[" * draw(st.integers(2000, 50_000))


def _long_number(draw: Any, content: bytes) -> bytes:
    return b"x = " + b"9" * draw(st.integers(5000, 9000))


BROKEN = (_binary, _encoded, _latin_1, _open_end, _too_deep, _long_number)


@st.composite
def no_toml(draw: st.DrawFn) -> bytes:
    change = draw(st.sampled_from(BROKEN))
    return change(draw, draw(st.sampled_from(SHIPPED)).read_bytes())


@settings(max_examples=120)
@given(content=no_toml())
def test_what_is_no_toml_is_refused(content: bytes) -> None:
    ending = show(content)
    ending.assert_refused(f"error: {NAME}: ")
    assert len(ending.errors) == 1


@pytest.mark.parametrize("what", ["folder", "loop", "nowhere", "huge", "device"])
def test_what_is_no_file_is_refused(tmp_path: Path, what: str) -> None:
    path = tmp_path / NAME
    if what == "folder":
        path.mkdir()
    elif what == "loop":
        path.symlink_to(path)
    elif what == "nowhere":
        path.symlink_to(tmp_path / "nothing")
    elif what == "huge":
        path.write_text("# " + "x" * 1_000_000 + '\nextends = "joint"\n')
    else:
        path.symlink_to("/dev/zero")
    run("show", str(path)).assert_refused(NAME)


# --- any damage at all ----------------------------------------------------------------------------


@st.composite
def scrambled(draw: st.DrawFn) -> bytes:
    """Return a shipped hypothesis with bytes flipped, pieces cut out, put in or moved."""
    content = draw(st.sampled_from(SHIPPED)).read_bytes()
    for _ in range(draw(st.integers(1, 3))):
        a, b = sorted(draw(st.tuples(*[st.integers(0, len(content))] * 2)))
        to = draw(st.integers(0, len(content)))
        flip = draw(st.integers(1, 255))
        mark = draw(st.sampled_from([b"=", b"\n", b'"', b"[", b"]", b"{", b".", b"#", b"-", b"9"]))
        content = draw(
            st.sampled_from(
                [
                    content[:a] + content[b:],
                    content[:to] + content[a:b] + content[to:],
                    content[:a] + bytes([byte ^ flip for byte in content[a : a + 1]])
                    + content[a + 1 :],
                    content[:a] + mark + content[a:],
                    content[:a] + draw(st.binary(max_size=6)) + content[b:],
                ]
            )
        )  # fmt: skip
    return content


@settings(max_examples=250)
@given(content=scrambled())
def test_any_damage_ends_in_a_hypothesis_or_in_faults(content: bytes) -> None:
    show(content).assert_clean()
