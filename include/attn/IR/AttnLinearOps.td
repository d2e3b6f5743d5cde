//===- AttnLinearOps.td - linear attention ---------------------*- tablegen -*-===//
//
// Declares linear attention, the feature maps in front of it, and the ops of its
// fold on tiles.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNLINEAROPS_TD
#define ATTN_IR_ATTNLINEAROPS_TD

include "attn/IR/AttnFoldOps.td"
include "attn/IR/AttnMechanismOps.td"

def Attn_FeatureMapOp : Attn_Op<"feature_map", [
    Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "features of queries or keys";
  let description = [{
    Maps each row x of width D to D' features, so that products of features stand
    for a kernel of query and key:

    | kind | features | D' |
    |---|---|---|
    | `relu` | max(x, 0) | D |
    | `elu1` | x + 1 for x > 0, else exp(x) (arXiv:2006.16236) | D |
    | `exp` | exp(x) | D |
    | `softmax` | softmax over the row | D |
    | `hedgehog` | softmax(x), softmax(-x) (arXiv:2402.04347) | 2 D |
    | `cos` | max(x, 0) cos(a), max(x, 0) sin(a), a = pi p / (2 length), at position p (arXiv:2202.08791) | 2 D |
    | `taylor2` | with y = x / D^(1/4): 1, y, y_a y_b (a < b), y_a^2 / sqrt(2), packed: 1 + s + s^2 / 2 of s = q k / sqrt(D) (arXiv:2402.18668) | 1 + D + D (D + 1) / 2 |
    | `favor` | with y = x / D^(1/4): exp(omega y - y y / 2 - c) / sqrt(D') (arXiv:2009.14794) | rows of omega |
    | `pointwise` | a program on each element | D |

    The features of `taylor2` are in the order 1, y, and then for each a the products
    y_a y_b with b = a, …, D - 1, the first over sqrt(2). For `favor`, c is the largest exponent of the row
    for `role(query)`, and a quarter of the largest squared norm of the rows of omega for
    `role(key)`: the first is a factor of a row, the second a factor of all keys, whatever they are,
    and `normalize` of `attn.linear` cancels both.

    **Clauses**: `features(%omega : tensor<mxDxf32>)` and `role(query | key)` for `favor`;
    `length(%l)`, an index above all positions, and optionally `offset(%o : tensor<Bxi32>)` for
    `cos`: row i of batch b stands at i + o[b].

    **Shapes.** input `[B, H, M, D]` or `[H, M, D]`, D static; result the same with D'.
    **Types.** computed in f32 (f64 for f64), rounded to the type of the result; not
    rounded where `attn.linear` reads it, which forms features of a chunk at a time.

    ```mlir
    %f = attn.feature_map elu1 %x : tensor<?x8x?x64xf32>
    %g = attn.feature_map favor %x features(%w : tensor<256x64xf32>) role(key)
      : tensor<?x8x?x64xf32> -> tensor<?x8x?x256xf32>
    %h = attn.feature_map pointwise %x : tensor<?x8x?x64xf32> {
    ^bb0(%e: f32):
      %y = arith.mulf %e, %e : f32
      attn.yield %y : f32
    }
    ```
  }];
  let arguments = (ins Attn_FloatTensor:$input, Attn_FeatureMapAttr:$kind,
                       Optional<Attn_FloatTensor>:$omega, Optional<Index>:$length,
                       Optional<Attn_I32Tensor>:$offset,
                       OptionalAttr<Attn_FeatureRoleAttr>:$role);
  let results = (outs Attn_FloatTensor:$result);
  let regions = (region MaxSizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// True if no product of two features' rows is negative.
    bool isNonNegative();
    /// D' of a map of rows of width `width`; `omegas` are the rows of omega.
    static int64_t getNumFeatures(FeatureMap kind, int64_t width, int64_t omegas);
  }];
}

