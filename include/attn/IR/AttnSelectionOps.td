//===- AttnSelectionOps.td - which blocks matter ---------------*- tablegen -*-===//
//
// Declares the ops that choose blocks of keys by their scores: keys compressed
// block by block, and the choice itself.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNSELECTIONOPS_TD
#define ATTN_IR_ATTNSELECTIONOPS_TD

include "attn/IR/AttnBlockOps.td"

def Attn_CompressOp : Attn_Op<"compress", [
    Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "fewer rows: means of blocks, means of segments, or mixtures";
  let description = [{
    One of three kinds.

    `length(l) stride(s)`: compressed row c is the mean of `l` rows from row c `s` on,

    ```
    result[b, h, c] = sum over t < l of input[b, h, c * s + t] / l
    ```

    Blocks overlap where s < l. Rows behind the last whole block are in none and are
    not read; fewer than l rows have no block.

    `segment_mean(m)`: of m rows, row t is the mean of those from floor(t N / m) to
    before floor((t + 1) N / m), all of which number N / m up to rounding; 1 <= m <= N. With
    `lens(%n : tensor<Bxi32>)` n[b] stands for N; segments that are empty where n[b] < m
    take the row that they would begin with, and are 0 for n[b] = 0.

    `matrix(%e : type)`: row t is a mixture of all rows,

    ```
    result[b, h, t] = sum over j < N of e[t, j] * input[b, κ, j]
    ```

    with e `[r, L]` for all heads or `[Hp, r, L]` with Hk | Hp, N <= L: fewer rows read its
    first columns. What such rows are compared with knows no positions: `attn.sdpa`
    refuses them under a mask of positions.

    **Shapes.** input `[B, H, N, D]` or `[H, N, D]`; result the same with
    floor((N - l) / s) + 1 rows (0 for N < l), m rows, or r rows of Hp heads.
    **Types.** summed in f32 (f64 for f64). **Tolerance** against f64: 2e-7 max|input|
    times the rows summed (the sum of |e|), and what rounding the result costs.
    Papers: arXiv:2502.11089, arXiv:2102.03902, arXiv:2006.04768.

    ```mlir
    %c = attn.compress %k length(32) stride(16) : tensor<?x8x?x64xf32> -> tensor<?x8x?x64xf32>
    %m = attn.compress %k segment_mean(64) : tensor<?x8x?x64xf32> -> tensor<?x8x64x64xf32>
    %p = attn.compress %k matrix(%e : tensor<256x4096xf32>)
      : tensor<?x8x?x64xf32> -> tensor<?x8x256x64xf32>
    ```
  }];
  let arguments = (ins Attn_FloatTensor:$input, Optional<Attn_I32Tensor>:$lens,
                       Optional<Attn_FloatTensor>:$matrix,
                       OptionalAttr<I64Attr>:$length, OptionalAttr<I64Attr>:$stride,
                       OptionalAttr<I64Attr>:$segments);
  let results = (outs Attn_FloatTensor:$result);
  let assemblyFormat = [{
    $input (`length` `(` $length^ `)`)? (`stride` `(` $stride^ `)`)?
    (`segment_mean` `(` $segments^ `)`)? (`lens` `(` $lens^ `:` type($lens) `)`)?
    (`matrix` `(` $matrix^ `:` type($matrix) `)`)?
    attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// True if a row of the result is no mean of neighbours in an order that
    /// does not depend on N.
    bool mixesPositions() { return !getLength(); }
  }];
}

