"""The IR text that calls write: literals, types, and one kernel for all lengths."""

import numpy as np
import pytest

import attn
from attn import masks as m
from attn.compile import _kernels
from attn.text import Function, float_literal, tensor_type
from numerics import BF16, F32, random_qkv


@pytest.mark.parametrize(
    "value, text",
    [(0.125, "0.125"), (50, "50.0"), (1e-5, "1.0e-05"), (1.5e300, "1.5e+300"), (1e22, "1.0e+22")],
)
def test_float_literal(value, text):
    assert float_literal(value) == text
    assert float(text) == value


def test_tensor_type():
    assert tensor_type("f32") == "tensor<f32>"
    assert tensor_type("bf16", None, 8, None, 64) == "tensor<?x8x?x64xbf16>"


def test_function():
    function = Function("f")
    assert function.argument("x", "tensor<f32>") == "%x"
    function.line("%y = op %x")
    assert function.render(("%y", "tensor<f32>"), ("%x", "tensor<f32>")) == (
        "func.func @f(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {\n"
        "  %y = op %x\n"
        "  return %y, %x : tensor<f32>, tensor<f32>\n"
        "}\n"
    )


def text_of(call):
    """The text that `call` compiles, which nothing has compiled before."""
    before = set(_kernels)
    call()
    (text,) = set(_kernels) - before
    return text


def test_clauses():
    q, k, v = random_qkv(0, BF16, B=2, H=6, Hk=3, M=4, N=5, D=40, E=24)
    text = text_of(
        lambda: attn.sdpa(
            q,
            k,
            v,
            mask=m.causal() & m.lens([5, 3]),
            align="bottom_right",
            scale=0.5,
            softcap=30,
            bias=np.zeros((1, 6, 1, 5), F32),
            sinks=np.zeros(6, F32),
            return_lse=True,
        )
    )
    types = ["tensor<?x6x?x40xbf16>", "tensor<?x3x?x40xbf16>", "tensor<?x3x?x24xbf16>"]
    assert f"(%q: {types[0]}, %k: {types[1]}, %v: {types[2]}, %mask0: tensor<?xi32>, " in text
    assert "%bias: tensor<1x6x1x?xf32>, %sinks: tensor<6xf32>)" in text
    assert "-> (tensor<?x6x?x24xbf16>, tensor<?x6x?xf32>)" in text
    assert (
        "%o, %lse = attn.sdpa %q, %k, %v mask(all(causal, lens(%mask0 : tensor<?xi32>))) "
        "align(bottom_right) scale(0.5) softcap(30.0) bias(%bias : tensor<1x6x1x?xf32>) "
        f"sink(%sinks : tensor<6xf32>) : ({', '.join(types)})"
    ) in text


def test_alignment_is_written_where_it_matters():
    q, k, v = (x[0] for x in random_qkv(0, M=3, N=3, D=24))
    assert "align(top_left)" in text_of(lambda: attn.sdpa(q, k, v, mask=m.near(3)))
    assert "align" not in text_of(lambda: attn.sdpa(q, k, v, mask=m.cols(2), align="top_left"))


def test_bias_of_one_row_is_that_of_any_rows():
    """Decoding one query reuses the kernel of many: 1 means broadcast only beside more."""
    q, k, v = random_qkv(0, H=3, M=4, N=5, D=24)
    attn.sdpa(q, k, v, bias=np.zeros((1, 3, 4, 5), F32))
    before = len(_kernels)
    attn.sdpa(q[:, :, :1], k, v, bias=np.zeros((1, 3, 1, 5), F32))
    assert len(_kernels) == before
    attn.sdpa(q, k, v, bias=np.zeros((1, 3, 1, 5), F32))
    assert len(_kernels) == before + 1


def test_layer_text():
    x, context = np.zeros((2, 3, 12), F32), np.zeros((2, 5, 10), F32)
    text = text_of(
        lambda: attn.layer(
            x,
            np.zeros((12, 8), F32),
            np.zeros((10, 4), F32),
            np.zeros((10, 6), F32),
            np.zeros((12, 7), F32),
            heads=4,
            kv_heads=2,
            context=context,
            mask=m.causal(),
            align="top_left",
        )
    )
    assert (
        "%y = attn.layer %x, %wq, %wk, %wv context(%context : tensor<?x?x10xf32>) "
        "output(%wo : tensor<12x7xf32>) heads(4) kv_heads(2) {"
    ) in text
    core = "^bb0(%q: tensor<?x4x?x2xf32>, %k: tensor<?x2x?x2xf32>, %v: tensor<?x2x?x3xf32>):"
    assert core in text
    assert "-> tensor<?x?x7xf32>" in text
