//===- AttnLowRankOps.td - low-rank attention ------------------*- tablegen -*-===//
//
// Declares the mechanisms that factor one side of the softmax, and what they
// are composed of beside attn.sdpa: products head by head and pseudo-inverses.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNLOWRANKOPS_TD
#define ATTN_IR_ATTNLOWRANKOPS_TD

include "attn/IR/AttnFoldOps.td"
include "attn/IR/AttnMechanismOps.td"

def Attn_Solver : I32EnumAttr<"Solver",
    "how a pseudo-inverse is found",
    [I32EnumAttrCase<"LU", 0, "lu">]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}
def Attn_SolverAttr : EnumAttr<Attn_Dialect, Attn_Solver, "solver">;

def Attn_LatentForm : I32EnumAttr<"LatentForm",
    "on which side of the products latent keys are expanded",
    [I32EnumAttrCase<"Absorbed", 0, "absorbed">,
     I32EnumAttrCase<"Expanded", 1, "expanded">]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}
def Attn_LatentFormAttr : EnumAttr<Attn_Dialect, Attn_LatentForm, "latent_form">;

def Attn_LinformerOp : Attn_Op<"linformer", [
    Pure,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "softmax attention over projected keys";
  let description = [{
    The keys and the values are projected along their length, from N rows to r:

    ```
    key'[b, h, t]   = sum over j < N of key_projection[t, j] * key[b, κ, j]
    value'[b, h, t] = sum over j < N of value_projection[t, j] * value[b, κ, j]
    out = sdpa(query, key', value')
    ```

    O(M r) instead of O(M N), and exact for the identity of N = r. A projected key
    is a mixture of all keys, the later ones too: masks of keys and positions have
    nothing to apply to, and the op takes none. An input shorter than the
    projections reads their first N columns.

    **Shapes.** query `[B, H, M, D]`, key `[B, Hk, N, D]`, value `[B, Hk, N, E]`, out
    `[B, H, M, E]`, or all without B; projections `[r, L]` for all heads, or
    `[Hp, r, L]` with Hk | Hp | H, both alike; N <= L. **Types.** f32, f64, f16, bf16, all
    alike; sums are f32 (f64 for f64), projected keys and values are rounded to the
    type of the op. **Clause** `scale(x)`: 1 / sqrt(D) if absent.
    **Tolerance** against f64 as `attn.sdpa` for the projected keys and values, whose
    sums of N products err by 1e-7 sqrt(N) sum |projection| max|key|.
    Paper: arXiv:2006.04768.

    ```mlir
    %o = attn.linformer %q, %k, %v, %e, %f
      : tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>,
        tensor<256x4096xf32>, tensor<256x4096xf32> -> tensor<?x8x?x64xf32>
    ```
  }];
  let arguments = (ins Attn_FloatTensor:$query, Attn_FloatTensor:$key,
                       Attn_FloatTensor:$value,
                       Attn_FloatTensor:$key_projection,
                       Attn_FloatTensor:$value_projection,
                       OptionalAttr<F64Attr>:$scale);
  let results = (outs Attn_FloatTensor:$out);
  let assemblyFormat = [{
    $query `,` $key `,` $value `,` $key_projection `,` $value_projection
    (`scale` `(` $scale^ `)`)? attr-dict
    `:` type($query) `,` type($key) `,` type($value) `,` type($key_projection) `,`
    type($value_projection) `->` type($out)
  }];
  let hasVerifier = 1;
}

