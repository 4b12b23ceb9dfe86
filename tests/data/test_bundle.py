"""The bundle as a value: types, immutability, hash, round trip, and input from hell."""

import pickle
import string
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bayesdensing.data import BundleError, DataBundle, load_data, validate_bundle
from bayesdensing.data import writer as writer_module
from bayesdensing.data.schema import TABLES


def test_columns_are_typed_and_absent_ones_are_there_but_empty(folder: Path):
    data = load_data(folder)
    models, scores, densities = data.models, data.scores, data.densities
    assert models["release_date"].dtype == "datetime64[us]"
    assert models["is_base"].dtype == bool
    assert models["is_base"].tolist() == [True, True, True]
    assert models["is_moe"].tolist() == [False, True, False]
    assert models["n_params"].tolist() == [7e9, 16e9, 8e9]
    assert models["weight_bits"].isna().all()
    assert scores["n_shots"].tolist()[0] == 5
    assert np.isnan(scores["n_shots"].tolist()[1])
    assert scores["score"].dtype == np.float64
    assert densities["value_lo95"].isna().tolist() == [False, True]
    for name, frame in data.frames.items():
        assert list(frame) == [column.name for column in TABLES[name].columns]
        assert list(frame.index) == list(range(len(frame)))


def test_active_parameters_default_to_all(folder: Path):
    assert load_data(folder).models["n_params_active"].tolist() == [7e9, 2.8e9, 8e9]


def test_tables_that_the_bundle_does_not_hold_are_none(folder: Path):
    (folder / "datapackage.json").write_text('{"resources": [{"path": "densities.csv"}]}')
    data = load_data(folder)
    assert data.scores is None
    assert data.models is None
    assert data.summary() == {"densities": 2}
    assert (data.name, data.version) == (folder.name, "0")


def test_repr_is_short_and_counts(folder: Path):
    text = repr(load_data(folder))
    assert text.startswith("<DataBundle t 1: benchmarks 2, reference_runs 3, loss_scores 2")
    assert len(text) < 250


def test_a_bundle_cannot_be_changed_through_its_frames(folder: Path):
    data = load_data(folder)
    frame = data.scores
    frame.loc[0, "score"] = 0.99
    frame["new"] = 1
    assert data.scores["score"][0] == 0.35
    assert "new" not in data.scores
    with pytest.raises(AttributeError):
        data.name = "other"
    frames = data.frames
    held = frames["scores"]
    held.loc[0, "score"] = 0.99
    frames["scores"] = frame
    assert data.scores["score"][0] == 0.35
    with pytest.raises(ValueError, match="read-only"):
        data.scores["score"].to_numpy()[0] = 0.99


def test_hash_and_equality_are_of_the_content(folder: Path, valid, tmp_path_factory):
    data = load_data(folder)
    other = tmp_path_factory.mktemp("elsewhere")
    data.to_directory(other)
    for name, text in valid.items():  # the same values, spelled differently
        text = text.replace("7e9", "7000000000.0").replace("true", "1").replace("\n", "\r\n")
        (other / name).write_bytes(b"\xef\xbb\xbf" + text.encode())
    again = load_data(other)
    assert again == data
    assert hash(again) == hash(data)
    assert again.path != data.path
    (other / "scores.csv").write_text(valid["scores.csv"].replace("0.35", "0.36"))
    assert load_data(other).sha256 != data.sha256
    assert data != "a bundle"


def test_a_bundle_survives_pickling(folder: Path):
    data = load_data(folder)
    copy = pickle.loads(pickle.dumps(data))  # noqa: S301
    assert copy == data
    pd.testing.assert_frame_equal(copy.scores, data.scores)


def test_the_error_survives_pickling(tmp_path: Path):
    with pytest.raises(BundleError) as caught:
        load_data(tmp_path)
    assert pickle.loads(pickle.dumps(caught.value)).faults == caught.value.faults  # noqa: S301


# --- writing ----------------------------------------------------------------------------------


def test_round_trip(folder: Path, tmp_path_factory):
    data = load_data(folder)
    target = tmp_path_factory.mktemp("out") / "deep" / "bundle"
    assert data.to_directory(target) == target
    again = load_data(target)
    assert again == data
    for name, frame in data.frames.items():
        pd.testing.assert_frame_equal(again.frames[name], frame)
    assert sorted(path.name for path in target.parent.iterdir()) == ["bundle"]


def test_an_existing_folder_is_replaced_only_when_asked(folder: Path, tmp_path_factory):
    data = load_data(folder)
    target = tmp_path_factory.mktemp("empty")
    data.to_directory(target)  # an empty folder is fine
    with pytest.raises(FileExistsError):
        data.to_directory(target)
    data.to_directory(target, overwrite=True)
    stranger = tmp_path_factory.mktemp("stranger")
    (stranger / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError):
        data.to_directory(stranger, overwrite=True)
    assert (stranger / "thesis.txt").exists()


def test_a_failed_write_leaves_the_old_bundle(folder: Path, tmp_path_factory, monkeypatch):
    data = load_data(folder)
    target = data.to_directory(tmp_path_factory.mktemp("out") / "bundle")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer_module.os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        data.to_directory(target, overwrite=True)
    monkeypatch.undo()
    assert load_data(target) == data
    assert [path.name for path in target.parent.iterdir()] == ["bundle"]


