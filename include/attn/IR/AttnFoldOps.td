//===- AttnFoldOps.td - the fold of a mechanism on one tile ----*- tablegen -*-===//
//
// Declares the ops that stage "tiled" is made of. They work on one tile of
// queries of one head, on tensors before bufferization and on memrefs after.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNFOLDOPS_TD
#define ATTN_IR_ATTNFOLDOPS_TD

include "attn/IR/AttnDialect.td"
include "attn/IR/AttnEnums.td"
include "attn/IR/AttnInterfaces.td"
include "attn/IR/AttnPlanAttrs.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

/// A tensor, or the buffer it becomes.
def Attn_Shaped : AnyTypeOf<[AnyRankedTensor, AnyMemRef]>;

class Attn_FoldOp<string mnemonic, list<Trait> traits = []>
    : Attn_Op<mnemonic, !listconcat([DestinationStyleOpInterface,
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>], traits)>;

def Attn_InitOp : Attn_FoldOp<"init"> {
  let summary = "prepares a tile of queries and the state of its fold";
  let description = [{
    Writes the prepared queries, scaled and laid out in panels, and the identity
    state: accumulator 0, maximum -inf, sum 0. With `normalize(none)` the sum is 1:
    no step changes it.

    With P panels of W queries (query r of the tile is number r % W of panel r / W):
    query `[m, D]` with m <= P * W, or `[G, m, D]` for G heads folded together,
    of which those of a query follow each other (r = i * G + g), or `[b1, …, br, D]` for the box of a
    grid that the schedule names, the last axis running fastest; max and sum `[P, W]`;
    prepared and acc `[P, D, W]` and `[P, E, W]` in form transposed, `[P, W, D']`
    and `[P, W, E']` in form row, with the widths rounded up to whole vectors.
    Prepared is zero where there is no query. `factor` multiplies the queries.
    In form amx prepared is `[P, W / 16, D' / 2, 32]` in bf16, a row holding two
    neighbouring elements of 16 queries, with D' = D rounded up to 32; acc is
    `[P, E', W]` with E' = E rounded up to 16; the factor is 1.
  }];
  let arguments = (ins Attn_Shaped:$query, F64Attr:$factor,
                       Attn_Shaped:$prepared, Attn_Shaped:$acc,
                       Attn_Shaped:$max, Attn_Shaped:$sum,
                       UnitAttr:$unnormalized, Attn_ScheduleAttr:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $query `factor` `(` $factor `)` (`normalize` `(` `none` `)` $unnormalized^)?
    `outs` `(` $prepared `,` $acc `,` $max `,` $sum `:` type($prepared) `,` type($acc) `,`
    type($max) `,` type($sum) `)` `schedule` `(` qualified($schedule) `)` attr-dict
    `:` type($query) (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return ::mlir::MutableOperandRange(getOperation(), 1, 4);
    }
  }];
}