def Attn_NystromOp : Attn_Op<"nystrom", [
    Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "softmax attention by way of landmarks";
  let description = [{
    Landmarks query', key' are the means of m segments of rows, as
    `attn.compress segment_mean(m)` makes them, and

    ```
    A   = softmax(scale query' key'ᵀ)                  m x m
    Z   = attn.pinv(A)
    out = softmax(scale query key'ᵀ) (Z (softmax(scale query' keyᵀ) value))
          [+ sum over t < K of skip[h, t] * value[b, κ, i + t - (K - 1) / 2]]
    ```

    O((M + N) m). Every query reads all keys through the landmarks: positions have
    nothing to apply to, and the op takes no mask of them.

    **Clauses.** `landmarks(m)`: 1 <= m <= M and N; then one of `iters(n)` and
    `solve(lu)`, as `attn.pinv` takes them, `iters(6)` if absent; optional:
    - `scale(x)`: 1 / sqrt(D) if absent;
    - `lens(%n : tensor<Bxi32>)`: the result is as if the keys of batch element b ended
      after n[b] of them, 0 <= n[b] <= N; queries are not concerned. 0 for n[b] = 0;
    - `skip(%w : tensor<HxKxf32>)`: the convolution along the length of value, one
      kernel a head; K is odd, M = N, rows beyond the ends are 0.

    **Shapes.** query `[B, H, M, D]`, key `[B, Hk, N, D]`, value `[B, Hk, N, E]`, out
    `[B, H, M, E]`; residual `[B, H]`, that of `attn.pinv`: by how much the
    approximation misses the softmax at the landmarks; all or none without B.
    **Types.** f32, f64, f16, bf16; 16-bit types are extended to f32 on reading
    and rounded at the end only, since a pseudo-inverse magnifies what rounding
    in between costs. residual is f32 (f64 for f64).

    **Error.** That of the method, which depends on the data and which residual bounds
    at the landmarks only; rounding is magnified by the norm of Z.
    **Tolerance** against f64: 4e-6 (1 + the largest row sum of |Z|) max|value|.
    Paper: arXiv:2102.03902.

    ```mlir
    %o, %r = attn.nystrom %q, %k, %v landmarks(64) solve(lu)
      : tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>
      -> tensor<?x8x?x64xf32>, tensor<?x8xf32>
    ```
  }];
  let arguments = (ins Attn_FloatTensor:$query, Attn_FloatTensor:$key,
                       Attn_FloatTensor:$value, Optional<Attn_I32Tensor>:$lens,
                       Optional<Attn_FloatTensor>:$skip, I64Attr:$landmarks,
                       OptionalAttr<I64Attr>:$iters,
                       OptionalAttr<Attn_SolverAttr>:$solver,
                       OptionalAttr<F64Attr>:$scale);
  let results = (outs Attn_FloatTensor:$out, Optional<Attn_FloatTensor>:$residual);
  let assemblyFormat = [{
    $query `,` $key `,` $value `landmarks` `(` $landmarks `)`
    (`iters` `(` $iters^ `)`)? (`solve` `(` custom<Solver>($solver)^ `)`)?
    (`scale` `(` $scale^ `)`)? (`lens` `(` $lens^ `:` type($lens) `)`)?
    (`skip` `(` $skip^ `:` type($skip) `)`)? attr-dict
    `:` type($query) `,` type($key) `,` type($value)
    `->` type($out) (`,` type($residual)^)?
  }];
  let hasVerifier = 1;
}

def Attn_LatentOp : Attn_Op<"latent", [
    Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "multi-head latent attention";
  let description = [{
    Keys and values of all heads come from one narrow row per token, c_j, through
    matrices of each head, and from k_j, which all heads share and which is where
    rotary positions are:

    ```
    s_j = scale * (<q_nope[b, h, i], c_j w_uk[h]> + <q_rope[b, h, i], k_j>)
    out = sum over j that the mask keeps of softmax(s)_j * c_j w_uv[h]
    ```

    **Forms.** `form(expanded)` makes keys `[c w_uk | k]` and values `c w_uv` of each
    head. `form(absorbed)` makes queries `[q_nope w_ukᵀ | q_rope]`, which attend to the
    rows `[c | k]`, shared by all heads, and multiplies what c gives by w_uv: nothing of
    the length of the keys is computed for a head. Without the clause the fewer
    multiplications decide, at run time where extents are known then only:

    ```
    expanded: M N (n + r + E) + N dc (n + E)        absorbed: M N (2 dc + r) + M dc (n + E)
    ```

    **Shapes.** q_nope `[B, H, M, n]`, q_rope `[B, H, M, r]`, latent c `[B, N, dc]`, w_uk
    `[H, dc, n]`, w_uv `[H, dc, E]`, out `[B, H, M, E]`. **Clauses**, optional, in any order:
    - `rope(%k : tensor<BxNxr>)`: without it latent is `[B, N, dc + r]` and holds k behind
      c, as a cache does; the absorbed form then copies nothing of it. c and k apart are
      copied together, once for all heads;
    - `mask`, `align` as in `attn.sdpa`; `scale(x)`: 1 / sqrt(n + r) if absent;
    - `form(absorbed | expanded)`.

    **Types.** f32, f64, f16, bf16, all alike; sums are f32 (f64 for f64); what is
    expanded or absorbed is rounded to the type of the op. **Tolerance** against f64: f32 4e-6
    times max|c w_uv| (times sqrt(N / 1024) above 1k keys) in the expanded form; in the
    absorbed form max|c| times the largest column sum of |w_uv| takes the place of
    max|c w_uv|. Paper: arXiv:2405.04434.

    ```mlir
    %o = attn.latent %qn, %qr, %cache, %wuk, %wuv mask(causal) align(bottom_right)
      : tensor<?x16x?x128xbf16>, tensor<?x16x?x64xbf16>, tensor<?x?x576xbf16>,
        tensor<16x512x128xbf16>, tensor<16x512x128xbf16> -> tensor<?x16x?x128xbf16>
    ```
  }];
  let arguments = (ins Attn_FloatTensor:$q_nope, Attn_FloatTensor:$q_rope,
                       Attn_FloatTensor:$latent, Attn_FloatTensor:$w_uk,
                       Attn_FloatTensor:$w_uv, Optional<Attn_FloatTensor>:$rope,
                       Variadic<Attn_MaskOperand>:$mask_operands,
                       MaskAttrInterface:$mask, OptionalAttr<Attn_AlignAttr>:$align,
                       OptionalAttr<F64Attr>:$scale,
                       OptionalAttr<Attn_LatentFormAttr>:$form);
  let results = (outs Attn_FloatTensor:$out);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The factor on the scores.
    double getScaleOrDefault();
    /// The width of c: that of latent, less the rotated part behind it; dynamic
    /// where an extent is.
    int64_t getLatentWidth();
  }];
}

