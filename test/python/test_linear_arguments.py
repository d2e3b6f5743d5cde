"""Arguments of `attn.linear`: what does not fit is refused, by name and value; the text is IR."""

import dataclasses
import inspect
import sys

import numpy as np
import pytest

import attn
from attn import feature_maps
from attn.compile import Kernel
from attn.linear_checks import LinearClauses
from numerics import BF16, F16, F32, F64

B, H, HK, N, D, E = 2, 4, 2, 7, 6, 5
Q, K, V = (np.ones(shape, F32) for shape in ((B, H, N, D), (B, HK, N, D), (B, HK, N, E)))
BETA = np.full((B, HK, N), 0.5, F32)


def refused(error, message, q=Q, k=K, v=V, **clauses):
    """Both the kernel's door and the reference's say so."""
    for linear in (attn.linear, attn.reference.linear):
        with pytest.raises(error, match=message):
            linear(q, k, v, **clauses)


def test_clauses_are_those_of_the_signature():
    """Names and defaults are what `help(attn.linear)` shows."""
    shown = inspect.signature(attn.linear).parameters
    for clause in dataclasses.fields(LinearClauses):
        assert shown[clause.name].default == clause.default, clause.name
        assert shown[clause.name].kind == inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("linear", [attn.linear, attn.reference.linear])
def test_other_names(linear):
    with pytest.raises(TypeError, match="unexpected keyword argument 'gate'"):
        linear(Q, K, V, gate=BETA)


@pytest.mark.parametrize(
    "name, argument",
    (
        ("decay", np.zeros(H, F32)),
        ("beta", BETA),
        ("state", np.zeros((B, HK, D, E), F32)),
        ("state_out", np.zeros((B, HK, D, E), F32)),
        ("docs", [0, N]),
        ("delta", True),
        ("return_state", True),
    ),
)
def test_what_needs_order(name, argument):
    refused(attn.ArgumentError, f"{name} is given without causal=True", **{name: argument})


@pytest.mark.parametrize(
    "changes, message",
    (
        ({"q": Q[..., :5]}, "query has width 5, key has 6: expected the same"),
        ({"q": Q[:, :3]}, "query has 3 heads, key has 2"),
        ({"q": Q[0]}, r"query has shape \(4, 7, 6\), key has shape|expected the same number of"),
        ({"q": Q[:1]}, "query has batch 1, key has 2: expected the same"),
        ({"v": V[:, :, :3]}, "key has length 7, value has 3: expected the same"),
        ({"k": K.astype(F16)}, "query has element type f32, key has f16: expected the same"),
        ({"v": V.astype(F64)}, "query has element type f32, value has f64: expected the same"),
        ({"q": Q.astype(int)}, "query has element type i64, expected one of f32, f64, f16, bf16"),
        ({"q": Q[:, :, :3], "causal": True}, "query has length 3, key has 7: expected the same"),
    ),
)
def test_inputs(changes, message):
    refused(attn.ShapeError, message, **changes)


@pytest.mark.parametrize(
    "decay, message",
    (
        (np.zeros(3, F32), r"decay has shape \(3,\), expected one number for each of 2 or 4 heads"),
        (np.zeros((B, 3, N), F32), r"decay has shape \(2, 3, 7\), expected \(2, 2, 7\) or"),
        (np.zeros((B, H, N, E), F32), r"decay has shape \(2, 4, 7, 5\), expected .*\(2, 4, 7, 6\)"),
        (np.zeros((B, H, 1, D), F32), r"decay has shape \(2, 4, 1, 6\), expected"),
        (np.zeros((H, N), F32), r"decay has shape \(4, 7\), expected \(2, 2, 7\)"),
        (np.zeros((B, H, N)), "decay has element type f64, expected f32"),
        (np.zeros((B, H, N), BF16), "decay has element type bf16, expected f32"),
        (np.zeros(H, int), "decay has element type i64, expected one of f32"),
    ),
)
def test_shapes_of_decay(decay, message):
    refused(attn.ShapeError, message, decay=decay, causal=True)


@pytest.mark.parametrize(
    "element, message",
    (
        (0.25, "decay has element 0.25, expected natural logarithms of factors, at most 0"),
        (np.nan, "decay has element nan, expected natural logarithms"),
        (np.inf, "decay has element inf, expected natural logarithms"),
    ),
)
@pytest.mark.parametrize("shape", ((H,), (B, HK, N), (B, H, N, D)))
def test_elements_of_decay(shape, element, message):
    decay = np.zeros(shape, F32)
    decay[(-1,) * len(shape)] = element
    refused(attn.ArgumentError, message, decay=decay, causal=True)