def Attn_StepOp : Attn_FoldOp<"step", [
    AttrSizedOperandSegments, RecursiveMemoryEffects,
    DeclareOpInterfaceMethods<FoldStepOpInterface>]> {
  let summary = "folds a block of keys into the state";
  let description = [{
    For the scores s of the block, times `factor` (1 if absent), in units of log2:

    ```
    max' = max(max, max over keys of s)    alpha = exp2(max - max')    p = exp2(s - max')
    sum' = alpha * sum + sum over keys of p        acc' = alpha * acc + p value
    ```

    With `normalize(none)` the scores, in their own units, are the weights: `acc' = acc +
    s value`, where s is 0 for a masked pair; maximum and sum stay as they are.

    The tile stands at batch `b`, head `h`, first raw query row `i` of M; the
    block starts at key `j` of N; query row r stands at absolute position
    r + `o`. Row j of key (value) counts as multiplied by element j of `key_scale`
    (`value_scale`), of rank 1 and as long as the block. With `heads(%G)` the tile holds rows [i, i + m) of the G heads from
    `h` on, all heads of a row before the next row. Without `mask` every key of the block is valid for every query of
    the tile and no mask code is made.

    With `places(%queries, %keys)`, of rank 1 and i32, query r of the tile is raw row queries[r] and key
    j of the block is row keys[j] of key, value and their scales, which then hold all
    N; i and j count for nothing. There is an element of `queries` for each lane of the
    panels, and every element is a row that exists.
  }];
  let arguments = (ins
    Attn_Shaped:$query, Attn_Shaped:$key, Attn_Shaped:$value,
    Index:$batch, Index:$head, Index:$row, Index:$col,
    Index:$num_rows, Index:$num_cols, Index:$position, Index:$valid_rows,
    Optional<Index>:$heads,
    Optional<Attn_Shaped>:$query_places, Optional<Attn_Shaped>:$key_places,
    Variadic<Attn_Shaped>:$mask_operands, Optional<Attn_Shaped>:$bias,
    Optional<Attn_Shaped>:$key_scale, Optional<Attn_Shaped>:$value_scale,
    Attn_Shaped:$acc, Attn_Shaped:$max, Attn_Shaped:$sum,
    OptionalAttr<MaskAttrInterface>:$mask, OptionalAttr<F64Attr>:$softcap,
    OptionalAttr<F64Attr>:$factor, UnitAttr:$unnormalized,
    Attn_ScheduleAttr:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region MaxSizedRegion<1>:$score);
  let hasCustomAssemblyFormat = 1;
  let hasCanonicalizer = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable();
    /// The operands whose first dimension is the keys of the block, each once.
    ::llvm::SmallVector<::mlir::Value> getKeyedOperands();
    /// The disjuncts of the mask, which the step has, for raw query rows
    /// [rowBegin, rowEnd), on the key axis.
    ::llvm::SmallVector<::mlir::attn::MaskDisjunct>
    buildDisjuncts(::mlir::attn::IndexMath &math, ::mlir::OpFoldResult rowBegin,
                   ::mlir::OpFoldResult rowEnd);
  }];
}

def Attn_FinishOp : Attn_FoldOp<"finish", [AttrSizedOperandSegments]> {
  let summary = "the results of a fold";
  let description = [{
    `out = acc / sum` (0 where the sum is 0) and `lse = (max + log2(sum)) ln 2`,
    rows r < m of the tile only. A sink joins the sum first. `head` selects the
    sink's element. `out` is `[m, E]`, or `[G, m, E]` for G heads from `head` on, or
    `[b1, …, br, E]` for a box of a grid; `lse` likewise.
  }];
  let arguments = (ins Attn_Shaped:$acc, Attn_Shaped:$max, Attn_Shaped:$sum,
                       Optional<Attn_Shaped>:$sink, Index:$head,
                       Attn_Shaped:$out, Optional<Attn_Shaped>:$lse,
                       Attn_ScheduleAttr:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $acc `,` $max `,` $sum (`sink` `(` $sink^ `:` type($sink) `)`)? `head` `(` $head `)`
    `outs` `(` $out (`,` $lse^)? `:` type($out) (`,` type($lse)^)? `)`
    `schedule` `(` qualified($schedule) `)` attr-dict
    `:` type($acc) `,` type($max) `,` type($sum) (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable();
  }];
}