def Attn_LinearOp : Attn_Op<"linear", [
    Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "linear attention: one recurrence";
  let description = [{
    For batch b and head h, with κ = h / (H / Hk), over tokens t, with the state S of
    `D x E` elements and a_t = exp(decay_t):

    ```
    S_t = diag(a_t) S_(t-1) + k_t^T u_t
    u_t = v_t, with beta: beta_t v_t, with delta: beta_t (v_t - k_t diag(a_t) S_(t-1))
    out_t = scale * q_t S_t
    ```

    Without `causal` every query reads the state after the last token. With `normalize` the state has a further
    column, in which u is 1, and out is divided by what it gives: `num / (den + eps)`, 0 where that is a division
    by 0.

    **Shapes.** query `[B, H, M, D]`, key `[B, Hk, N, D]`, value `[B, Hk, N, E]`, out `[B, H, M, E]`; all without B for
    rank 3. With `causal` M = N. D and E are static. State `[B, Hs, D, E]`, with `normalize` `[B, Hs, D, E + 1]`, where Hs is H
    if decay, beta or state have H heads, else Hk.

    **Types.** query, key, value f32, f64, f16, bf16, each its own; out that of query. Decay, beta, state,
    and all sums are f32, f64 where query is f64.

    **Clauses**, all optional, in any order:
    - `causal`: tokens see those up to themselves. Without it neither decay, beta, delta, state nor docs;
    - `decay(%g : type)`: natural logarithms of factors, at most 0: `[H']` a constant per head, `[B, H', N]` one per token,
      `[B, H', N, D]` one per channel of the key; H' is H or Hk;
    - `beta(%b : type)`: `[B, H', N]`;
    - `delta`: the delta rule; needs beta. Stable for keys of norm 1 and 0 <= beta <= 2;
    - `state(%s : type)`: S before the first token, 0 if absent;
    - `docs(%cu : tensor<?xi32>)`: documents begin at cu[i] and end at cu[i + 1]; each begins with the state
      before the first token. The state that results is that after the last document, the first one if
      that has no tokens;
    - `normalize`; not with delta. Features must not be negative, unless `eps` is given;
    - `scale(x)`: 1 if absent;
    - `eps(x)`: 0 if absent, only with normalize;
    - `schedule(#attn.schedule<…>)`, `few(#attn.schedule<…>)`: how tokens are cut, and how while they number at
      most the query block of `few`; chosen by `attn-select-schedule` where absent.

    All exponents that are formed are at most 0, so nothing overflows at any length.

    **Tolerance** against f64: f32 2e-5 * max|out| for up to 1k tokens; f16 and bf16 twice the
    error of a same-type implementation.

    Papers: arXiv:2006.16236 (linear transformer), arXiv:2307.08621 (RetNet), arXiv:2405.21060 (SSD),
    arXiv:2312.06635 (GLA), arXiv:2406.06484 (DeltaNet), arXiv:2412.06464 (gated DeltaNet), arXiv:2510.26692 (KDA).

    ```mlir
    %o, %s1 = attn.linear %q, %k, %v decay(%g : tensor<?x8x?xf32>) beta(%b : tensor<?x8x?xf32>)
      state(%s0 : tensor<?x8x64x64xf32>) causal delta
      : (tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>)
      -> (tensor<?x8x?x64xf32>, tensor<?x8x64x64xf32>)
    ```
  }];
  let arguments = (ins Attn_FloatTensor:$query, Attn_FloatTensor:$key, Attn_FloatTensor:$value,
                       Optional<Attn_FloatTensor>:$decay, Optional<Attn_FloatTensor>:$beta,
                       Optional<Attn_FloatTensor>:$state, Optional<Attn_I32Tensor>:$docs,
                       UnitAttr:$causal, UnitAttr:$delta, UnitAttr:$normalize,
                       OptionalAttr<F64Attr>:$scale, OptionalAttr<F64Attr>:$eps,
                       OptionalAttr<Attn_ScheduleAttr>:$schedule,
                       OptionalAttr<Attn_ScheduleAttr>:$few);
  let results = (outs Attn_FloatTensor:$out, Optional<Attn_FloatTensor>:$new_state);
  let assemblyFormat = [{
    $query `,` $key `,` $value
    oilist(`decay` `(` $decay `:` type($decay) `)`
         | `beta` `(` $beta `:` type($beta) `)`
         | `state` `(` $state `:` type($state) `)`
         | `docs` `(` $docs `:` type($docs) `)`
         | `causal` $causal | `delta` $delta | `normalize` $normalize
         | `scale` `(` $scale `)` | `eps` `(` $eps `)`
         | `schedule` `(` qualified($schedule) `)` | `few` `(` qualified($few) `)`)
    attr-dict `:` `(` type($query) `,` type($key) `,` type($value) `)` `->`
    custom<LinearResults>(type($out), type($new_state))
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// True for `[B, H, …]`, false for `[H, …]`.
    bool hasBatch();
    /// The type of state, decay and sums: f32, or f64 for f64 queries.
    ::mlir::FloatType getAccumulatorType();
    double getScaleOrDefault();
    double getEpsOrDefault();
    /// Columns of the state: E, with normalize E + 1.
    int64_t getStateWidth();
    /// True if query and key have a state for each of H heads, not of Hk.
    bool hasStatePerHead();
    /// B, H, Hs, M and N.
    struct Extents {
      ::mlir::OpFoldResult batches, heads, stateHeads, kvHeads, rows, tokens;
    };
    Extents buildExtents(::mlir::OpBuilder &builder);
  }];
}