# --- from frames ------------------------------------------------------------------------------


def _densities(**columns: object) -> pd.DataFrame:
    frame = {
        "series": "s",
        "model": ["a", "b"],
        "release_date": pd.to_datetime(["2023-01-01", "2024-01-01"]),
        "value": [1, 2.5],
        "on_record": np.array([True, False]),
        "source": "paper",
    }
    return pd.DataFrame(frame | columns)


def test_from_frames_judges_as_files_are_judged():
    data = DataBundle.from_frames(name="t", densities=_densities())
    assert data.path is None
    assert data.densities["release_date"].dt.year.tolist() == [2023, 2024]
    with pytest.raises(BundleError, match=r"densities.csv, row 3, column value: -1 is not above"):
        DataBundle.from_frames(name="t", densities=_densities(value=[1, -1]))
    with pytest.raises(BundleError, match=r"densities.csv, row 2, column value: inf is not finite"):
        DataBundle.from_frames(name="t", densities=_densities(value=[np.inf, 1]))
    with pytest.raises(BundleError, match=r"densities.csv: has no rows"):
        DataBundle.from_frames(name="t", densities=_densities().head(0))
    twice = pd.concat([_densities(), _densities()], axis=1)
    with pytest.raises(BundleError, match=r"densities.csv: has columns of the same name"):
        DataBundle.from_frames(name="t", densities=twice)


def test_from_frames_ignores_the_index():
    shuffled = _densities().set_axis([7, 7])
    assert DataBundle.from_frames(name="t", densities=shuffled) == DataBundle.from_frames(
        name="t", densities=_densities()
    )


def test_from_frames_reads_every_kind_of_missing_value():
    same = [
        _densities(value_lo95=missing, x_note=missing)
        for missing in (None, np.nan, pd.NA, pd.NaT, "", " ", pd.array([pd.NA] * 2, dtype="Int64"))
    ]
    bundles = {DataBundle.from_frames(name="t", densities=frame) for frame in same}
    assert len(bundles) == 1


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(str.strip)
positive = st.floats(min_value=0, exclude_min=True, allow_infinity=False)


@st.composite
def bundles(draw: st.DrawFn) -> DataBundle:
    """Draw bundles of densities with any names, dates, floats and notes."""
    models = draw(st.lists(names, min_size=1, max_size=6, unique_by=str.strip))
    rows = len(models)
    sources = draw(st.lists(names, min_size=1, max_size=3, unique_by=str.strip))

    def column(strategy: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(strategy, min_size=rows, max_size=rows))

    dates = st.dates(max_value=pd.Timestamp("2024-01-01").date())
    densities = pd.DataFrame(
        {
            "series": "s",
            "model": models,
            "release_date": column(dates),
            "value": column(positive),
            "on_record": column(st.booleans()),
            "source": column(st.sampled_from(sources)),
            "x_note": column(st.none() | names),
        }
    )
    listed = pd.DataFrame({"source": sources, "citation": "c"})
    return DataBundle.from_frames(name="t", densities=densities, sources=listed)


@settings(max_examples=60, deadline=None)
@given(data=bundles())
def test_any_bundle_survives_the_round_trip(data: DataBundle):
    with tempfile.TemporaryDirectory() as parent:
        again = load_data(data.to_directory(Path(parent) / "bundle"))
    assert again == data
    for name, frame in data.frames.items():
        pd.testing.assert_frame_equal(again.frames[name], frame, check_exact=True)


# --- input from hell --------------------------------------------------------------------------

junk = st.sampled_from(
    [b"", b"\0", b"\xff", b"\xef\xbb\xbf", b'"', b",", b"\r", b"\n", b"nan", b"-1", b"1e999",
     b"true", b"2023-02-29", "ρ".encode(), b"x_", b"source", b"'", b"\\", b"9" * 400]
) | st.binary(max_size=8)  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_mutated_bundles_give_faults_or_load(data: st.DataObject, valid: dict[str, str]):
    """No damage to any file makes the reader raise anything but the error with faults."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent)
        listed = ",".join(f'{{"path": "{name}"}}' for name in valid)
        files = {name: text.encode() for name, text in valid.items()}
        files["datapackage.json"] = f'{{"name": "t", "resources": [{listed}]}}'.encode()
        for _ in range(data.draw(st.integers(1, 4))):
            name = data.draw(st.sampled_from(sorted(files)))
            content = files[name]
            start = data.draw(st.integers(0, len(content)))
            stop = data.draw(st.integers(start, min(len(content), start + 12)))
            files[name] = content[:start] + data.draw(junk) + content[stop:]
        for name, content in files.items():
            (folder / name).write_bytes(content)
        faults = validate_bundle(folder)
        for fault in faults:
            assert str(fault).isprintable()
        if faults:
            with pytest.raises(BundleError):
                load_data(folder)
        else:
            loaded = load_data(folder)
            assert load_data(loaded.to_directory(folder / "again")) == loaded


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.text(st.sampled_from(string.printable + '"",,\n\n')), stem=st.sampled_from([*TABLES])
)
def test_any_text_as_a_table_is_refused_cleanly(
    text: str, stem: str, judge: Callable[..., list[str]]
):
    assert judge(**{stem: text})
