"""The project's own files, as the tests in this folder look at them."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (".h", ".cpp", ".c", ".td")


def files(folder=".", suffixes=None):
    """All files of the project below `folder`, without what builds leave."""
    found = []
    for path, folders, names in os.walk(ROOT / folder):
        folders[:] = [
            name
            for name in folders
            if not name.startswith("build") and name not in (".git", "__pycache__", ".pytest_cache")
        ]
        found += [Path(path) / name for name in names]
    return sorted(path for path in found if suffixes is None or path.suffix in suffixes)


def text(path):
    """The text of a file of the project, given from its root."""
    return (ROOT / path).read_text(encoding="utf-8")


def name(path):
    """The path of a file from the project's root, as messages show it."""
    return str(Path(path).relative_to(ROOT))


def table(document, heading):
    """Rows of the first table below `heading` in a Markdown document, as lists of cells."""
    below = text(document).split(heading, 1)[1]
    rows = re.search(r"(?:^\|.*\n)+", below, re.M).group(0).splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def definitions(pattern):
    """(file, *groups) of every match of `pattern` in the project's .td files."""
    return [
        (path, *match.groups())
        for path in files("include", (".td",))
        for match in re.finditer(pattern, path.read_text(encoding="utf-8"))
    ]
