//===- AttnInterfaces.td - mechanisms, masks, fold steps -------*- tablegen -*-===//
//
// Declares the interfaces through which passes see mechanisms and masks. Each
// method states its law; the property tests of the project hold them.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNINTERFACES_TD
#define ATTN_IR_ATTNINTERFACES_TD

include "mlir/IR/OpBase.td"

def MaskAttrInterface : AttrInterface<"MaskAttrInterface"> {
  let cppNamespace = "::mlir::attn";
  let description = [{
    A mask denotes a predicate M(b, h, i, j) over batch, head, query and key.
    Query indices come in two forms: *raw* i counts rows of the query tensor,
    *absolute* i + o stands on the key axis, with o the offset that `align` or
    the `offset` operand gives.

    For a range I of queries, may(I) is the union and must(I) the intersection
    of their rows. A block J of keys is *empty* if it does not meet may(I),
    *full* if it lies in must(I), else *partial*.

    Laws, for every range I and all keys j in [0, N):
      1. soundness: if some i in I has M(i, j), then j is in a `may` interval;
         if j is in a `must` interval, then M(i, j) for every i in I;
      2. containment: each disjunct's `must` lies in its own `may`;
      3. agreement: `buildContains` is M itself, for scalars and for vectors;
      4. splitting: where `splitListedBlocks` answers, M(i, j) holds iff block
         (floor(i / bq), floor(j / bk)) is listed and the rest keeps (i, j);
      5. units: with u = `getUnit()` > 0, M(i, j) is the same for all keys of
         [c u, (c + 1) u), and for all queries with the same floor(i / u) and
         floor((i + o) / u); with u = 0 it is the same for all pairs.
  }];
  let methods = [
    InterfaceMethod<[{
      Appends the disjuncts of this mask for the query range of `builder`. The
      intervals may reach beyond [0, N): the caller clamps them. An interval
      with hi <= lo is empty.
    }], "void", "buildIntervals",
      (ins "::mlir::attn::MaskIntervalBuilder &":$builder,
           "::llvm::SmallVectorImpl<::mlir::attn::MaskDisjunct> &":$disjuncts)>,
    InterfaceMethod<[{
      Builds the predicate at the positions of `builder`: an i1, or a vector of
      i1 when the positions are vectors.
    }], "::mlir::Value", "buildContains",
      (ins "::mlir::attn::MaskPredicateBuilder &":$builder)>,
    InterfaceMethod<[{
      True if the predicate depends on the absolute position of the query, so
      that M != N asks for an alignment.
    }], "bool", "usesQueryPosition", (ins), "", [{ return false; }]>,
    InterfaceMethod<[{
      Checks the parameters against the extents and operand types of the op
      that carries the mask.
    }], "::llvm::LogicalResult", "verifyMask",
      (ins "const ::mlir::attn::MaskProblem &":$problem), "",
      [{ return ::mlir::success(); }]>,
    InterfaceMethod<[{
      A simpler mask that denotes the same predicate on these extents, or null.
    }], "::mlir::Attribute", "simplifyMask",
      (ins "const ::mlir::attn::MaskProblem &":$problem), "",
      [{ return {}; }]>,
    InterfaceMethod<[{
      A single mask that denotes `this and other`, or null. Asked in both orders.
    }], "::mlir::Attribute", "intersectWith",
      (ins "::mlir::Attribute":$other), "", [{ return {}; }]>,
    InterfaceMethod<[{
      The lists of whole blocks that this mask is a conjunction with, and the rest
      of it; none where there are no such lists.
    }], "::std::optional<::mlir::attn::ListedBlocks>", "splitListedBlocks",
      (ins), "", [{ return ::std::nullopt; }]>,
    InterfaceMethod<[{
      The queries and keys of the blocks on which the mask is constant: see law 5.
    }], "int64_t", "getUnit", (ins), "", [{ return 1; }]>,
    InterfaceMethod<[{
      What this mask by itself, without those inside of it, asks of a list of
      the blocks in which it keeps a pair.
    }], "::mlir::attn::MaskTraits", "getTraits", (ins), "", [{ return {}; }]>,
    InterfaceMethod<[{
      This mask with operand slot s replaced by `renumber(s)`, throughout.
    }], "::mlir::Attribute", "renumberSlots",
      (ins "::llvm::function_ref<unsigned(unsigned)>":$renumber), "",
      [{ return $_attr; }]>,
    InterfaceMethod<[{
      Builds run-time checks of the values that operands hold (lengths within
      0..N, sorted boundaries). Checks of shapes are the op's.
    }], "void", "buildOperandChecks",
      (ins "::mlir::attn::MaskCheckBuilder &":$builder), "", [{ (void)builder; }]>,
    InterfaceMethod<[{
      This mask, naming what is computed once in front of its op and then looked up
      for each pair, which `builder` takes. Predicates are built of the result.
    }], "::mlir::Attribute", "buildTables",
      (ins "::mlir::attn::MaskTableBuilder &":$builder), "",
      [{ return ::mlir::attn::buildTablesInside($_attr, builder); }]>
  ];
}