def Attn_MergePartsOp : Attn_FoldOp<"merge_parts", [AttrSizedOperandSegments]> {
  let summary = "the results of folds over all parts of the keys";
  let description = [{
    For parts s = 0 … S - 1, each normalised, with the maximum and sum over s:

    ```
    lse = log(sum of exp(lse_s) [+ exp(sink[h])])
    out = sum of exp(lse_s - lse) * out_s
    ```

    A part with lse -inf drops out, whatever it holds; all parts -inf give out 0
    and lse -inf (with a sink: lse = sink). Without lses parts are sums that are not
    normalised, and `out = sum of out_s`. **Shapes.** parts `[S, B, H, M, E]`,
    lses `[S, B, H, M]`, or without B.
  }];
  let arguments = (ins Attn_Shaped:$parts, Optional<Attn_Shaped>:$lses,
                       Optional<Attn_Shaped>:$sink,
                       Attn_Shaped:$out, Optional<Attn_Shaped>:$lse);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $parts (`,` $lses^)? (`sink` `(` $sink^ `:` type($sink) `)`)?
    `outs` `(` $out (`,` $lse^)? `:` type($out) (`,` type($lse)^)? `)` attr-dict
    `:` type($parts) (`,` type($lses)^)? (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable();
  }];
}

def Attn_RotateOp : Attn_FoldOp<"rotate"> {
  let summary = "rotates the pairs of a tile of rows";
  let description = [{
    What `attn.rope` says, on rows of all heads. **Shapes.** input and out `[H, m, D]`;
    cos and sin `[m, R/2]`.
  }];
  let arguments = (ins Attn_Shaped:$input, Attn_Shaped:$cos, Attn_Shaped:$sin,
                       Attn_Shaped:$out, Attn_RopeLayoutAttr:$layout);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $input `,` $cos `,` $sin `outs` `(` $out `:` type($out) `)`
    `layout` `(` custom<RopeLayout>($layout) `)` attr-dict
    `:` type($input) `,` type($cos) `,` type($sin) (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getOutMutable(); }
  }];
}

def Attn_CellRowsOp : Attn_Op<"cell_rows", [Pure]> {
  let summary = "how many rows of queries a cell of the grid takes";
  let description = [{
    The first of `most`, `most / 2`, `most / 4`, …, none below `least`, that gives
    every thread of the launch several cells, where a grid has `columns` cells for
    each block of rows; the last of them if none does. A launch on one thread
    takes `most`. Nothing that is computed depends on it but the number of tiles.
  }];
  let arguments = (ins Index:$columns, Index:$rows, I64Attr:$most, I64Attr:$least);
  let results = (outs Index:$result);
  let assemblyFormat = [{
    `columns` `(` $columns `)` `rows` `(` $rows `)` `most` `(` $most `)`
    `least` `(` $least `)` attr-dict
  }];
}

def Attn_CellColumnsOp : Attn_Op<"cell_columns", [Pure]> {
  let summary = "how many columns of a state a cell of the grid takes";
  let description = [{
    Of `least`, 2 `least`, 3 `least`, … below `width`, and `width`, the n by which the threads of the
    launch are done first: each of `states` states is cut into ceil(width / n) cells, each of which takes
    the time of n columns and of `shared` more, which all of them repeat:

    ```
    ceil(states * ceil(width / n) / threads) * (n + shared)
    ```

    The largest of those that are equal, so a launch on one thread takes `width`. Columns do not depend on
    each other: nothing that is computed depends on n.
  }];
  let arguments = (ins Index:$states, I64Attr:$width, I64Attr:$least, I64Attr:$shared);
  let results = (outs Index:$result);
  let assemblyFormat = [{
    `states` `(` $states `)` `width` `(` $width `)` `least` `(` $least `)`
    `shared` `(` $shared `)` attr-dict
  }];
  let hasVerifier = 1;
}

def Attn_RecordTilesOp : Attn_Op<"record_tiles", [MemoryEffects<[MemWrite]>]> {
  let summary = "counts tiles of the key axis";
  let description = [{
    Adds to the counters of the launch: tiles of the dense row, tiles that are
    visited, and those among them that evaluate the mask.
  }];
  let arguments = (ins Index:$total, Index:$visited, Index:$partial);
  let assemblyFormat = "$total `,` $visited `,` $partial attr-dict";
}

#endif // ATTN_IR_ATTNFOLDOPS_TD
