"""Few queries: heads that share keys are folded together in one vector of queries."""

import numpy as np
import pytest

from attn import masks as m
from numerics import F32, check_sdpa, random_qkv

# Lengths on both sides of where 4 and 8 heads stop fitting vectors of 4 to 16 lanes.
ROWS = (1, 2, 3, 4, 5, 16, 17)
HEADS = ((8, 2), (8, 1), (4, 4))


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("heads", HEADS, ids=str)
def test_every_clause_of_few_queries(rows, heads):
    """Each clause that tells heads or rows apart, where lanes are of several heads."""
    H, Hk = heads
    rng = np.random.default_rng(rows)
    sinks = rng.standard_normal(H).astype(F32)
    for N in (1, 7, 133, 300):
        q, k, v = random_qkv(N, B=2, H=H, Hk=Hk, M=rows, N=N, D=32)
        check_sdpa(q, k, v)
        check_sdpa(q, k, v, sinks=sinks)
        check_sdpa(q, k, v, mask=m.causal(), align="bottom_right")
        check_sdpa(q, k, v, mask=m.lens([N // 2, N]) | m.cols(2))
        check_sdpa(q, k, v, mask=m.rows(1) & m.cols(40))
        check_sdpa(q, k, v, mask=m.docs([0, N // 3, N]))
        check_sdpa(q, k, v, bias=rng.standard_normal((1, H, rows, N)).astype(F32))
        check_sdpa(q, k, v, softcap=5.0)