@pytest.mark.parametrize(
    "name, argument, message",
    (
        ("beta", BETA[:, :1], r"beta has shape \(2, 1, 7\), expected \(2, 2, 7\) or \(2, 4, 7\)"),
        ("beta", BETA[..., None], r"beta has shape \(2, 2, 7, 1\), expected"),
        ("beta", BETA.astype(F16), "beta has element type f16, expected f32"),
        ("state", np.zeros((B, H, D, E)), "state has element type f64, expected f32"),
        ("state", np.zeros((B, H, D, E + 1), F32), r"state has shape \(2, 4, 6, 6\), expected .*5\)"),
        ("state", np.zeros((H, D, E), F32), r"state has shape \(4, 6, 5\), expected \(2, 2, 6, 5\)"),
        ("state_out", np.zeros((B, H, D, E), F32), r"state_out has shape .* \(2, 2, 6, 5\)"),
        ("state_out", np.zeros((B, HK, D, E)), "state_out has element type f64, expected f32"),
        ("docs", [0], "docs has 1 boundaries, expected 2 or more"),
        ("docs", [0, 6], r"docs has boundaries 0..6, expected 0..7 for 7 tokens"),
        ("docs", [1, 7], r"docs has boundaries 1..7, expected 0..7"),
        ("docs", [0, 8], r"docs has boundaries 0..8, expected 0..7"),
        ("docs", [0, 5, 3, 7], r"docs\[1\] is 5 and docs\[2\] is 3, expected ascending"),
        ("docs", np.array([0.0, 7.0]), "docs has element type f64, expected i32 or i64"),
        ("docs", np.array([[0, 7]]), "docs has shape"),
    ),
)  # fmt: skip
def test_other_arrays(name, argument, message):
    refused(attn.ShapeError, message, causal=True, **{name: argument})


def test_states_have_a_column_of_sums():
    """With normalize, and as many rows as there are features."""
    clauses = {"causal": True, "normalize": True, "feature_map": "hedgehog"}
    message = r"state has shape \(2, 2, 6, 5\), expected \(2, 2, 12, 6\) or \(2, 4, 12, 6\)"
    refused(attn.ShapeError, message, state=np.zeros((B, HK, D, E), F32), **clauses)


def test_positions_of_cos():
    """All rows of queries and of keys stand before its length."""
    cos = {"feature_map": feature_maps.cos(7), "normalize": True}
    q = np.ones((B, H, 8, D), F32)
    refused(attn.ShapeError, "cos has length 7, rows are at positions 0..7", q, **cos)


@pytest.mark.parametrize(
    "clauses, message",
    (
        ({"causal": 1}, "causal is 1, expected True or False"),
        ({"normalize": "yes"}, "normalize is 'yes', expected True or False"),
        ({"causal": True, "delta": True}, "delta is given without beta"),
        ({"causal": True, "delta": True, "beta": BETA, "normalize": True, "feature_map": "exp"},
         "delta and normalize are given"),
        ({"normalize": True}, "may be 0 or negative for feature_map identity: expected relu"),
        ({"normalize": True, "feature_map": lambda x: x * x}, "negative for feature_map pointwise"),
        ({"feature_map": feature_maps.favor(8)}, "feature_map favor without normalize"),
        ({"eps": 1e-6}, "eps is 1e-06 without normalize, expected both or neither"),
        ({"normalize": True, "eps": -1.0}, "eps is -1.0, expected a finite number of at least 0"),
        ({"normalize": True, "eps": "x"}, "eps is 'x', expected a finite number"),
        ({"scale": np.nan}, "scale is nan, expected a finite number"),
        ({"scale": None}, "scale is None, expected a finite number"),
        ({"feature_map": "favor"}, "feature_map is 'favor', expected 'relu'"),
        ({"threads": -1}, "threads is -1, expected a whole number"),
    ),
)  # fmt: skip
def test_clauses(clauses, message):
    refused(attn.ArgumentError, message, **clauses)


def test_read_only_states():
    """A state that is to be written must be writable."""
    state = np.zeros((B, HK, D, E), F32)
    state.flags.writeable = False
    with pytest.raises(attn.ArgumentError, match="state_out is read-only"):
        attn.linear(Q, K, V, causal=True, state_out=state)


