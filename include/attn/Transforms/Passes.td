//===- Passes.td - passes on mechanisms and folds --------------*- tablegen -*-===//
//
// Declares the passes of stages "planned" and "tiled", free of any target.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TRANSFORMS_PASSES_TD
#define ATTN_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def AttnExpandLayers : Pass<"attn-expand-layers", "::mlir::func::FuncOp"> {
  let summary = "turn attn.layer into projections, its core and an output projection";
  let description = [{
    Each `attn.layer` becomes an `attn.product` of its rows with Wq, Wk and Wv
    together (with a context: of the rows with Wq, and of the context with Wk and
    Wv), seen as heads, the inlined core, and the product of its heads with Wo.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnReassociate : Pass<"attn-reassociate", "::mlir::func::FuncOp"> {
  let summary = "multiply matrices in a cheaper order";
  let description = [{
    `(Q K^T) V` on tensors, written with any linalg contraction, becomes `attn.linear` where nothing but
    numbers multiplies the scores in between, and `Q (K^T V)` takes fewer multiplications. Scores times a constant
    triangle of ones, or by a choice `i >= j ? s : 0`, make it causal, and a triangle of powers g^(i - j) gives it a
    constant decay. Where lengths are known at run time only, the call decides, by an `scf.if`.

    So does `attn.sdpa` with `normalize(none)` and a mask that is full or causal, whose scores are products, times a
    number, times powers of i - j with a causal mask: written as powers or exponentials, of a base of at most 1 for
    each head, which code of the head's number or an operand may give. Of what an operand gives, and of lengths that
    are dynamic, a condition at run time decides.

    The matrices around an `attn.sdpa` are put into one order: those that make queries, keys and values from rows, and
    those that multiply the output, each an `attn.head_product` or a linalg contraction. Keys C W are not made where
    `(Q W^T) C^T` multiplies less, values C W not where `(P C) W` does, and `(P V) W` becomes `P (V W)`; a softmax, a mask
    or a program of scores in between changes nothing about that. Products that keys and values share are
    counted once. Heads that are columns of a product, columns that are concatenated to keys (rotary positions) and
    rows that a batch shares are seen through. Where extents are dynamic, each call takes the order that multiplies least.

    Other chains of products of static shape are put into the order with the fewest multiplications (matrix-chain
    dynamic programming).

    Results differ by rounding: with `fp=strict`, or `attn.fp = "strict"` on the module, nothing is changed.
    A remark says what was done, and of each product of products that stays, why.
  }];
  let options = [Option<"fp", "fp", "std::string", "\"reassoc\"",
                        "strict, or reassoc to allow other roundings">];
  let dependentDialects = ["::mlir::attn::AttnDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::bufferization::BufferizationDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnDecomposeLowRank : Pass<"attn-decompose-low-rank", "::mlir::func::FuncOp"> {
  let summary = "turn low-rank attention into softmax attention around products";
  let description = [{
    - `attn.linformer`: two `attn.compress matrix` and an `attn.sdpa` over what they give;
    - `attn.nystrom`: means of segments, an `attn.weights` of the landmarks, its
      `attn.pinv`, an `attn.sdpa` of the landmarks over all keys and one of all queries
      over the landmarks; the convolution as a grid over rows;
    - `attn.latent`: one `attn.sdpa`, over keys shared by all heads with products of queries
      and results around it (absorbed), or over keys and values of each head (expanded).
      Without the clause `form` the fewer multiplications decide, by an `scf.if` where
      extents are known at run time only; a remark says which.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::bufferization::BufferizationDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnRaiseScore : Pass<"attn-raise-score", "::mlir::func::FuncOp"> {
  let summary = "rewrite score programs as the clauses that say the same";
  let description = [{
    From what a program yields downwards:

    - a choice between a score and -inf by comparisons of affine functions of i and
      j, and their conjunctions, disjunctions and negations, becomes part of the mask;
      of a conjunction, those parts that masks can say do;
    - `c * tanh(s / c)` becomes the softcap c;
    - `s + t[b, h, i, j]` becomes the bias t, where rows are positions and t has the
      static shape of the scores.

    A finite number in place of -inf is no mask: rows without keys would differ.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def AttnSimplifyMasks : Pass<"attn-simplify-masks", "::mlir::func::FuncOp"> {
  let summary = "rewrite masks to simpler ones that keep the same pairs";
  let description = [{
    Applies the masks' own rules to a fixed point: identities of `all` and
    `any`, De Morgan, idempotence, intersections of windows, windows wider than
    the problem. An op whose mask became `empty` folds to zeros and lse -inf
    (unless it has a sink). Mask operands that are no longer named are dropped.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnBuildMaskTables : Pass<"attn-build-mask-tables", "::mlir::func::FuncOp"> {
  let summary = "compute what masks look up, in front of their ops";
  let description = [{
    Masks `random<r, seed>` and `plus_random<…>` of `attn.sdpa`, `attn.weights` and
    `attn.block_map` become `random<r, seed>(%limits)`, with the limits of an
    `attn.random_limits` in front of the op: the predicate of a pair is then one comparison.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnLowerRandomLimits : Pass<"attn-lower-random-limits", "::mlir::func::FuncOp"> {
  let summary = "find the limits of random masks by loops";
  let description = [{
    Each `attn.random_limits` becomes a grid over batch elements, heads and rows. A row
    goes through its candidates once and keeps the r smallest hashes in a heap, whose root
    is the limit; keys are hashed 64 at a time, and looked at one by one if the smallest
    of them beats the root.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnPlanGrids : Pass<"attn-plan-grids", "::mlir::func::FuncOp"> {
  let summary = "choose how the keys of grids are found";
  let description = [{
    The keys that a tile of queries sees on a grid are no interval. For a `grid` in the
    mask of an `attn.sdpa`, counts the keys that are visited between the ends of its
    intervals, block by block, and by tiles whose queries are a box of the grid, and takes
    what is least:

    - intervals, as they are;
    - a list of the blocks that the axes leave open, made without a look at pairs;
    - boxes, which are left to the schedule, where M = N statically and there is no bias
      and no offset.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def AttnMapMasks : Pass<"attn-map-masks", "::mlir::func::FuncOp"> {
  let summary = "list the blocks of masks whose rows have holes";
  let description = [{
    The intervals of `global`, `same` or `order`, and of what is composed with them,
    say little of which blocks are empty. Those conjuncts of the mask of an `attn.sdpa`
    that have holes get an `attn.block_map`, made once for all heads, and the mask
    becomes `all(blocks(map), mask)`; where they are constant on whole blocks
    (`block<64, …>`), the list takes their place.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnLowerSelections : Pass<"attn-lower-selections", "::mlir::func::FuncOp"> {
  let summary = "make lists of blocks from scores by loops";
  let description = [{
    Each `attn.select` becomes an `attn.block_list` of two tensors: a grid over rows
    of blocks chooses, each row into room for k blocks, a loop adds the numbers of
    blocks up, and a second grid moves the rows together.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnLowerBlockMaps : Pass<"attn-lower-block-maps", "::mlir::func::FuncOp"> {
  let summary = "make lists of blocks from masks by loops";
  let description = [{
    Each `attn.block_map` becomes an `attn.block_list` of two tensors: a grid over
    rows of blocks counts, a loop adds the counts up, and a second grid fills in the
    columns.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnRaisePredicates : Pass<"attn-raise-predicates", "::mlir::ModuleOp"> {
  let summary = "put masks in the place of what predicates say";
  let description = [{
    In a mask `pred`, conjunctions, disjunctions and negations of conditions become
    those of masks, down to comparisons of affine functions of i and j: windows,
    columns, and rows where rows are positions. What is not recognised stays a
    predicate, of its own name where it is a part of one. So `i >= j and opaque`
    skips the blocks that `causal` skips, and `pred` of comparisons costs nothing.

    What is left says whether batch elements or heads may differ.
  }];
}

def AttnExpandBlockLists : Pass<"attn-expand-block-lists", "::mlir::func::FuncOp"> {
  let summary = "let masks read the tensors of lists of blocks";
  let description = [{
    Masks `blocks(%list)` become `blocks<bq, bk>(%row_ptr, %col)`, and results of
    `attn.block_tensors` the tensors: no value of type `!attn.blocks` is left.
  }];
}

def AttnPartitionGrid : Pass<"attn-partition-grid", "::mlir::func::FuncOp"> {
  let summary = "turn mechanisms into a parallel grid of folds";
  let description = [{
    Each scheduled mechanism becomes an `scf.forall` over (batch, head, query
    block) whose body is the fold of one tile: init, one step over all keys,
    finish. Where the schedule has a `box`, over (batch, head, box of a grid), and the step
    is over the keys that some query of the box may see, by their places.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnPartitionScans : Pass<"attn-partition-scans", "::mlir::func::FuncOp"> {
  let summary = "turn linear attention into a parallel grid of ordered folds";
  let description = [{
    Each scheduled `attn.linear` becomes an `scf.forall` over (batch, head of the state). With `causal` a cell
    prepares the state and folds all tokens in one step, which `attn-tile-keys` cuts into
    chunks; documents in a loop, each from the first state. Without, it folds all keys and then
    reads the state, block of queries by block of queries.

    Where the schedule, of form chunk, has a `split`, and there is neither delta nor docs, there
    are three grids instead. Cells of the first, (batch, head of the state, part of the tokens), fold a part into a
    state of its own, from 0; those of the second scan the parts of a head, each start being
    the start before, decayed by what a part decays by, plus the part's own state; those of the
    third, as many as of the first, fold once more, from these starts and with queries.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnFuseFeatureMaps : Pass<"attn-fuse-feature-maps", "::mlir::func::FuncOp"> {
  let summary = "map features of a tile of rows at a time";
  let description = [{
    A slice of an `attn.feature_map` that steps of linear attention alone read becomes
    an `attn.map_features` of the slice, in the type of sums: the features of all tokens are never in
    memory, nor rounded. A map that something else reads becomes a grid over its rows.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnWalkBlockLists : Pass<"attn-walk-block-lists", "::mlir::func::FuncOp"> {
  let summary = "fold the listed blocks and no others";
  let description = [{
    A step whose mask is `blocks<…>`, or `all(blocks<…>, rest)`, over all keys
    becomes a loop over the list of its row of blocks: a step, masked by the rest,
    over each run of neighbouring blocks. The rows of a step lie in one row of
    blocks. A remark says where a list is elsewhere in a mask and is looked up pair
    by pair.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnTileKeys : Pass<"attn-tile-keys", "::mlir::func::FuncOp"> {
  let summary = "cut each fold step into a loop over blocks of keys";
  let description = [{
    A step over all keys becomes an `scf.for` over `key_block` keys, the last
    block ragged. The loop still visits every block, with the mask.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::scf::SCFDialect"];
}

def AttnSpecializeBlocks : Pass<"attn-specialize-blocks", "::mlir::func::FuncOp"> {
  let summary = "split key loops into partial, full and partial runs of blocks";
  let description = [{
    The mask's interval analysis gives, for the queries of the tile, the keys
    that some query may see and those that every query must see. The loop over
    all blocks becomes three: partial, full, partial. Blocks outside are never
    visited, full blocks carry no mask. Disjuncts of a mask are walked in the
    order of their first key, each block once.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect"];
}

def AttnFoldPagedViews : Pass<"attn-fold-paged-views", "::mlir::func::FuncOp"> {
  let summary = "read the pages of a cache where they lie";
  let description = [{
    A slice of `attn.paged_view` within one page becomes an entry of the table and
    a slice of the pages. A view that anything but fold steps takes stays, and is
    copied later; a remark says so.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnEmitShapeFunctions : Pass<"attn-emit-shape-functions", "::mlir::ModuleOp"> {
  let summary = "give each kernel a function that checks and infers shapes";
  let description = [{
    `NAME.shapes` takes the kernel's tensors and a buffer of i64. It checks what
    types leave open (extents that must agree, lengths within their tensors) and
    writes the number of the first failed check (0: none), the four values of its
    message, then the extents of all results. The messages are the function's
    attribute `attn.messages`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnLowerParts : Pass<"attn-lower-parts", "::mlir::func::FuncOp"> {
  let summary = "lower attn.weights, attn.merge, attn.rope, attn.compress and caches to linalg";
  let description = [{
    These ops move no block of keys through a fold: they become `linalg.generic`
    ops on whole tensors, in the accumulator type. `attn.kv_append` becomes an
    `scf.forall` over rows, each inserted where it belongs, and `attn.compress` one
    over the rows that it makes.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnToReference : Pass<"attn-to-reference", "::mlir::func::FuncOp"> {
  let summary = "lower every op to naive linalg in f64: the oracle";
  let description = [{
    The formulas of the ops, written down without tiling, streaming or skipping:
    scores, mask, softmax and product as whole tensors of f64. Slow, obvious,
    and independent of the compiled path but for the masks' predicates. Nothing is
    in place: `attn.inplace` goes.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnVerifyStage : Pass<"attn-verify-stage"> {
  let summary = "check that the IR keeps the contract of a stage";
  let description = [{
    `source`: no fold ops, and a result for each argument that is updated in place. `planned`: every mechanism has a schedule, no
    `attn.layer`. `tiled`: no mechanism, and no tensor inside a grid larger than
    its tile (nothing of M x N). `lowered`: no op of the dialect. `binary`: only
    the LLVM dialect.
  }];
  let options = [Option<"stage", "stage", "std::string", "\"source\"",
                        "source, planned, tiled, lowered or binary">];
}

#endif // ATTN_TRANSFORMS_PASSES_TD
