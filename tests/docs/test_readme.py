"""What the README says of the files of a bundle is what the format says."""

import re

from bayesdensing.data.schema import TABLES
from tests.docs.blocks import ROOT

_ROW = re.compile(r"^\| `(\w+)\.csv` \| [^|]+ \| (`[^|]+) \|$", re.MULTILINE)


def test_the_columns_that_may_not_be_left_out() -> None:
    rows = dict(_ROW.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert len(rows) == 6
    for name, columns in rows.items():
        needed = [column.name for column in TABLES[name].columns if not column.optional]
        said = re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", columns))
        assert said == needed, name