def Attn_PinvOp : Attn_Op<"pinv", [
    Pure, AllTypesMatch<["input", "result"]>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "pseudo-inverses of square matrices";
  let description = [{
    For each matrix A, `iters(n)` takes n steps of third order towards the inverse of
    Moore and Penrose:

    ```
    Z_0     = Aᵀ / (max_j sum_i |A_ij| * max_i sum_j |A_ij|)
    Z_{t+1} = Z_t (13 I - A Z_t (15 I - A Z_t (7 I - A Z_t))) / 4
    ```

    How many it needs grows with log(condition number): 6 are what the paper takes, and
    may leave an error of 1e-2 and more. `solve(lu)` eliminates (Gauss-Jordan) with the
    largest element that is left as pivot. Where none is left above m * u * max|A|, with u the
    distance of 1 to the next number of the type, the columns without a pivot depend on the
    others up to rounding: their rows of Z are 0. For a regular A, Z is its inverse; for a
    singular one Z is a generalised inverse, A Z A = A. No data makes it fail; NaN gives a
    residual of NaN.

    ```
    residual = max over i, k of |(A Z A - A)_ik|
    ```

    which is 0 for an exact (generalised) inverse.

    **Shapes.** input and result `[B, H, m, m]` or `[H, m, m]`; residual, optional, without
    the last two. **Types.** f32, f64, computed as they are. One of the clauses is
    required. Papers: arXiv:2102.03902; Razavi et al., Abstr. Appl. Anal. 2014, 563787.

    ```mlir
    %z = attn.pinv %a iters(6) : tensor<1x8x64x64xf32>
    %y, %r = attn.pinv %a solve(lu) : tensor<1x8x64x64xf32>, tensor<1x8xf32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[F32, F64]>:$input,
                       OptionalAttr<I64Attr>:$iters,
                       OptionalAttr<Attn_SolverAttr>:$solver);
  let results = (outs RankedTensorOf<[F32, F64]>:$result,
                      Optional<RankedTensorOf<[F32, F64]>>:$residual);
  let assemblyFormat = [{
    $input (`iters` `(` $iters^ `)`)? (`solve` `(` custom<Solver>($solver)^ `)`)?
    attr-dict `:` type($input) (`,` type($residual)^)?
  }];
  let hasVerifier = 1;
}

def Attn_HeadProductOp : Attn_FoldOp<"head_product"> {
  let summary = "products of matrices, head by head";
  let description = [{
    `out[b, h, m, n] = diagonal * (m == n) + factor * sum over c of lhs[b, κ, m, c] rhs[b, κ', c, n]`,
    in parallel over batches, heads and blocks of rows and columns. Where lhs (or rhs)
    has fewer heads than out, each serves as many neighbouring ones; without heads, or
    without a batch, it serves all.

    **Shapes.** out `[B, H, M, N]` or `[H, M, N]`, which is overwritten; lhs `[M, C]` and rhs
    `[C, N]`, with heads, or with batch and heads in front, where out has them. The heads
    of both divide H. **Types.** alike; sums are f32, f64 for f64, and are rounded once.
    **Clauses.** `transposed`: rhs is given as `[N, C]`; `factor(x)`: 1 if absent;
    `diagonal(x)`: 0 if absent.

    ```mlir
    %kp = attn.head_product %e, %k outs(%init : tensor<?x8x256x64xf32>)
      : tensor<256x?xf32>, tensor<?x8x?x64xf32> -> tensor<?x8x256x64xf32>
    ```
  }];
  let arguments = (ins Attn_Shaped:$lhs, Attn_Shaped:$rhs, Attn_Shaped:$out,
                       UnitAttr:$transposed, OptionalAttr<F64Attr>:$factor,
                       OptionalAttr<F64Attr>:$diagonal);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $lhs `,` $rhs (`transposed` $transposed^)? (`factor` `(` $factor^ `)`)? (`diagonal` `(` $diagonal^ `)`)?
    `outs` `(` $out `:` type($out) `)` attr-dict
    `:` type($lhs) `,` type($rhs) (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getOutMutable(); }
  }];
}

#endif // ATTN_IR_ATTNLOWRANKOPS_TD
