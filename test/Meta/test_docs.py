"""What the documents name exists: files, flags of passes, links."""

import re

import pytest
from project import ROOT, definitions, files, name, text

# The guides to additions name files that are not there yet.
DOCUMENTS = [path for path in files(suffixes=(".md",)) if "HowTo" not in path.parts]


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_named_files_exist(path):
    """Paths in backquotes that start in a folder of the project."""
    folders = "|".join(entry.name for entry in ROOT.iterdir() if entry.is_dir())
    found = re.findall(rf"`((?:{folders})/[\w./-]+)`", path.read_text("utf-8"))
    for file in found:
        built = file.startswith("build")
        example = re.search(r"/x(-invalid)?\.\w+$", file)
        assert built or example or (ROOT / file).exists(), f"{name(path)} names {file}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), f"{name(path)} links to {target}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_named_passes_exist(path):
    flags = {flag for _, flag in definitions(r'Pass<\s*"([\w-]+)"')}
    tools = {"attn-opt", "attn-run", "attn-compile", "attn-lsp-server", "attn-reduce"}
    tools |= {"attn-bench", "attn-peak"}
    others = {"attn-c", "attn-rt", "attn-x", "attn-do-this"}
    pipelines = {
        flag
        for file in files("lib/Pipelines") + files("include/attn/Pipelines")
        for flag in re.findall(r'"(attn-[\w-]+)"', file.read_text("utf-8"))
    }
    named = set(re.findall(r"(?<![\w/-])(attn-[a-z][\w-]*)", path.read_text("utf-8")))
    unknown = named - flags - tools - others - pipelines
    assert not unknown, f"{name(path)} names {sorted(unknown)}"


def test_every_guide_is_linked():
    """A reader of README.md finds every document."""
    readme = text("README.md")
    for path in DOCUMENTS + files("docs/HowTo", (".md",)):
        if path.name != "README.md":
            assert name(path) in readme, f"README.md does not mention {name(path)}"
