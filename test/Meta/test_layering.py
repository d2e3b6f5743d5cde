"""Includes obey the table of libraries in docs/Architecture.md."""

import re

import pytest
from project import ROOT, SOURCES, files, name, table

ROWS = table("docs/Architecture.md", "## Libraries")


def names_in(cell):
    return re.findall(r"`([^`]+)`", cell)


def includes(path):
    """The paths that a file includes, without those next to it."""
    found = re.findall(r'^\s*(?:#\s*)?include\s+["<]([^">]+)[">]', path.read_text("utf-8"), re.M)
    return [include for include in found if "/" in include]


def sources_of(library):
    """The library's files: headers below include, the rest below lib or at its own path."""
    for folder in (f"include/attn/{library}", f"lib/{library}", library):
        if (ROOT / folder).is_dir():
            yield from files(folder, SOURCES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip("`"))
def test_includes(row):
    library, _, may, never = row
    (library,) = names_in(library)
    allowed = {library, *names_in(may)}
    paths = list(sources_of(library))
    assert paths, f"the table names {library}, which has no files"
    for path in paths:
        for include in includes(path):
            owner = re.match(r"(?:attn/(\w+)|(attn-\w+))/", include)
            if owner:
                owner = owner.group(1) or owner.group(2)
                assert owner in allowed, f"{name(path)} includes {include}; {library} may not"
            for prefix in names_in(never):
                assert not include.startswith(prefix), f"{name(path)} includes {include}"


def test_table_is_complete():
    """Every folder of lib and include/attn is a row."""
    rows = {names_in(row[0])[0] for row in ROWS}
    folders = {
        path.name
        for parent in ("lib", "include/attn")
        for path in (ROOT / parent).iterdir()
        if path.is_dir() and files(name(path), SOURCES)
    }
    assert folders <= rows, f"not in the table: {sorted(folders - rows)}"
