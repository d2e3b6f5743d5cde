//===- AttnPartOps.td - what mechanisms are composed of --------*- tablegen -*-===//
//
// Declares ops around the mechanisms: probabilities, merging, rotary
// positions, whole layers.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNPARTOPS_TD
#define ATTN_IR_ATTNPARTOPS_TD

include "attn/IR/AttnMechanismOps.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

def Attn_WeightsOp : Attn_Op<"weights", [
    Pure, AttrSizedOperandSegments, RecursiveMemoryEffects,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "the probabilities of softmax attention, materialised";
  let description = [{
    `P[b, h, i, j] = exp(s_j - lse)` with s and lse as in `attn.sdpa`: the whole
    M x N matrix, for viewing and for small problems. Masked pairs are 0, and so
    are fully masked rows. The clauses are those of `attn.sdpa` but `value_scale`.

    **Shapes.** query `[B, H, M, D]`, key `[B, Hk, N, D]`, result `[B, H, M, N]`.
    **Tolerance** against f64: 4e-6 in f32.

    ```mlir
    %p = attn.weights %q, %k mask(causal) align(top_left)
      : (tensor<1x8x64x64xf32>, tensor<1x8x64x64xf32>) -> tensor<1x8x64x64xf32>
    ```
  }];
  let arguments = !con((ins Attn_FloatTensor:$query, Attn_KeyTensor:$key),
                       scoreArguments);
  let results = (outs Attn_FloatTensor:$probabilities);
  let regions = (region MaxSizedRegion<1>:$score);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def Attn_MergeOp : Attn_Op<"merge", [
    Pure, SameVariadicOperandSize,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "attention over a union of disjoint key sets";
  let description = [{
    Merges n normalised parts `(out_p, lse_p)`:

    ```
    lse = log(sum of exp(lse_p))
    out = sum of exp(lse_p - lse) * out_p
    ```

    A part with lse -inf drops out; all parts -inf give out 0 and lse -inf.

    **Shapes.** out_p `[B, H, M, E]`, lse_p `[B, H, M]` (or without B), all alike.
    **Types.** computed in the type of lse. **Tolerance** as `attn.sdpa`.
    Papers: arXiv:2501.01005, arXiv:2310.01889.

    ```mlir
    %o, %l = attn.merge (%o0, %l0), (%o1, %l1) : tensor<?x8x?x64xf32>, tensor<?x8x?xf32>
    ```
  }];
  let arguments = (ins Variadic<Attn_FloatTensor>:$outs, Variadic<Attn_FloatTensor>:$lses);
  let results = (outs Attn_FloatTensor:$out, Attn_FloatTensor:$lse);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Attn_RopeOp : Attn_Op<"rope", [
    Pure, AllTypesMatch<["input", "result"]>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "rotary position embedding";
  let description = [{
    Rotates pairs (x, y) of the last dimension by the angle whose cosine and sine
    the tables hold for the row: `(x cos - y sin, y cos + x sin)`.
    Layout `half` pairs element t with t + R/2 (Llama, NeoX), `interleaved`
    pairs 2t with 2t + 1 (GPT-J), where R is twice the width of the tables; elements
    beyond R pass through.

    **Shapes.** input `[B, H, M, D]` or `[H, M, D]`; cos and sin `[M, R/2]`, R <= D.
    **Types.** computed in f32 (f64 for f64). Paper: arXiv:2104.09864.

    ```mlir
    %r = attn.rope %x, %cos, %sin layout(half)
      : tensor<?x8x?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
    ```
  }];
  let arguments = (ins Attn_FloatTensor:$input, Attn_FloatTensor:$cos,
                       Attn_FloatTensor:$sin, Attn_RopeLayoutAttr:$layout);
  let results = (outs Attn_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $cos `,` $sin `layout` `(` custom<RopeLayout>($layout) `)` attr-dict
    `:` type($input) `,` type($cos) `,` type($sin)
  }];
  let hasVerifier = 1;
}

def Attn_LayerOp : Attn_Op<"layer", [
    RecursiveMemoryEffects, AttrSizedOperandSegments,
    SingleBlockImplicitTerminator<"YieldOp">,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "projections, heads, any core, output projection";
  let description = [{
    ```
    q = heads(x Wq), k = heads(x Wk), v = heads(x Wv)     (k, v from the context if given)
    y = merge_heads(core(q, k, v)) Wo
    ```

    The region is the core: it gets q `[B, heads, M, D]`, k `[B, kv_heads, N, D]`,
    v `[B, kv_heads, N, E]` and yields `[B, heads, M, E]`, by any mechanism.

    **Shapes.** x `[B, M, C]`, context `[B, N, C']`, Wq `[C, heads * D]`,
    Wk `[C', kv_heads * D]`, Wv `[C', kv_heads * E]`, Wo `[heads * E, C'']`,
    y `[B, M, C'']` (`[B, M, heads * E]` without Wo). Weights multiply from the right.

    ```mlir
    %y = attn.layer %x, %wq, %wk, %wv output(%wo : tensor<512x512xf32>) heads(8) kv_heads(8) {
    ^bb0(%q: tensor<2x8x128x64xf32>, %k: tensor<2x8x128x64xf32>, %v: tensor<2x8x128x64xf32>):
      %o = attn.sdpa %q, %k, %v mask(causal) align(top_left) : …
      attn.yield %o : tensor<2x8x128x64xf32>
    } : (tensor<2x128x512xf32>, tensor<512x512xf32>, tensor<512x512xf32>, tensor<512x512xf32>)
      -> tensor<2x128x512xf32>
    ```
  }];
  let arguments = (ins Attn_FloatTensor:$input, Attn_FloatTensor:$wq,
                       Attn_FloatTensor:$wk, Attn_FloatTensor:$wv,
                       Optional<Attn_FloatTensor>:$memory,
                       Optional<Attn_FloatTensor>:$wo,
                       I64Attr:$heads, I64Attr:$kv_heads);
  let results = (outs Attn_FloatTensor:$result);
  let regions = (region SizedRegion<1>:$core);
  let assemblyFormat = [{
    $input `,` $wq `,` $wk `,` $wv
    (`context` `(` $memory^ `:` type($memory) `)`)?
    (`output` `(` $wo^ `:` type($wo) `)`)?
    `heads` `(` $heads `)` `kv_heads` `(` $kv_heads `)`
    attr-dict-with-keyword $core
    `:` `(` type($input) `,` type($wq) `,` type($wk) `,` type($wv) `)` `->` type($result)
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def Attn_YieldOp : Attn_Op<"yield", [Pure, ReturnLike, Terminator,
    ParentOneOf<["SdpaOp", "WeightsOp", "LayerOp", "StepOp", "PredicateOp",
                 "FeatureMapOp", "MapFeaturesOp"]>]> {
  let summary = "ends a score program, a predicate, a feature or a core";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
  let builders = [OpBuilder<(ins), "build($_builder, $_state, ::mlir::ValueRange());">];
}

#endif // ATTN_IR_ATTNPARTOPS_TD
