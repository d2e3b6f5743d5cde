"""An op, a mask, a pass: one definition, one source file, one test file, one name."""

import re

import pytest
from project import ROOT, definitions, files, text

OPS = definitions(r'def Attn_\w+\s*:\s*Attn_(?:Fold)?Op<\s*"(\w+)"')
MASKS = definitions(
    r'def Attn_\w+Mask\s*:\s*Attn_\w*Mask<\s*"(\w+)Mask",\s*"(\w+)"')
PASSES = definitions(r'def \w+\s*:\s*Pass<\s*"([\w-]+)"')


def plain(stem):
    """A name without what spelling styles add."""
    return re.sub(r"[-_]", "", stem).lower()


def stems(folder):
    return {plain(path.stem): path for path in files(folder)}


def test_definitions_are_found():
    assert len(OPS) >= 10 and len(MASKS) >= 14 and len(PASSES) >= 12


@pytest.mark.parametrize("op", [op for _, op in OPS])
def test_op_has_round_trip(op):
    path = f"test/IR/{op}.mlir"
    assert (ROOT / path).exists(), f"attn.{op} has no {path}"
    assert re.search(r"RUN: attn-opt.*\|\s*attn-opt", text(path)), f"{path} makes no round trip"


@pytest.mark.parametrize("mask", MASKS, ids=lambda mask: mask[2])
def test_mask_has_file_and_test(mask):
    _, class_name, mnemonic = mask
    assert (ROOT / f"lib/IR/Masks/{class_name}.cpp").exists()
    assert (ROOT / f"test/IR/Masks/{mnemonic}.mlir").exists()


@pytest.mark.parametrize("definition", PASSES, ids=lambda definition: definition[1])
def test_pass_has_file_and_test(definition):
    """attn-tile-keys of Transforms: AttnTileKeys.cpp there, test/Transforms/tile-keys.mlir."""
    path, flag = definition
    library = path.parent.name
    assert plain(flag) in stems(f"lib/{library}"), f"{flag} has no file in lib/{library}"
    short = flag.removeprefix("attn-").removeprefix(library.lower() + "-")
    assert (ROOT / f"test/{library}/{short}.mlir").exists(), f"{flag} has no test"


def test_examples_have_tests():
    tests = {path.stem for path in files("test/Examples")}
    for example in files("docs/examples", (".mlir",)):
        assert example.stem in tests, f"no test/Examples/{example.stem}.test"


def test_models_come_in_three_languages():
    """Each model of docs/examples/models is Python, IR and C, and its test runs all three."""
    models = {path.stem for path in files("docs/examples/models", (".py", ".mlir", ".c"))}
    assert len(models) >= 14
    for model in models:
        test = text(f"test/Examples/models/{model}.test")
        for suffix in ("py", "mlir", "c"):
            path = f"docs/examples/models/{model}.{suffix}"
            assert (ROOT / path).exists(), f"{model} has no {path}"
            assert re.search(rf"RUN:.*%examples/models/{model}\.{suffix} ", test), f"no test of {path}"