def MechanismOpInterface : OpInterface<"MechanismOpInterface"> {
  let cppNamespace = "::mlir::attn";
  let description = [{
    A mechanism is a fold over blocks of keys: a state, `init`, `step(state,
    keys, values)`, `merge(state, state)`, `finish(state)`.

    Laws:
      1. splitting: step over [a, c) equals step over [a, b), then over [b, c);
      2. merging: folding two disjoint key sets from two initial states and
         merging equals folding their union, up to rounding, in either order;
      3. identity: merging with the initial state changes nothing.
  }];
  let methods = [
    InterfaceMethod<"The extents of the problem, folded where static.",
      "::mlir::attn::ProblemExtents", "buildExtents",
      (ins "::mlir::OpBuilder &":$builder)>,
    InterfaceMethod<[{
      The results of the op for `tile` written into slices of `inits`. Where the
      tile is a part of the keys, the results are those that `buildMergeOfParts`
      asks for.
    }], "::llvm::SmallVector<::mlir::Value>", "buildFoldOfTile",
      (ins "::mlir::OpBuilder &":$builder,
           "::mlir::attn::ScheduleAttr":$schedule,
           "const ::mlir::attn::GridTile &":$tile,
           "::mlir::ValueRange":$inits)>,
    InterfaceMethod<[{
      True if rows may cost more than those before them: then cells of later rows
      are begun first, so that the threads end together.
    }], "bool", "hasUnequalRows">,
    InterfaceMethod<[{
      How many neighbouring heads one cell of the grid folds together: a divisor
      of the heads that share keys.
    }], "int64_t", "getHeadsOfTile",
      (ins "::mlir::attn::ScheduleAttr":$schedule)>,
    InterfaceMethod<[{
      How many neighbouring rows of each head one cell of the grid folds at most:
      a divisor of the rows of a block where the mask lists blocks.
    }], "int64_t", "getRowsOfTile",
      (ins "::mlir::attn::ScheduleAttr":$schedule)>,
    InterfaceMethod<[{
      Tensors for what the folds over `count` parts of the keys leave, stacked
      along the first dimension; those that follow are the dimensions of results.
    }], "::llvm::SmallVector<::mlir::Value>", "buildParts",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::OpFoldResult":$count)>,
    InterfaceMethod<[{
      The results of the op, written into `inits`, from the folds over all parts
      of the keys.
    }], "::llvm::SmallVector<::mlir::Value>", "buildMergeOfParts",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$parts,
           "::mlir::ValueRange":$inits)>,
    InterfaceMethod<"How the problem is cut, or null before planning.",
      "::mlir::attn::ScheduleAttr", "getScheduleAttr">,
    InterfaceMethod<[{
      How it is cut instead while the queries of all heads that share keys number
      at most the query block of this schedule; null if it is always cut alike.
    }], "::mlir::attn::ScheduleAttr", "getFewAttr">
  ];
}

def BlockListOpInterface : OpInterface<"BlockListOpInterface"> {
  let cppNamespace = "::mlir::attn";
  let description = [{
    An op that makes lists of blocks by computing them, for a problem that it
    knows.

    Laws:
      1. the lists are right for any op on `getRows()` queries and `getCols()`
         keys: rows ascend, columns exist, each once;
      2. extents are found without computing what is listed, but for
         `buildNumEntries` where it says so.
  }];
  let methods = [
    InterfaceMethod<"M, the queries that the lists are for.",
      "::mlir::Value", "getRows">,
    InterfaceMethod<"N, the keys that the lists are for.",
      "::mlir::Value", "getCols">,
    InterfaceMethod<[{
      The extents of `row_ptr`: 1 or B, 1 or the number of heads that have lists of
      their own, and the rows of blocks + 1. None is 0.
    }], "::llvm::SmallVector<::mlir::OpFoldResult>", "buildExtents",
      (ins "::mlir::attn::IndexMath &":$math)>,
    InterfaceMethod<[{
      The elements of `col`. It may compute the lists to count them.
    }], "::mlir::OpFoldResult", "buildNumEntries",
      (ins "::mlir::attn::IndexMath &":$math)>
  ];
}

def FoldStepOpInterface : OpInterface<"FoldStepOpInterface"> {
  let cppNamespace = "::mlir::attn";
  let description = [{
    A step of a fold on one tile of queries, over the keys
    [key_begin, key_begin + number of rows of its key operand).
  }];
  let methods = [
    InterfaceMethod<"The state that goes in.", "::mlir::ValueRange", "getState">,
    InterfaceMethod<[{
      The same step over `count` keys from `offset` (relative to this step's
      first key) on `state`; the new state.
    }], "::llvm::SmallVector<::mlir::Value>", "buildForKeys",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::OpFoldResult":$offset,
           "::mlir::OpFoldResult":$count, "::mlir::ValueRange":$state)>,
    InterfaceMethod<"How the fold is cut.",
      "::mlir::attn::ScheduleAttr", "getSchedule">,
    InterfaceMethod<"The number of keys this step folds.",
      "::mlir::OpFoldResult", "buildKeyCount",
      (ins "::mlir::OpBuilder &":$builder)>
  ];
}

#endif // ATTN_IR_ATTNINTERFACES_TD
