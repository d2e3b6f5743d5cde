//===- AttnMechanismOps.td - what is computed ------------------*- tablegen -*-===//
//
// Declares the mechanisms: ops on whole tensors that users write.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNMECHANISMOPS_TD
#define ATTN_IR_ATTNMECHANISMOPS_TD

include "attn/IR/AttnDialect.td"
include "attn/IR/AttnEnums.td"
include "attn/IR/AttnInterfaces.td"
include "attn/IR/AttnPlanAttrs.td"
include "attn/IR/AttnTypes.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

/// A tensor of floating-point elements.
def Attn_FloatTensor : RankedTensorOf<[F32, F64, F16, BF16]>;
/// Keys and values may be quantised: numbers of 8 bits that a scale multiplies.
def Attn_KeyTensor : RankedTensorOf<[F32, F64, F16, BF16, I8, F8E4M3FN]>;

/// The clauses that `attn.sdpa` and `attn.weights` share.
defvar scoreArguments = (ins
  Variadic<Attn_MaskOperand>:$mask_operands,
  Optional<Attn_FloatTensor>:$bias,
  Optional<Attn_FloatTensor>:$sink,
  Optional<Attn_I32Tensor>:$offset,
  Optional<Attn_FloatTensor>:$key_scale,
  MaskAttrInterface:$mask,
  OptionalAttr<Attn_AlignAttr>:$align,
  OptionalAttr<F64Attr>:$scale,
  OptionalAttr<F64Attr>:$softcap);

def Attn_SdpaOp : Attn_Op<"sdpa", [
    Pure, AttrSizedOperandSegments, RecursiveMemoryEffects,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<MechanismOpInterface>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "softmax attention";
  let description = [{
    For batch b, head h, query i, with κ = h / (H / Hk) and A the keys that the
    mask keeps:

    ```
    t_j = scale * <query[b, h, i], key[b, κ, j]>    [* key_scale[b, κ, j]]
    s_j = softcap * tanh(t_j / softcap) + bias[b, h, i, j]    (or score(t_j, b, h, i, j))
    lse = log(sum over A of exp(s_j) [+ exp(sink[h])])
    out = sum over A of exp(s_j - lse) * value[b, κ, j]    [* value_scale[b, κ, j]]
    ```

    With `normalize(none)` scores are the weights, and nothing is exponentiated,
    searched for a maximum or divided:

    ```
    out = sum over A of s_j * value[b, κ, j]    [* value_scale[b, κ, j]]
    ```

    so that a score program gives attention by ReLU (`max(t, 0) / N`), by sigmoid
    (`1 / (1 + exp(-t - c))`), by squares, or by plain products.

    **Shapes.** query `[B, H, M, D]`, key `[B, Hk, N, D]`, value `[B, Hk, N, E]`,
    out `[B, H, M, E]`, lse `[B, H, M]`; all without B for rank 3. Hk divides H.
    Any extent may be dynamic.

    **Types.** f32, f64, f16, bf16. Scores, maxima, sums and the accumulator are
    f32 (f64 for f64); lse and sink likewise. Key and value have the type of
    query. Either may be i8 or f8E4M3FN instead, if query is not f64, with a scale
    for each key and head: nothing is dequantised in memory but the block in work.
    Numbers of f8E4M3FN are read exactly, subnormal ones and NaN included.

    **Clauses**, all optional, in any order:
    - `mask(M)`: which pairs exist; `full` if absent;
    - `align(top_left | bottom_right)`: query i stands at key position i, or at
      i + N - M. No default when M and N can differ and the mask uses positions;
    - `offset(%o : tensor<?xi32>)`: query i of batch b stands at i + o[b];
    - `scale(x)`: 1 / sqrt(D) if absent;
    - `softcap(c)`: c > 0;
    - `bias(%t : type)`: the rank of query, each extent 1 or that of the scores;
    - `sink(%s : tensor<H>)`: a logit per head that joins the sum only, in
      natural-log units, not scaled;
    - `key_scale(%s : tensor<BxHkxNxf32>)`, `value_scale(%s : …)`: `[B, Hk, N]`, or
      `[Hk, N]` without B; each row of key (value) counts as multiplied by its
      scale. Required for i8 and f8E4M3FN, allowed for every type;
    - `schedule(#attn.schedule<…>)`, `few(#attn.schedule<…>)`: how the problem is cut, and
      how while the queries that share keys number at most the query block of
      `few`; chosen by `attn-select-schedule` where absent;
    - `normalize(none)`: no softmax; neither sink nor lse then;
    - `score(%t: f32, %b: index, %h: index, %i: index, %j: index) { … }`: a
      program on the scaled score, i absolute; replaces softcap and bias.

    **Fully masked rows** give out 0 and lse -inf (with a sink: lse = sink).
    A score of -inf acts as masked; a NaN or +inf score makes its row NaN. With
    `normalize(none)` a masked pair adds 0, and a score that is not finite, -inf
    too, goes into the sum as it is.

    **Tolerance** against f64: f32 4e-6 * max|value| (times sqrt(N / 1024) above
    1k keys); f16 and bf16 twice the error of a same-type implementation. For
    quantised keys and values that of query's type against the products of number
    and scale: what rounding to 8 bits lost is not counted.

    With `normalize(none)` the bound is on sum |s_j| * |value|, not on max|value|.

    Papers: arXiv:1706.03762; streaming form arXiv:1805.02867, arXiv:2205.14135;
    without softmax arXiv:2309.08586 (ReLU), arXiv:2409.04431 (sigmoid).

    ```mlir
    %o, %lse = attn.sdpa %q, %k, %v mask(all(causal, window<255, 0>)) align(bottom_right)
      : (tensor<?x32x?x128xbf16>, tensor<?x8x?x128xbf16>, tensor<?x8x?x128xbf16>)
      -> (tensor<?x32x?x128xbf16>, tensor<?x32x?xf32>)
    ```
  }];
  let arguments = !con((ins Attn_FloatTensor:$query, Attn_KeyTensor:$key,
                            Attn_KeyTensor:$value),
                       scoreArguments,
                       (ins Optional<Attn_FloatTensor>:$value_scale,
                            UnitAttr:$unnormalized,
                            OptionalAttr<Attn_ScheduleAttr>:$schedule,
                            OptionalAttr<Attn_ScheduleAttr>:$few));
  let results = (outs Attn_FloatTensor:$out, Optional<Attn_FloatTensor>:$lse);
  let regions = (region MaxSizedRegion<1>:$score);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    /// True for `[B, H, …]`, false for `[H, …]`.
    bool hasBatch();
    /// The type scores and state are computed in: f32, or f64 for f64 inputs.
    ::mlir::FloatType getAccumulatorType();
    /// The factor on the scores; D must be static when no clause gives it.
    double getScaleOrDefault();
    /// True if the score is an affine function of the product of query and key.
    bool hasAffineScore();
    /// True if the products can be taken on tiles of AMX: queries of bf16, static
    /// widths, and a softmax, whose weights are at most 1. Keys and values of
    /// eight bits are exact in bf16.
    bool fitsTiles();
    /// The lists of blocks that the mask is a conjunction with, as tensors; none
    /// while they are a value of their own type.
    std::optional<::mlir::attn::ListedBlocks> getListedBlocks();
    /// How many neighbouring heads see the same keys, as far as that is known:
    /// those that share them, and their lists where the mask has some.
    int64_t countAlikeHeads();
  }];
}

#endif // ATTN_IR_ATTNMECHANISMOPS_TD
