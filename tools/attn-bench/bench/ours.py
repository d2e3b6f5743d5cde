"""The rows on compiled kernels of this project."""

from __future__ import annotations

import attn
from attn import masks, recipes

from . import inputs
from .cases import FRAMES_SEEN, LANDMARKS, LINEAR, STEPS, WINDOW

ALIBI = """
func.func @alibi(%q: {t}, %k: {t}, %v: {t}, %slopes: tensor<{H}xf32>) -> {t} {{
  %o = attn.sdpa %q, %k, %v mask(causal) align(top_left)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {{
      %d = arith.subi %i, %j : index
      %n = arith.index_cast %d : index to i32
      %f = arith.sitofp %n : i32 to f32
      %slope = tensor.extract %slopes[%h] : tensor<{H}xf32>
      %penalty = arith.mulf %slope, %f : f32
      %y = arith.subf %s, %penalty : f32
      attn.yield %y : f32
    }}
    : ({t}, {t}, {t}) -> {t}
  return %o : {t}
}}
"""

ROPE = """
func.func @rope(%q: {t}, %k: {t}, %v: {t}, %cos: {angles}, %sin: {angles}) -> {t} {{
  %a = attn.rope %q, %cos, %sin layout(half) : {t}, {angles}, {angles}
  %b = attn.rope %k, %cos, %sin layout(half) : {t}, {angles}, {angles}
  %o = attn.sdpa %a, %b, %v mask(causal) align(top_left) : ({t}, {t}, {t}) -> {t}
  return %o : {t}
}}
"""


def prepare_linear(case):
    """A row of linear attention."""
    q, k, v = inputs.make_inputs(case)
    clauses = {"threads": case.threads, "causal": case.family != "linear_all"}
    if case.family in ("linear", "linear_all"):
        clauses.update(feature_map="elu1", normalize=True)
    elif case.family == "retention":
        clauses["decay"] = inputs.head_decay(case)
    else:
        clauses["decay"] = inputs.token_decay(case)
    if case.family == "gated_delta":
        clauses.update(beta=inputs.betas(case), delta=True)
    elif case.family == "linear_step":
        # The new state goes where it stays: no step makes an array.
        before = inputs.state(case)
        clauses.update(state=before, state_out=inputs.state(case), return_state=True)
        return lambda: attn.linear(q, k, v, **clauses)[0]
    return lambda: attn.linear(q, k, v, **clauses)


def prepare_low_rank(case):
    """The same for low-rank attention; None for what is none."""
    threads = case.threads
    if case.family == "mla":
        q_nope, q_rope, cache, w_uk, w_uv = inputs.make_latent(case)
        return lambda: attn.latent(q_nope, q_rope, cache, None, w_uk, w_uv, threads=threads)
    if case.family == "linformer":
        q, k, v = inputs.make_inputs(case)
        e, f = inputs.make_projections(case)
        return lambda: attn.linformer(q, k, v, e, f, threads=threads)
    if case.family == "nystrom":
        q, k, v = inputs.make_inputs(case)
        return lambda: attn.nystrom(q, k, v, LANDMARKS, iters=STEPS, threads=threads)
    return None


def prepare_attn(case):
    """A function of no arguments that computes the row."""
    if case.family in LINEAR:
        return prepare_linear(case)
    run = prepare_low_rank(case)
    if run:
        return run
    q, k, v = inputs.make_inputs(case)
    threads = case.threads
    tensor = f"tensor<1x{case.H}x?x{case.D}x{case.dtype}>"
    if case.family == "rope":
        kernel = attn.compile(ROPE.format(t=tensor, angles=f"tensor<?x{case.D // 2}xf32>"))
        cos, sin = inputs.angles(case)
        return lambda: kernel(q, k, v, cos, sin, threads=threads)
    if case.family == "alibi":
        kernel = attn.compile(ALIBI.format(t=tensor, H=case.H))
        slopes = inputs.slopes(case)
        return lambda: kernel(q, k, v, slopes, threads=threads)
    clauses = {}
    if case.family == "causal":
        clauses["mask"] = masks.causal()
    elif case.family == "window":
        clauses["mask"] = masks.window(WINDOW - 1, 0)
    elif case.family == "docs":
        clauses["mask"] = masks.docs(case.documents)
    elif case.family == "blocks":
        clauses["mask"] = masks.blocks(inputs.block_lists(case), block=(case.block, case.block))
    elif case.family == "longformer":
        clauses["mask"] = recipes.longformer(WINDOW, inputs.global_flags(case))
    elif case.family == "image":
        clauses["mask"] = recipes.image(case.extents, case.near)
    elif case.family == "video":
        clauses["mask"] = recipes.video(case.extents, FRAMES_SEEN, case.near)
    elif case.family == "bias":
        clauses["bias"] = inputs.make_bias(case)
    elif case.family == "softcap":
        clauses["softcap"] = 50.0
    return lambda: attn.sdpa(q, k, v, threads=threads, **clauses)


SIDES = {"attn": prepare_attn}


def compile_ms():
    """What this process has spent on compiling."""
    return attn.stats()["compile_ms"]
