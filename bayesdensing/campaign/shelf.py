"""Rows of jobs on disk: a file each, whole and with its hash, or none."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from bayesdensing.campaign.job import Done, Job
from bayesdensing.files import write_text

__all__ = ["Shelf"]

_FORMAT = 1
#: Letters of a key that a file's name may hold; the key itself stands in the file.
_UNSAFE = re.compile(r"[^A-Za-z0-9_.=+-]+")
_LONGEST = 80


class Shelf:
    """The rows of one recipe's jobs.

    Parameters
    ----------
    folder : pathlib.Path
        Where they lie, among those of other recipes, in a folder of their own; made when the first
        is put.
    recipe : str
        Hash of the recipe.
    """

    def __init__(self, folder: Path, *, recipe: str) -> None:
        self._recipe = recipe
        self.place = folder / recipe[:16]

    def put(self, job: Job, done: Done) -> None:
        """Keep a row, all of it or nothing.

        Parameters
        ----------
        job : Job
            Whose row it is.
        done : Done
            The row, of plain JSON types.
        """
        content = {
            "format": _FORMAT,
            "recipe": self._recipe,
            "key": job.key,
            "seed": job.seed,
            "row": done.row,
            "seconds": done.seconds,
        }
        self.place.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"sha256": _digest(content), **content}, allow_nan=False)
        write_text(self._file(job), text + "\n")

    def take(self, job: Job) -> Done | None:
        """Return a row.

        Parameters
        ----------
        job : Job
            Whose row.

        Returns
        -------
        Done or None
            None where there is none, it is another job's, or it is not what was put there.
        """
        try:
            content = json.loads(self._file(job).read_text(encoding="utf-8"))
            digest = content.pop("sha256")
            whole = digest == _digest(content) and content["format"] == _FORMAT
            own = (content["recipe"], content["key"], content["seed"])
            if whole and own == (self._recipe, job.key, job.seed):
                return Done(content["row"], float(content["seconds"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass
        return None

    def has_file(self, job: Job) -> bool:
        """Tell whether there is a file of a job, whole or not.

        Parameters
        ----------
        job : Job
            The job.

        Returns
        -------
        bool
            True where there is.
        """
        return self._file(job).exists()

    def _file(self, job: Job) -> Path:
        """Name a job's file: readable, and of no other job's name."""
        readable = _UNSAFE.sub("-", job.key)[:_LONGEST].strip(".-") or "job"
        if readable != job.key:
            readable += "-" + hashlib.sha256(job.key.encode()).hexdigest()[:10]
        return self.place / f"{readable}.json"


def _digest(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
