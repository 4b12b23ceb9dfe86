"""Damaged files and descriptors: refused with faults, never with an exception."""

import json
import os
from pathlib import Path

import pytest

from bayesdensing.data import reader as reader_module
from bayesdensing.data import validate_bundle

# --- files ------------------------------------------------------------------------------------

FILE_FAULTS = [
    (b"", "is empty"),
    (b"\n \n", "is empty"),
    (b"\xef\xbb\xbf", "is empty"),
    (b",,\n1,2,3\n", "row 1: column number 1 has no name"),
    (b"source,citation\n", "has no rows"),
    (b"source;citation\npaper;A\n", "row 1: the columns are not separated by commas"),
    (b"source,citation\npaper,Caf\xe9\n", "row 2: is not UTF-8 (byte 0xe9 at offset 25)"),
    ("source,citation\npaper,A\n".encode("utf-16"), "is UTF-16; save it as UTF-8"),
    (b"source,citation\npaper,A\0\n", "is a binary file, not text (it holds NUL bytes)"),
    (b'source,citation\npaper,"A\n', "row 2: is not well-formed CSV: unexpected end of data"),
    (b'source,citation\npaper,"A"b\n', "row 2: is not well-formed CSV: ',' expected after '\"'"),
    (b"source,citation\npaper," + b"A" * 200_000, "row 2: is not well-formed CSV: field larger"),
    (None, "does not exist"),
]


@pytest.mark.parametrize(("content", "problem"), FILE_FAULTS)
def test_damaged_files_are_refused_cleanly(judge, content, problem):
    first, *more = judge(sources=content)
    separator = ", " if problem.startswith("row") else ": "
    assert first.startswith(f"sources.csv{separator}{problem}")
    assert all("has no name" in fault for fault in more)


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfsource,citation\npaper,A\n",
                                     b"source,citation\r\npaper,A\r\n",
                                     b"source,citation\rpaper,A\r",
                                     b"\nsource,citation\npaper,A"])  # fmt: skip
def test_byte_order_marks_and_line_ends_do_not_matter(judge, content):
    assert judge(sources=content) == []


def test_large_files_are_refused_unread(folder: Path):
    with (folder / "scores.csv").open("r+b") as file:
        file.truncate(201 * 1024 * 1024)  # sparse: takes no room
    assert [str(fault) for fault in validate_bundle(folder)] == [
        "scores.csv: is too large: 201 MB, the limit is 200 MB"
    ]


def test_what_is_not_a_readable_file_is_refused(folder: Path, monkeypatch):
    for name in ("scores.csv", "models.csv", "prices.csv"):
        (folder / name).unlink()
    (folder / "scores.csv").mkdir()
    (folder / "models.csv").symlink_to("nowhere")
    os.mkfifo(folder / "prices.csv")  # opening it would block for ever

    def refuse(path: Path) -> bytes:
        if path.name == "sources.csv":
            raise PermissionError(13, "Permission denied")
        with path.open("rb") as file:
            return file.read()

    monkeypatch.setattr(reader_module.Path, "read_bytes", refuse)
    assert [str(fault) for fault in validate_bundle(folder)] == [
        "models.csv: is a link to nowhere",
        "scores.csv: is not a file",
        "prices.csv: is not a file",
        "sources.csv: cannot be read: Permission denied",
    ]


# --- descriptor -------------------------------------------------------------------------------


def _package(*paths: object, **more: object) -> str:
    return json.dumps({"name": "t", "resources": [{"path": path} for path in paths]} | more)


PACKAGES = [
    (None, ": does not exist; it lists the bundle's files: {"),
    ("", ": is empty"),
    ("{", ": is not valid JSON: line 1: Expecting property name enclosed in double quotes"),
    ("[" * 100_000, ": is not valid JSON: numbers too long or nested too deeply"),
    ("[1" + "0" * 10_000 + "]", ": is not valid JSON: numbers too long or nested too deeply"),
    ("[]", ": is not a JSON object"),
    ("{}", ", column resources: lists no resources (files)"),
    ('{"resources": "scores.csv"}', ", column resources: lists no resources (files)"),
    ('{"resources": ["scores.csv"]}', ", column resources: resource 1 has no path"),
    (_package("sources.csv", name=7), ", column name: name is not a printable text"),
    (_package("sources.csv", version=" "), ", column version: version is not a printable text"),
    (_package(7), ", column resources: resource 1 has no path"),
    (_package("a\ud800b.csv"), ", column resources: resource 1 has no path"),
    (_package("sources.csv", "sources.csv"),
     ", column resources: sources.csv is listed more than once"),
    (_package("/etc/passwd"),
     ", column resources: path '/etc/passwd' is not relative to the bundle"),
    (_package("https://example.org/scores.csv"),
     ", column resources: path 'https://example.org/scores.csv' is not relative to the bundle"),
    (_package("C:\\scores.csv"),
     ", column resources: path 'C:\\\\scores.csv' is not relative to the bundle"),
    (_package("../scores.csv"), ", column resources: path '../scores.csv' leaves the bundle"),
    (_package("Scores.csv"),
     ", column resources: path 'Scores.csv' is none of the format's files; "
     "did you mean scores.csv? (own files start with x_)"),
    (_package("weather.csv"),
     ", column resources: path 'weather.csv' is none of the format's files "
     "(own files start with x_)"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "fault"), PACKAGES)
def test_a_faulty_descriptor_is_refused_cleanly(judge, content, fault):
    # The first fault is the point: a descriptor that lists nothing usable may add another.
    assert judge(datapackage=content)[0].startswith(f"datapackage.json{fault}")


def test_a_descriptor_with_nothing_of_ours_is_refused(judge):
    assert judge(datapackage=_package("datapackage.json")) == [
        "datapackage.json, column resources: lists none of the format's files"
    ]


def test_other_listed_files_only_have_to_exist(judge):
    assert judge(datapackage=_package("sources.csv", "README.md", "x_log.csv")) == [
        "README.md: does not exist",
        "x_log.csv: does not exist",
    ]
    assert judge(datapackage=_package(["sources.csv"], "scores.csv/../sources.csv")) != []


def test_files_that_are_not_listed_are_ignored(judge):
    assert judge(datapackage=_package("sources.csv"), scores=b"\0") == []


def test_references_are_looked_up_only_in_tables_that_are_there(judge):
    assert judge(datapackage=_package("scores.csv")) == []
    assert judge(datapackage=_package("densities.csv")) == []


def test_a_path_that_is_no_folder(tmp_path: Path):
    (tmp_path / "file").write_text("")
    assert str(validate_bundle(tmp_path / "file")[0]).endswith("file: is not a folder")
    assert str(validate_bundle(tmp_path / "none")[0]).endswith("none: does not exist")
    (fault,) = map(str, validate_bundle(tmp_path))
    assert fault.startswith("datapackage.json: does not exist; it lists the bundle's files: {")
