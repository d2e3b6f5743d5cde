//===- AttnBlockOps.td - lists of blocks made at run time ------*- tablegen -*-===//
//
// Declares the type of lists of blocks and the ops that make them and take them
// apart.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNBLOCKOPS_TD
#define ATTN_IR_ATTNBLOCKOPS_TD

include "attn/IR/AttnDialect.td"
include "attn/IR/AttnEnums.td"
include "attn/IR/AttnInterfaces.td"
include "attn/IR/AttnMechanismOps.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Attn_BlockListOp : Attn_Op<"block_list", [Pure]> {
  let summary = "a list of blocks from its rows and columns";
  let description = [{
    Block row t of batch element b and head h lists the block columns

    ```
    col[e]    for row_ptr[b, h, t] <= e < row_ptr[b, h, t + 1]
    ```

    as a sparse matrix in CSR does, with one matrix for each batch element and head.
    `row_ptr` ascends within 0..nnz; the columns of a row ascend, each once, within
    0..ceil(N / bk). A run checks both, against the problem of each op that takes
    the list.

    **Shapes.** row_ptr `[B, H, ceil(M / bq) + 1]`, where an extent of 1 for B or H
    shares the lists; col `[nnz]`. A list of `!attn.blocks<bq, bk, g>` is for g
    neighbouring heads: H / g of them.

    ```mlir
    %m = attn.block_list %row_ptr, %col
      : tensor<1x1x?xi32>, tensor<?xi32> -> !attn.blocks<128, 128>
    ```
  }];
  let arguments = (ins Attn_I32Tensor:$row_ptr, Attn_I32Tensor:$col);
  let results = (outs Attn_BlocksType:$result);
  let assemblyFormat = [{
    $row_ptr `,` $col attr-dict `:` type($row_ptr) `,` type($col) `->` qualified(type($result))
  }];
  let hasVerifier = 1;
}

def Attn_BlockMapOp : Attn_Op<"block_map", [
    Pure, AttrSizedOperandSegments, BlockListOpInterface,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the blocks in which a mask keeps a pair";
  let description = [{
    Lists block (t, c) of batch element b and head h iff the mask keeps some pair
    (i, j) with floor(i / bq) = t and floor(j / bk) = c. So
    `all(blocks(block_map(A)), A)` is `A`.

    What the intervals of the mask decide is not looked at pair by pair; blocks
    that they leave open are, up to the first pair that is kept. Rows of blocks are
    counted, then filled, in parallel; memory is that of the lists.

    With `coarse`, blocks that intervals leave open are listed without a look: the
    list may be longer than needed, and is made in no time.

    **Clauses.** `shape(%m, %n)`: the queries and keys; `tile(bq, bk)`: those of a
    block; `batch(%b)`, `heads(%h)`: how many the mask tells apart, 1 if absent, as
    heads are in lists for several of them;
    `align` and `offset` as in `attn.sdpa`, `top_left` if absent; `coarse`.

    ```mlir
    %m = attn.block_map mask(all(causal, docs(%cu : tensor<?xi32>))) shape(%n, %n)
      tile(128, 128) : !attn.blocks<128, 128>
    ```
  }];
  let arguments = (ins
    Variadic<Attn_MaskOperand>:$mask_operands, Index:$rows, Index:$cols,
    Optional<Index>:$batches, Optional<Index>:$heads,
    Optional<Attn_I32Tensor>:$offset,
    MaskAttrInterface:$mask, OptionalAttr<Attn_AlignAttr>:$align,
    UnitAttr:$coarse);
  let results = (outs Attn_BlocksType:$result);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::llvm::SmallVector<::mlir::OpFoldResult> buildExtents(::mlir::attn::IndexMath &math);
    ::mlir::OpFoldResult buildNumEntries(::mlir::attn::IndexMath &math);
  }];
}

def Attn_BlockTensorsOp : Attn_Op<"block_tensors", [
    Pure, DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "the rows and columns of a list of blocks";
  let description = [{
    The operands that `attn.block_list` would make the list from: row_ptr
    `[B, H, ceil(M / bq) + 1]` and col `[nnz]`; what `attn.select` makes may have
    unused elements behind the last row's in col. Lists do not cross the border of a
    function, but these do.

    ```mlir
    %row_ptr, %col = attn.block_tensors %m : !attn.blocks<64, 64>
    ```
  }];
  let arguments = (ins Attn_BlocksType:$blocks);
  let results = (outs Attn_I32Tensor:$row_ptr, Attn_I32Tensor:$col);
  let builders = [OpBuilder<(ins "::mlir::Value":$blocks)>];
  let assemblyFormat = [{
    $blocks attr-dict `:` qualified(type($blocks)) `->` type($row_ptr) `,` type($col)
  }];
  let hasVerifier = 1;
}

def Attn_MaskRunsOp : Attn_Op<"mask_runs", [
    Pure,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "the blocks of keys that kernels visit for ranges of queries";
  let description = [{
    For the queries `[first[r], first[r] + bq)` of M, at batch element b and head h,
    and for each k < 4

    ```
    result[r, k] = t0, f0, f1, t1
    ```

    in blocks of bk keys: those of [t0, f0) and [f1, t1) are partial, those of
    [f0, f1) full. The ranges [t0, t1) ascend and do not meet, and are what a
    kernel with such tiles visits: all other blocks are empty. Query row i stands
    at absolute position i + o. Nothing is looked at pair by pair, so that the cost
    does not depend on N. A number in `first` outside of 0..M - 1 counts as the
    nearest one inside; M is at least 1.

    ```mlir
    %runs = attn.mask_runs mask(causal) shape(%m, %n) position(%o) at(%b, %h)
      tile(128, 128) rows(%first : tensor<?xi32>) : tensor<?x4x4xi32>
    ```
  }];
  let arguments = (ins
    Variadic<Attn_MaskOperand>:$mask_operands, Index:$rows, Index:$cols,
    Index:$position, Index:$batch, Index:$head, Attn_I32Tensor:$first,
    MaskAttrInterface:$mask, I64Attr:$query_block, I64Attr:$key_block);
  let results = (outs Attn_I32Tensor:$result);
  let assemblyFormat = [{
    `mask` `(` custom<MaskWithOperands>($mask, $mask_operands, type($mask_operands)) `)`
    `shape` `(` $rows `,` $cols `)` `position` `(` $position `)`
    `at` `(` $batch `,` $head `)` `tile` `(` $query_block `,` $key_block `)`
    `rows` `(` $first `:` type($first) `)` attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

#endif // ATTN_IR_ATTNBLOCKOPS_TD
