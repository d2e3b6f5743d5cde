"""Rules of CONTRIBUTING.md that a program can check."""

import re
import subprocess

import pytest
from project import ROOT, SOURCES, files, name, text

CODE = SOURCES + (".py", ".sh", ".mlir", ".test", ".cmake")
MOST_LINES = 600
CLANG_FORMAT = "/usr/lib/llvm-22/bin/clang-format"


def test_files_are_short():
    """A longer file says why, in a line that starts with "Long because"."""
    for path in files(suffixes=CODE + (".md",)):
        content = path.read_text("utf-8")
        if content.count("\n") > MOST_LINES:
            assert "Long because" in content, f"{name(path)} has over {MOST_LINES} lines"


def test_no_leftovers():
    """Nothing is put off in a comment."""
    mark = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    for path in files(suffixes=CODE + (".md", ".txt")):
        found = mark.search(path.read_text("utf-8"))
        assert not found, f"{name(path)}: {found.group(0)}"


def test_rooms_have_names():
    """No folder or file is named after nothing in particular."""
    for path in files():
        for part in path.relative_to(ROOT).parts:
            stem = part.split(".")[0].lower()
            assert stem not in ("util", "utils", "misc", "helpers", "common"), name(path)


@pytest.mark.parametrize("folder", ["include", "lib", "tools", "python"])
def test_files_open_with_their_purpose(folder):
    """The banner that LLVM's files have, then a sentence."""
    for path in files(folder, (".h", ".cpp", ".c", ".td")):
        opening = path.read_text("utf-8").splitlines()[:4]
        assert re.match(r"//===-+ .* -+(\*- .* -\*-)?===//|/\*===-+", opening[0]), name(path)
        assert opening[0].split()[1] == path.name, f"{name(path)} is named otherwise in its banner"
        assert opening[1] == "//" and re.match(r"// \S", opening[2]), name(path)


def test_headers_have_guards():
    """ATTN_LIB_FILE_H, once opened and closed."""
    for path in files("include", (".h",)):
        guard = re.sub(r"\W", "_", str(path.relative_to(ROOT / "include"))).upper()
        content = path.read_text("utf-8")
        assert f"#ifndef {guard}\n#define {guard}\n" in content, f"{name(path)}: no {guard}"


def test_clang_format():
    """clang-format has nothing to change."""
    paths = [
        path
        for folder in ("include", "lib", "tools", "python")
        for path in files(folder, (".h", ".cpp", ".c"))
    ]
    result = subprocess.run(
        [CLANG_FORMAT, "--dry-run", "-Werror", *paths], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[:4000]


def lit_cases():
    """(positive, negative) cases in lit's files: functions, pieces that expect errors, `not`s."""
    positive = negative = 0
    for path in files("test", (".mlir", ".test", ".c")):
        content = path.read_text("utf-8")
        runs = re.findall(r"RUN: (.*)", content)
        if not runs:
            continue
        for piece in content.split("// -----"):
            if "expected-error" in piece:
                negative += 1
            else:
                positive += len(re.findall(r"^\s*func\.func @", piece, re.M))
        negative += sum(1 for run in runs if re.search(r"(^|\| *)not ", run))
        positive += sum(1 for run in runs if "not " not in run) if path.suffix != ".mlir" else 0
    return positive, negative


def test_a_quarter_of_the_cases_is_negative():
    positive, negative = lit_cases()
    assert 3 * negative >= positive, f"{negative} negative cases against {positive} positive ones"