def Attn_SelectOp : Attn_Op<"select", [Pure, BlockListOpInterface]> {
  let summary = "the blocks with the highest scores";
  let description = [{
    For each row t of blocks of queries, lists at most `k` blocks of keys. The heads
    that the result has a list for, `!attn.blocks<bq, bk, g>`, choose together, by the
    sum of their scores:

    ```
    importance[b, n, t, c] = sum over the heads h of group n of scores[b, h, t, c]
    ```

    Chosen are, in this order, until there are k:

    1. the first `initial` and the last `local` candidates, whatever their scores;
    2. the candidates of the highest importance; of equals those that come first.

    Candidates are all blocks of keys, or those that the list `among` has for the row
    (`attn.block_map` of a mask: those that hold a pair of the mask). An importance of
    -inf or NaN is never chosen by rule 2; where fewer than k are left, all are listed.
    Lists are sorted, as all lists are. Under a causal mask the last candidate is the
    block of the query itself, so that `local(2)` is that block and the one before.

    With `length(l) stride(s)` the scores are those of the rows that
    `attn.compress length(l) stride(s)` makes of the keys, such as their
    probabilities. With cells of s keys, a block counts each by the cells they share:

    ```
    importance[b, n, t, c] = sum over h in n, e of scores[b, h, t, e] * cells(e, c)
    cells(e, c) = max(0, min(e + l/s, (c + 1) bk/s) - max(e, c bk/s))
    ```

    **Clauses.** `shape(%m, %n)`: the queries and keys; `k(n)`; then, optional:
    `initial(n)` and `local(n)`: 0 if absent, together at most k; `length(l) stride(s)`:
    s divides l and bk; `among(%list : type)`: of the type of the result.

    **Shapes.** scores `[B, H, ceil(M / bq), C]`, or without B: C = ceil(N / bk) blocks,
    or the floor((N - l) / s) + 1 rows that `attn.compress` makes. **Types.** f32, f16,
    bf16; sums are f32, in the order of h, then e. -0 equals 0. `attn.block_tensors`
    gives a col of k elements for each row (or as many as there are blocks); those that
    no row needs follow the last row's, and are 0.

    Papers: arXiv:2502.11089 (NSA), arXiv:2502.13189 (MoBA), arXiv:2406.10774 (Quest);
    with blocks of one key, top-k attention, arXiv:2106.06899.

    ```mlir
    %s = attn.select %p shape(%m, %n) k(16) initial(1) local(2) length(32) stride(16)
      among(%past : !attn.blocks<1, 64, 4>) : tensor<?x32x?x?xf32> -> !attn.blocks<1, 64, 4>
    ```
  }];
  let arguments = (ins
    RankedTensorOf<[F32, F16, BF16]>:$scores, Index:$rows, Index:$cols,
    Optional<Attn_BlocksType>:$among, I64Attr:$k,
    DefaultValuedAttr<I64Attr, "0">:$initial,
    DefaultValuedAttr<I64Attr, "0">:$local,
    OptionalAttr<I64Attr>:$length, OptionalAttr<I64Attr>:$stride);
  let results = (outs Attn_BlocksType:$result);
  let assemblyFormat = [{
    $scores `shape` `(` $rows `,` $cols `)` `k` `(` $k `)`
    (`initial` `(` $initial^ `)`)? (`local` `(` $local^ `)`)?
    (`length` `(` $length^ `)`)? (`stride` `(` $stride^ `)`)?
    (`among` `(` $among^ `:` qualified(type($among)) `)`)?
    attr-dict `:` type($scores) `->` qualified(type($result))
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The queries and keys of a block, and the heads that choose together.
    int64_t getQueryBlock();
    int64_t getKeyBlock();
    int64_t getGroup();
    /// True for scores `[B, H, …]`, false for `[H, …]`.
    bool hasBatch();
    /// B, H, rows of blocks and C: the extents of the scores, with 1 for an absent B.
    ::llvm::SmallVector<::mlir::OpFoldResult> buildScoreExtents(::mlir::attn::IndexMath &math);
    /// How many groups of heads choose.
    ::mlir::OpFoldResult buildGroups(::mlir::attn::IndexMath &math);
    /// How many blocks a row may list: `k`, or all there are.
    ::mlir::OpFoldResult buildMost(::mlir::attn::IndexMath &math);
    ::llvm::SmallVector<::mlir::OpFoldResult> buildExtents(::mlir::attn::IndexMath &math);
    ::mlir::OpFoldResult buildNumEntries(::mlir::attn::IndexMath &math);
  }];
}

#endif // ATTN_IR_ATTNSELECTIONOPS_TD
