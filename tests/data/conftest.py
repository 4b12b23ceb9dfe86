"""A small bundle that is valid, and a way to judge it with some of its files changed."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bayesdensing.data import validate_bundle

VALID = {
    "benchmarks.csv": """\
benchmark,n_items,chance,release_date,source
MMLU,14042,0.25,2020-09-07,paper
MATH,5000,0,,paper
""",
    "reference_runs.csv": """\
suite,run,benchmark,n_params,n_tokens,loss,loss_unit,source
s,a,MMLU,1e6,1e8,0.9,nats,paper
s,a,MATH,1e6,1e8,0.8,bits,paper
s,b,MMLU,2e6,1e8,0.7,nats,paper
""",
    "loss_scores.csv": """\
suite,point,benchmark,loss,score,role,source
s,p,MMLU,0.5,0.3,fit,paper
s,q,MMLU,0.2,0.8,held_out,paper
""",
    "models.csv": """\
model,family,organization,release_date,n_params,n_params_active,n_tokens,is_base,is_moe,\
parent,compression,source
A-7B,A,Lab,2023-02-24,7e9,,1e12,true,false,,none,paper
B-16B,B,Lab,2024-01-11,16000000000,2.8e9,,True,1,,none,paper
B-8B,B,Lab,2024-03-11,8e9,,,TRUE,0,B-16B,pruned+distilled,paper
""",
    "scores.csv": """\
model,benchmark,evaluator,score,n_shots,source
A-7B,MMLU,self-reported,0.35,5,paper
A-7B,MMLU,self-reported,0.33,,paper
A-7B,MMLU,self-reported,0.34,0,paper
B-16B,MATH,lab,0.1,4,paper
B-8B,MATH,lab,0,4,paper
B-8B,MMLU,lab,1,4,paper
""",
    "densities.csv": """\
series,model,release_date,value,value_lo95,value_hi95,on_record,source
d,A,2023-02-24,0.1,0.05,0.2,true,paper
d,B,2024-01-11,0.3,,,false,paper
""",
    "prices.csv": """\
model,date,usd_per_mtok,capability,on_record,source
G,2022-12-01,20,MMLU,true,paper
G,2022-12-01,19,,true,paper
""",
    "constants.csv": """\
name,value,unit,date,source
battery,4,per 20 years,,paper
chatgpt,,date,2022-11-30,paper
""",
    "sources.csv": """\
source,citation,url,licence,retrieved
paper,A paper,,CC BY 4.0,2024-05-01
""",
}

Files = dict[str, str | bytes | None]


def write_bundle(folder: Path, files: Files) -> None:
    """Write files; the descriptor lists the CSV files unless it is given."""
    listed = [{"path": name} for name in files if name.endswith(".csv")]
    package = {"name": "t", "version": "1", "resources": listed}
    for name, content in ({"datapackage.json": json.dumps(package)} | files).items():
        if content is not None:
            data = content.encode() if isinstance(content, str) else content
            (folder / name).write_bytes(data)


def judge(**changes: str | bytes | None) -> list[str]:
    """Return the faults of the valid bundle with some files changed; None removes one from disk.

    Files are named by their stem; ``datapackage`` is the descriptor.
    """
    files: Files = dict(VALID)
    for stem, content in changes.items():
        files["datapackage.json" if stem == "datapackage" else f"{stem}.csv"] = content
    with tempfile.TemporaryDirectory() as folder:
        write_bundle(Path(folder), files)
        return [str(fault) for fault in validate_bundle(folder)]


def edit(stem: str, old: str, new: str) -> list[str]:
    """Return the faults of the valid bundle with one passage of one file replaced."""
    text = VALID[f"{stem}.csv"]
    assert text.count(old) == 1, f"{old!r} must stand once in {stem}.csv"
    return judge(**{stem: text.replace(old, new)})


@pytest.fixture(name="judge")
def judge_fixture() -> Callable[..., list[str]]:
    return judge


@pytest.fixture(name="edit")
def edit_fixture() -> Callable[[str, str, str], list[str]]:
    return edit


@pytest.fixture
def valid() -> dict[str, str]:
    return dict(VALID)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the valid bundle on disk."""
    write_bundle(tmp_path, dict(VALID))
    return tmp_path
