"""Damaged files of a bundle: binary, cut, swapped, scrambled.

Arbitrary damage may leave a bundle valid, but must never end in anything but a list of faults.
"""

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesdensing.data import load_data
from bayesdensing.data.schema import MAX_BYTES
from tests.damage.bundles import COMMANDS, DESCRIPTOR, WHOLE, Damage, judge, write
from tests.damage.command import run

# --- whole files ----------------------------------------------------------------------------------


def _as_utf16(draw: Any, content: bytes) -> bytes:
    codec = draw(st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "utf-32"]))
    return content.decode().encode(codec)


def _with_nul(draw: Any, content: bytes) -> bytes:
    at = draw(st.integers(0, len(content)))
    return content[:at] + b"\0" * draw(st.integers(1, 9)) + content[at:]


def _latin_1(draw: Any, content: bytes) -> bytes:
    # no byte of these goes on or begins a character of UTF-8 before plain text
    at = draw(st.integers(0, len(content) - 1))
    return (
        content[:at]
        + draw(st.sampled_from("\xe9\xfc\xa0\xdf\xb5")).encode("latin-1")
        + content[at:]
    )


def _nothing(draw: Any, content: bytes) -> bytes:
    return draw(st.sampled_from([b"", b"\n", b"  \r\n\t ", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"]))


def _other_format(draw: Any, content: bytes) -> bytes:
    heads = [b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"\x1f\x8b\x08", b"%PDF-1.7\n%\xe2",
             b"\x7fELF", b"SQLite format 3\0", b"\x89HDF\r\n\x1a\n"]  # fmt: skip
    return draw(st.sampled_from(heads)) + draw(st.binary(min_size=8, max_size=64)) + b"\xff\0"


BLOBS = (_as_utf16, _with_nul, _latin_1, _nothing, _other_format)


@st.composite
def damaged_files(draw: st.DrawFn) -> Damage:
    change = draw(st.sampled_from(BLOBS))
    file = draw(st.sampled_from(sorted(WHOLE)))
    return Damage(change.__name__, file, change(draw, WHOLE[file]), (f"error: {file}",))


@settings(max_examples=150)
@given(damage=damaged_files(), command=COMMANDS)
def test_a_file_that_is_no_text_is_named(damage: Damage, command: str) -> None:
    judge(WHOLE | {damage.file: damage.content}, command=command).assert_refused(*damage.said)


@pytest.mark.parametrize("file", sorted(WHOLE))
@pytest.mark.parametrize("what", ["nothing", "folder", "loop", "nowhere", "pipe", "giant"])
def test_what_is_no_file_is_named(tmp_path: Path, file: str, what: str) -> None:
    write(tmp_path, WHOLE)
    path = tmp_path / file
    path.unlink()
    if what == "folder":
        path.mkdir()
    elif what == "loop":
        path.symlink_to(path)
    elif what == "nowhere":
        path.symlink_to(tmp_path / "nowhere")
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "giant":
        with path.open("wb") as sparse:
            sparse.truncate(MAX_BYTES + 1)
    run("validate", str(tmp_path)).assert_refused(f"error: {file}: ")


@pytest.mark.parametrize(
    "argument", ["a\0b", "", "x" * 5000, "\udcff", "/dev/null", "/proc/self/mem"]
)
def test_what_is_no_folder_is_refused(argument: str) -> None:
    run("validate", argument).assert_refused("error: ")


# --- the descriptor -------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
NO_TEXT = JSON.filter(lambda value: not isinstance(value, str)) | st.sampled_from(["", " ", "a\nb"])
BAD_PATHS = st.sampled_from(
    ["/etc/passwd", "../scores.csv", "a/../../scores.csv", "http://x.org/scores.csv",
     "c:\\scores.csv", "~/scores.csv", "score.csv", "Scores.csv", "scores.CSV ", "sub/scores.csv",
     "scores.csv", "", "s\0.csv", "nothing.json", "x_nothing.csv", "x_" + "y" * 300 + ".csv",
     "readme.\u202e"]
)  # fmt: skip


def _cut_json(draw: Any, text: str) -> str:
    return text[: draw(st.integers(1, len(text) - 1))]


def _other_json(draw: Any, text: str) -> str:
    return json.dumps(draw(JSON.filter(lambda value: not isinstance(value, dict))))


def _deep_json(draw: Any, text: str) -> str:
    return draw(st.sampled_from(["[", '{"a":', '{"resources":['])) * draw(
        st.integers(1000, 100_000)
    )


def _long_number(draw: Any, text: str) -> str:
    return text.replace('"1"', "1" * draw(st.integers(5000, 9000)))


def _bad_label(draw: Any, text: str) -> str:
    key = draw(st.sampled_from(["name", "version"]))
    return json.dumps(json.loads(text) | {key: draw(NO_TEXT)})


def _bad_resources(draw: Any, text: str) -> str:
    bad = draw(JSON.filter(lambda value: not (isinstance(value, list) and value)))
    return json.dumps(json.loads(text) | {"resources": bad})


def _bad_resource(draw: Any, text: str) -> str:
    content = json.loads(text)
    bad = draw(JSON | BAD_PATHS.map(lambda path: {"path": path}))
    content["resources"].insert(draw(st.integers(0, len(content["resources"]))), bad)
    return json.dumps(content)


DESCRIPTORS = (
    _cut_json, _other_json, _deep_json, _long_number, _bad_label, _bad_resources, _bad_resource,
)  # fmt: skip


@st.composite
def damaged_descriptors(draw: st.DrawFn) -> Damage:
    change = draw(st.sampled_from(DESCRIPTORS))
    content = change(draw, WHOLE[DESCRIPTOR].decode()).encode()
    return Damage(change.__name__, DESCRIPTOR, content, ("error: ",))


@settings(max_examples=150)
@given(damage=damaged_descriptors())
def test_a_damaged_descriptor_is_refused(damage: Damage) -> None:
    ending = judge(WHOLE | {damage.file: damage.content})
    ending.assert_refused(*damage.said)
    # a listed file that is not there is a fault of that file
    missing = ": does not exist"
    assert all(DESCRIPTOR in line or line.endswith(missing) for line in ending.errors)


# --- any damage at all ----------------------------------------------------------------------------


MARKS = st.sampled_from([b",", b"\n", b"\r", b'"', b"\t", b"-", b"e9"])


@st.composite
def scrambled(draw: st.DrawFn) -> tuple[str, bytes]:
    """Return a file with bytes flipped, pieces cut out, put in, doubled or moved."""
    file = draw(st.sampled_from(sorted(WHOLE)))
    content = WHOLE[file]
    for _ in range(draw(st.integers(1, 4))):
        a, b = sorted(draw(st.tuples(*[st.integers(0, len(content))] * 2)))
        piece = content[a:b]
        to = draw(st.integers(0, len(content)))
        flip = draw(st.integers(1, 255))
        other = WHOLE[draw(st.sampled_from(sorted(WHOLE)))]
        content = draw(
            st.sampled_from(
                [
                    content[:a] + content[b:],
                    content[:to] + piece + content[to:],
                    piece[::-1] + content,
                    content[:a] + bytes([byte ^ flip for byte in piece[:1]]) + content[a + 1 :],
                    content[:a] + draw(st.binary(max_size=6)) + content[b:],
                    content[:a] + other[a:b] + content[b:],
                    content[:a] + draw(MARKS) + content[a:],
                ]
            )
        )  # fmt: skip
    return file, content


FAULT = re.compile(r"error: [^:]+(, row \d+)?(, column .+)?: .+")


@settings(max_examples=350)
@given(damage=scrambled())
def test_any_damage_ends_in_a_valid_bundle_or_in_faults(damage: tuple[str, bytes]) -> None:
    file, content = damage
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "data"
        folder.mkdir()
        write(folder, WHOLE | {file: content})
        ending = run("validate", str(folder))
        ending.assert_clean()
        assert all(FAULT.fullmatch(line) for line in ending.errors), ending.err
        if ending.code == 0:
            # what passes is whole: it can be written, and is the same when read again
            bundle = load_data(folder)
            assert load_data(bundle.to_directory(Path(place) / "again")) == bundle
