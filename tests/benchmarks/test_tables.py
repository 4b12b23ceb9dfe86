from pathlib import Path

import pytest

from benchmarks.tables import Table, fill, number, spread, write

PAGE = """# Speed

<!-- table start -->
old
<!-- end -->

prose

<!-- table growth -->
<!-- end -->
"""


def test_a_table_goes_between_its_markers_and_nothing_else_changes() -> None:
    filled = fill(PAGE, {"start": Table(["a", "b"], [["x | y", "1"]])})
    assert "| a | b |\n| --- | ---: |\n| x \\| y | 1 |\n<!-- end -->" in filled
    assert "old" not in filled
    assert "\nprose\n" in filled
    assert "<!-- table growth -->\nnot measured yet\n<!-- end -->" in filled


def test_filling_twice_is_filling_once() -> None:
    tables = {"start": Table(["a"], [["1"]]), "growth": "text"}
    assert fill(fill(PAGE, tables), tables) == fill(PAGE, tables)


def test_a_table_without_a_marker_is_an_error() -> None:
    with pytest.raises(ValueError, match="no marker for peers"):
        fill(PAGE, {"peers": Table(["a"], [])})


def test_a_row_of_another_length_is_an_error() -> None:
    with pytest.raises(ValueError, match="as many cells"):
        Table(["a", "b"], [["1"]]).markdown()


def test_a_page_on_disk_is_rewritten(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, "utf-8")
    write(page, {"start": "new"})
    assert "new" in page.read_text("utf-8")


def test_numbers_keep_their_digits() -> None:
    assert [number(v) for v in (1234.5, 0.012345, 99.96, None)] == ["1,234", "0.0123", "100.0", "–"]
    assert spread([3.0, 1.0, 2.0]) == "2.00 (1.00 to 3.00)"
    assert spread([None, 2.0]) == "2.00"
    assert spread([None]) == "–"
