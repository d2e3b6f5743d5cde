//===- AttnCacheOps.td - where keys and values are kept --------*- tablegen -*-===//
//
// Declares the ops on caches of keys and values: seeing pages as one sequence,
// and appending rows.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNCACHEOPS_TD
#define ATTN_IR_ATTNCACHEOPS_TD

include "attn/IR/AttnMechanismOps.td"

def Attn_PagedViewOp : Attn_Op<"paged_view", [
    Pure, DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "the pages of a cache as sequences of keys";
  let description = [{
    ```
    result[b, h, j] = pages[table[b, j / page], j % page, h]
    ```

    Whatever takes keys or values takes the result. Where attention takes it, no
    element is copied: a block of keys is a slice of one page, and the entry of the
    table is read when the block is visited. Pages that the mask leaves out, of all
    queries of a batch element, are never visited: their entries may hold anything.
    Entries that are used must be in `[0, P)`; several may name one page. Anything
    else that takes the result (a return, `attn.weights`) gets a copy, in which keys
    whose entry names no page are 0.

    **Shapes.** pages `[P, page, Hk, D]`, table `[B, T]`, result
    `[B, Hk, T * page, D]`; for the scales of quantised keys, pages `[P, page, Hk]`
    and result `[B, Hk, T * page]`. page is static and a power of two: attention
    folds at most a page at a time, so that pages below 16 keys are slow.
    Paper: arXiv:2309.06180.

    ```mlir
    %k = attn.paged_view %pages, %table
      : tensor<?x16x8x128xbf16>, tensor<?x?xi32> -> tensor<?x8x?x128xbf16>
    ```
  }];
  let arguments = (ins Attn_KeyTensor:$pages, Attn_I32Tensor:$table);
  let results = (outs Attn_KeyTensor:$result);
  let assemblyFormat = [{
    $pages `,` $table attr-dict `:` type($pages) `,` type($table) `->` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Keys in a page.
    int64_t getPageSize();
  }];
}

def Attn_KVAppendOp : Attn_Op<"kv_append", [
    Pure, AllTypesMatch<["cache", "result"]>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "a cache with rows written at the positions of each batch element";
  let description = [{
    The cache, but with row m of batch element b at position p = pos[b] + m:

    ```
    result[b, h, p] = rows[b, h, m]
    result[table[b, p / page], p % page, h] = rows[b, h, m]          with table
    ```

    With `ring`, p is taken modulo the length N (T * page): the newest N rows stay.
    Nothing else changes. Every pos[b] >= 0; pos[b] + M <= N, or M <= N with `ring`.
    With a table, the entries of the pages written must be in `[0, P)`; two rows of
    one call that go to one place leave either of them there.

    **Shapes.** cache `[B, Hk, N, D]` and rows `[B, Hk, M, D]`, or both without B; with
    a table `[B, T]` the cache is pages `[P, page, Hk, D]`. With `scales`, for the
    scales of quantised keys, all are without D. pos has 1 element or B.

    **In place.** The op is functional: what nobody reads afterwards is overwritten,
    what is still needed is copied. A function that marks an argument `attn.inplace`
    gets its memory to write to: the result that is appended to the argument shares
    it, and the caller passes the same tensor for both.

    ```mlir
    %k1 = attn.kv_append %k, %new, %pos
      : tensor<?x8x?x128xf32>, tensor<?x8x?x128xf32>, tensor<?xi32>
    %p1 = attn.kv_append %pages, %new, %pos ring table(%t : tensor<?x?xi32>)
      : tensor<?x16x8x128xf32>, tensor<?x8x?x128xf32>, tensor<?xi32>
    ```
  }];
  let arguments = (ins Attn_KeyTensor:$cache, Attn_KeyTensor:$rows,
                       Attn_I32Tensor:$pos, Optional<Attn_I32Tensor>:$table,
                       UnitAttr:$ring, UnitAttr:$scales);
  let results = (outs Attn_KeyTensor:$result);
  let assemblyFormat = [{
    $cache `,` $rows `,` $pos (`ring` $ring^)? (`scales` $scales^)?
    (`table` `(` $table^ `:` type($table) `)`)? attr-dict
    `:` type($cache) `,` type($rows) `,` type($pos)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// True for rows `[B, Hk, …]`, false for `[Hk, …]`.
    bool hasBatch();
    /// B, Hk and M.
    ::llvm::SmallVector<::mlir::OpFoldResult> buildRowExtents(::mlir::OpBuilder &builder);
    /// N: the positions of one batch element.
    ::mlir::OpFoldResult buildLength(::mlir::OpBuilder &builder);
    /// Keys in a page; only with a table.
    int64_t getPageSize();
  }];
}

#endif // ATTN_IR_ATTNCACHEOPS_TD