def Attn_MapFeaturesOp : Attn_FoldOp<"map_features", [AttrSizedOperandSegments]> {
  let summary = "features of a tile of rows";
  let description = [{
    What `attn.feature_map` says, on rows `[m, D]` or `[G, m, D]`, into out, whose rows have the
    width D'; the first row of each head stands at `position`.
  }];
  let arguments = (ins Attn_Shaped:$input, Attn_FeatureMapAttr:$kind,
                       Optional<Attn_Shaped>:$omega, Optional<Index>:$length,
                       Optional<Index>:$position,
                       OptionalAttr<Attn_FeatureRoleAttr>:$role,
                       Attn_Shaped:$out);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region MaxSizedRegion<1>:$body);
  // The kind prints a space before itself.
  let assemblyFormat = [{
    `` $kind $input
    oilist(`features` `(` $omega `:` type($omega) `)`
         | `length` `(` $length `)` | `position` `(` $position `)`
         | `role` `(` custom<FeatureRole>($role) `)`)
    `outs` `(` $out `:` type($out) `)` attr-dict `:` type($input) (`->` type($results)^)? ($body^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getOutMutable(); }
  }];
}

def Attn_LinearStateOp : Attn_FoldOp<"linear_state"> {
  let summary = "the state before the first token, or after the last";
  let description = [{
    Writes the columns that `source` and state both have, and 0, without source everywhere,
    into the others: states of users have E' columns, those of folds whole panels.

    **Shapes.** source `[D, E']`, state `[D, W]`; the one that is not the fold's may have a dynamic width.
  }];
  let arguments = (ins Optional<Attn_Shaped>:$source, Attn_Shaped:$state);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    (`from` `(` $source^ `:` type($source) `)`)? `outs` `(` $state `:` type($state) `)` attr-dict
    (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getStateMutable(); }
  }];
}