@pytest.fixture
def texts(monkeypatch):
    """The texts that calls compile, which then go no further."""

    class Written(Exception):
        """A text was written."""

    seen = []

    def kernel_of(text):
        seen.append(text)
        raise Written

    def text_of(call):
        with pytest.raises(Written):
            call()
        return seen[-1]

    monkeypatch.setattr(sys.modules["attn.linear"], "kernel_of", kernel_of)
    return text_of


def test_text(texts):
    """Lengths and batch are run-time extents; clauses say what the arguments say."""
    state = np.zeros((B, H, D, E), F32)
    text = texts(
        lambda: attn.linear(
            *(x.astype(BF16) for x in (Q, K, V)), decay=np.zeros((B, HK, N, D), F32), beta=BETA,
            state=state, docs=[0, 3, N], delta=True, causal=True, scale=0.125, return_state=True,
        )
    )  # fmt: skip
    assert text == (
        "func.func @linear(%q: tensor<?x4x?x6xbf16>, %k: tensor<?x2x?x6xbf16>, "
        "%v: tensor<?x2x?x5xbf16>, %decay: tensor<?x2x?x6xf32>, %beta: tensor<?x2x?xf32>, "
        "%state: tensor<?x4x6x5xf32>, %docs: tensor<?xi32>) "
        "-> (tensor<?x4x?x5xbf16>, tensor<?x4x6x5xf32>) {\n"
        "  %o, %last = attn.linear %q, %k, %v decay(%decay : tensor<?x2x?x6xf32>) "
        "beta(%beta : tensor<?x2x?xf32>) state(%state : tensor<?x4x6x5xf32>) "
        "docs(%docs : tensor<?xi32>) causal delta scale(0.125) "
        ": (tensor<?x4x?x6xbf16>, tensor<?x2x?x6xbf16>, tensor<?x2x?x5xbf16>) "
        "-> (tensor<?x4x?x5xbf16>, tensor<?x4x6x5xf32>)\n"
        "  return %o, %last : tensor<?x4x?x5xbf16>, tensor<?x4x6x5xf32>\n}\n"
    )


def test_texts_of_feature_maps(texts):
    """One op for queries and one for keys; arrays and extents are operands."""
    text = texts(
        lambda: attn.linear(Q, K, V, feature_map=feature_maps.favor(16), normalize=True, eps=1e-6)
    )
    for role, name, heads in (("query", "q", 4), ("key", "k", 2)):
        assert (
            f"%{name}_features = attn.feature_map favor %{name} "
            f"features(%omega : tensor<16x6xf32>) role({role}) "
            f": tensor<?x{heads}x?x6xf32> -> tensor<?x{heads}x?x16xf32>\n"
        ) in text
    assert "attn.linear %q_features, %k_features, %v normalize eps(1.0e-06) : (tensor<?x4x" in text
    text = texts(lambda: attn.feature_map(Q, feature_maps.cos(9, [0, 1])))
    assert "attn.feature_map cos %x length(%length_extent) offset(%offset : tensor<?xi32>)" in text
    text = texts(lambda: attn.feature_map(Q, lambda x: attn.math.exp(x) * 2))
    assert "attn.feature_map pointwise %x : tensor<?x4x?x6xf32> -> tensor<?x4x?x6xf32> {\n" in text
    assert "  ^bb0(%s: f32):\n    %x0 = math.exp %s : f32\n" in text


def test_one_text_for_all_lengths(texts):
    """Lengths, documents, seeds and the length of cos are no part of it."""

    def text(n, feature_map, docs):
        inputs = (x[:, :, :n] for x in (Q, K, V))
        clauses = {"feature_map": feature_map, "normalize": True, "causal": True, "docs": docs}
        return texts(lambda: attn.linear(*inputs, **clauses))

    assert text(3, feature_maps.cos(8), [0, 3]) == text(7, feature_maps.cos(9), [0, 1, 7])
    assert text(3, feature_maps.favor(4, 1), [0, 3]) == text(7, feature_maps.favor(4, 2), [0, 7])


def test_texts_are_ir(texts):
    """Every clause and every map parses and verifies."""
    maps = ["relu", "elu1", "exp", "softmax", "hedgehog", "taylor2", None, lambda x: x * x]
    for feature_map in (*maps, feature_maps.favor(8), feature_maps.cos(7), feature_maps.cos(9, 2)):
        for causal in (False, True):
            text = texts(
                lambda: attn.linear(
                    Q, K, V, feature_map=feature_map, normalize=True, eps=0.0, causal=causal
                )
            )
            assert "attn.linear" in Kernel(text).mlir("source")