def Attn_LinearStepOp : Attn_FoldOp<"linear_step", [
    AttrSizedOperandSegments, DeclareOpInterfaceMethods<FoldStepOpInterface>]> {
  let summary = "folds tokens into the state, in order";
  let description = [{
    The recurrence of `attn.linear` over the n tokens of the tile, for the G query heads that share one state.
    Without query and out nothing but the state is computed, and with `total` what decays by over
    these tokens is added to it.

    **Shapes.** query `[G, n, D]`, key `[n, D]`, value `[n, E]`, decay `[1]`, `[n]` or `[n, D]`, beta `[n]`, out `[G, n, E]`,
    state `[D, W]`, W >= E (E + 1 with normalize); total `[1]`, or `[D]` for decay `[n, D]`. Without normalize E may be
    dynamic: some columns of the values, and of the state.
  }];
  let arguments = (ins Optional<Attn_Shaped>:$query, Attn_Shaped:$key, Attn_Shaped:$value,
                       Optional<Attn_Shaped>:$decay, Optional<Attn_Shaped>:$beta,
                       Optional<Attn_Shaped>:$out, Attn_Shaped:$carried,
                       Optional<Attn_Shaped>:$total,
                       F64Attr:$scale, UnitAttr:$delta, OptionalAttr<F64Attr>:$eps,
                       Attn_ScheduleAttr:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $key `,` $value
    oilist(`query` `(` $query `:` type($query) `)`
         | `decay` `(` $decay `:` type($decay) `)`
         | `beta` `(` $beta `:` type($beta) `)`
         | `delta` $delta | `normalize` `(` $eps `)`
         | `out` `(` $out `:` type($out) `)`
         | `total` `(` $total `:` type($total) `)`)
    `scale` `(` $scale `)` `outs` `(` $carried `:` type($carried) `)`
    `schedule` `(` qualified($schedule) `)` attr-dict
    `:` type($key) `,` type($value) (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable();
    /// How many of out, the state and total there are.
    unsigned getDpsCount() { return 1 + bool(getOut()) + bool(getTotal()); }
  }];
}

def Attn_LinearRecurrenceOp : Attn_FoldOp<"linear_recurrence", [AttrSizedOperandSegments]> {
  let summary = "the state after some tokens, which are taken one by one";
  let description = [{
    The recurrence of `attn.linear` over the n tokens of the tile, for the G query heads that share one state,
    from the state `start`, 0 if absent, to the state `end`. Each element is read from the one and written to the
    other as its row is updated, so that a decoding step moves a state through memory once. Both may be the same memory.
    Unlike `attn.linear_step` it is not cut: the tokens are few. Without query and out nothing but the state is
    computed.

    **Shapes.** query `[G, n, D]`, key `[n, D]`, value `[n, E]`, decay `[1]`, `[n]` or `[n, D]`, beta `[n]`, out `[G, n, E]`,
    start `[D, W]`, W = E (E + 1 with normalize), end the same or with further columns, which it leaves alone.
  }];
  let arguments = (ins Optional<Attn_Shaped>:$query, Attn_Shaped:$key, Attn_Shaped:$value,
                       Optional<Attn_Shaped>:$decay, Optional<Attn_Shaped>:$beta,
                       Optional<Attn_Shaped>:$start, Optional<Attn_Shaped>:$out, Attn_Shaped:$end,
                       F64Attr:$scale, UnitAttr:$delta, OptionalAttr<F64Attr>:$eps,
                       Attn_ScheduleAttr:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $key `,` $value
    oilist(`query` `(` $query `:` type($query) `)`
         | `decay` `(` $decay `:` type($decay) `)`
         | `beta` `(` $beta `:` type($beta) `)`
         | `delta` $delta | `normalize` `(` $eps `)`
         | `from` `(` $start `:` type($start) `)`
         | `out` `(` $out `:` type($out) `)`)
    `scale` `(` $scale `)` `outs` `(` $end `:` type($end) `)`
    `schedule` `(` qualified($schedule) `)` attr-dict
    `:` type($key) `,` type($value) (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable();
    /// Columns of the state that are computed: those of values, and that of sums.
    int64_t getStateWidth();
  }];
}

def Attn_LinearReadOp : Attn_FoldOp<"linear_read"> {
  let summary = "rows of queries times the state";
  let description = [{
    `out = scale * query state`, divided by its last column plus eps with `normalize`: what queries read from
    the state after the last token.

    **Shapes.** query `[m, D]`, state `[D, W]`, out `[m, E]`.
  }];
  let arguments = (ins Attn_Shaped:$query, Attn_Shaped:$state, Attn_Shaped:$out,
                       F64Attr:$scale, OptionalAttr<F64Attr>:$eps,
                       Attn_ScheduleAttr:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $query `,` $state (`normalize` `(` $eps^ `)`)? `scale` `(` $scale `)`
    `outs` `(` $out `:` type($out) `)` `schedule` `(` qualified($schedule) `)` attr-dict
    `:` type($query) `,` type($state) (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getOutMutable(); }
  }];
}

#endif // ATTN_IR_ATTNLINEAROPS_TD
