//===- AttnMaskAttrs.td - which (query, key) pairs exist -------*- tablegen -*-===//
//
// Declares the masks. One file of lib/IR/Masks implements each.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNMASKATTRS_TD
#define ATTN_IR_ATTNMASKATTRS_TD

include "attn/IR/AttnDialect.td"
include "attn/IR/AttnInterfaces.td"
include "mlir/IR/AttrTypeBase.td"

class Attn_Mask<string name, string maskMnemonic, list<string> overridden = []>
    : AttrDef<Attn_Dialect, name, [
        DeclareAttrInterfaceMethods<MaskAttrInterface, overridden>]> {
  let mnemonic = maskMnemonic;
}

/// A mask with one extent: `near<7>`.
class Attn_ExtentMask<string name, string maskMnemonic, list<string> overridden = []>
    : Attn_Mask<name, maskMnemonic, !listconcat(["verifyMask"], overridden)> {
  let parameters = (ins "int64_t":$extent);
  let assemblyFormat = "`<` $extent `>`";
}

/// A mask that reads a tensor operand of its op: `lens(%n : tensor<?xi32>)`.
class Attn_OperandMask<string name, string maskMnemonic, list<string> overridden = []>
    : Attn_Mask<name, maskMnemonic, !listconcat(["verifyMask", "renumberSlots",
        "buildOperandChecks"], overridden)> {
  let parameters = (ins "unsigned":$slot);
  let assemblyFormat = "`<` $slot `>`";
}

def Attn_FullMask : Attn_Mask<"FullMask", "full", ["getUnit"]> {
  let summary = "every pair";
  let description = "Keeps every key: true. The identity of `all`.";
}

def Attn_EmptyMask : Attn_Mask<"EmptyMask", "empty", ["getUnit"]> {
  let summary = "no pair";
  let description = [{
    Keeps no key: false. The identity of `any`. The output is 0 and the
    log-sum-exp is -inf.
  }];
}

def Attn_CausalMask
    : Attn_Mask<"CausalMask", "causal",
                ["usesQueryPosition", "intersectWith", "simplifyMask"]> {
  let summary = "keys up to the query";
  let description = "Keeps key j iff j <= i + o (absolute position of the query).";
}

def Attn_WindowMask
    : Attn_Mask<"WindowMask", "window",
                ["usesQueryPosition", "intersectWith", "simplifyMask", "verifyMask"]> {
  let summary = "keys within a distance of the query";
  let description = [{
    Keeps key j iff i + o - left <= j <= i + o + right. `left` counts the keys
    strictly before the query: a window of 128 keys including the query itself
    is `window<127, 0>`. `*` leaves a side unbounded.

    Paper: Longformer, arXiv:2004.05150; Mistral, arXiv:2310.06825.
  }];
  let parameters = (ins "int64_t":$left, "int64_t":$right);
  let assemblyFormat = "`<` custom<Reach>($left) `,` custom<Reach>($right) `>`";
  let extraClassDeclaration = [{
    /// The parameter value that stands for an unbounded side, printed `*`.
    static constexpr int64_t kUnbounded = std::numeric_limits<int64_t>::max();
  }];
}

def Attn_NearMask
    : Attn_ExtentMask<"NearMask", "near",
                      ["usesQueryPosition", "simplifyMask", "intersectWith"]> {
  let summary = "the k nearest keys, also at the borders";
  let description = [{
    Keeps key j iff s <= j < s + k with s = clamp(i + o - floor(k / 2), 0, N - k):
    queries at a border still see k keys.

    Paper: Neighborhood Attention Transformer, arXiv:2204.07143.
  }];
}

def Attn_ColsMask
    : Attn_ExtentMask<"ColsMask", "cols",
                      ["simplifyMask", "intersectWith"]> {
  let summary = "the first n keys";
  let description = "Keeps key j iff j < n. Prefix-LM, attention sinks (arXiv:2309.17453).";
}

def Attn_ColsLastMask
    : Attn_ExtentMask<"ColsLastMask", "cols_last",
                      ["simplifyMask", "intersectWith"]> {
  let summary = "the last n keys";
  let description = "Keeps key j iff j >= N - n.";
}

def Attn_RowsMask
    : Attn_ExtentMask<"RowsMask", "rows",
                      ["simplifyMask", "intersectWith"]> {
  let summary = "every key for the first n queries";
  let description = "Keeps key j iff i < n, with i the raw row of the query.";
}

def Attn_RowsLastMask
    : Attn_ExtentMask<"RowsLastMask", "rows_last",
                      ["simplifyMask", "intersectWith"]> {
  let summary = "every key for the last n queries";
  let description = "Keeps key j iff i >= M - n, with i the raw row of the query.";
}

def Attn_LensMask : Attn_OperandMask<"LensMask", "lens", ["getTraits"]> {
  let summary = "the first n[b] keys of each batch element";
  let description = [{
    Keeps key j iff j < n[b]: padding, the filled part of a cache. The operand
    is a 1-D i32 tensor of B (or 1) values in 0..N. Keys and values beyond n[b]
    are never read.
  }];
}

def Attn_DocsMask : Attn_OperandMask<"DocsMask", "docs"> {
  let summary = "keys of the query's own document";
  let description = [{
    Keeps key j iff raw query row i and key j lie in the same document
    [cu[d], cu[d + 1]). The operand is a 1-D i32 tensor of ascending boundaries
    in 0..N; documents may be empty, and rows outside all documents see nothing.
  }];
}

def Attn_BlocksMask : Attn_Mask<"BlocksMask", "blocks", ["verifyMask",
    "renumberSlots", "buildOperandChecks", "splitListedBlocks"]> {
  let summary = "the blocks of a list";
  let description = [{
    Keeps key j iff block (floor(i / bq), floor(j / bk)) is listed, with i the raw
    row of the query. Written with a list,

    ```mlir
    mask(blocks(%m : !attn.blocks<128, 128>))
    ```

    or with the tensors that `attn.block_list` makes one from, which is what lists
    become when a kernel is planned:

    ```mlir
    mask(blocks<128, 128>(%row_ptr : tensor<1x1x?xi32>, %col : tensor<?xi32>))
    ```

    A third number, as in `!attn.blocks<1, 64, 4>`, is that of the neighbouring heads
    that a list is for.

    Alone, or as one of `all(…)`, only listed blocks are visited. Anywhere else
    membership is looked up pair by pair, which is slow.

    Papers: BigBird, arXiv:2007.14062; MoBA, arXiv:2502.13189.
  }];
  let parameters = (ins "int64_t":$query_block, "int64_t":$key_block,
                        "int64_t":$group, ArrayRefParameter<"unsigned">:$slots);
  let assemblyFormat = "`<` $query_block `,` $key_block `,` $group `,` $slots `>`";
  let builders = [
    AttrBuilder<(ins "::mlir::attn::BlocksType":$type,
                     "::llvm::ArrayRef<unsigned>":$slots),
                [{ return $_get($_ctxt, type.getQueryBlock(), type.getKeyBlock(),
                                type.getGroup(), slots); }]>
  ];
  let extraClassDeclaration = [{
    /// True if the list is a value of its own type, false if it is two tensors.
    bool isList() const { return getSlots().size() == 1; }
  }];
}

def Attn_PredMask : Attn_Mask<"PredMask", "pred", ["usesQueryPosition",
    "verifyMask", "getTraits", "renumberSlots", "buildOperandChecks"]> {
  let summary = "the pairs that a predicate of the user keeps";
  let description = [{
    Keeps key j iff the predicate says so of (b, h, i, j), with i the absolute
    position of the query. The predicate is an `attn.predicate` of the module, and
    the operands are what it reads, in any order of types and ranks:

    ```mlir
    mask(all(causal, pred<@keep>(%seg : tensor<?xi32>)))
    ```

    Inside of `block<u, …>` i and j count blocks, inside of `grid` they are
    coordinates along the axis.

    Nothing is known of its rows, so that any key may be seen and none must: blocks
    are listed by looking at their pairs. `attn-raise-predicates` puts masks in the
    place of what it recognises, and says with `any_batch` and `any_head` that the
    code asks for no batch element and no head, so that all share one list.

    Paper: FlexAttention, arXiv:2412.05496.
  }];
  let parameters = (ins "::mlir::FlatSymbolRefAttr":$predicate,
                        "bool":$any_batch, "bool":$any_head,
                        OptionalArrayRefParameter<"unsigned">:$slots);
  let assemblyFormat = [{
    `<` $predicate `,` $any_batch `,` $any_head (`,` $slots^)? `>`
  }];
}

def Attn_StrideMask
    : Attn_ExtentMask<"StrideMask", "stride",
                      ["usesQueryPosition", "simplifyMask", "intersectWith", "getTraits"]> {
  let summary = "every s-th key, counted back from the query";
  let description = [{
    Keeps key j iff (i + o - j) mod s = 0, before the query and behind it.
    `all(window<6, 6>, stride<2>)` is a dilated window of 7 keys.

    Paper: Sparse Transformer, arXiv:1904.10509.
  }];
}

def Attn_ColmodMask
    : Attn_Mask<"ColmodMask", "colmod",
                ["verifyMask", "simplifyMask", "intersectWith", "getTraits"]> {
  let summary = "the last c of every s keys";
  let description = [{
    Keeps key j iff j mod s >= s - c, for 1 <= c <= s: the summaries that the
    "fixed" pattern of the Sparse Transformer shows to all later queries.

    Paper: Sparse Transformer, arXiv:1904.10509.
  }];
  let parameters = (ins "int64_t":$stride, "int64_t":$count);
  let assemblyFormat = "`<` $stride `,` $count `>`";
}

def Attn_SameMask : Attn_OperandMask<"SameMask", "same", ["getTraits"]> {
  let summary = "keys with the number of the query";
  let description = [{
    Keeps key j iff seg[i] = seg[j], with i the raw row of the query. The operand
    is a 1-D i32 tensor of N numbers in any order, and M is at most N. Clusters
    (Routing Transformer, arXiv:2003.05997), segments (XLNet, arXiv:1906.08237).
  }];
}

def Attn_OrderMask : Attn_OperandMask<"OrderMask", "order", ["getTraits"]> {
  let summary = "keys that come no later than the query in some order";
  let description = [{
    Keeps key j iff rank[j] <= rank[i], with i the raw row of the query. The
    operand is a 1-D i32 tensor of N ranks, and M is at most N. Queries see
    themselves; ranks may be equal.

    Paper: XLNet, arXiv:1906.08237.
  }];
}

def Attn_GlobalMask : Attn_OperandMask<"GlobalMask", "global", ["getTraits"]> {
  let summary = "all pairs of a marked query or a marked key";
  let description = [{
    Keeps key j iff flag[i] or flag[j] is not 0, with i the raw row of the query.
    The operand is a 1-D i32 tensor of N flags, and M is at most N.

    Paper: Longformer, arXiv:2004.05150.
  }];
}

/// A mask made of masks.
class Attn_ListMask<string name, string maskMnemonic, list<string> overridden = []>
    : Attn_Mask<name, maskMnemonic, !listconcat(["usesQueryPosition", "verifyMask",
        "simplifyMask", "renumberSlots", "buildOperandChecks", "getUnit"], overridden)> {
  let parameters = (ins ArrayRefParameter<"::mlir::attn::MaskAttrInterface">:$masks);
  let assemblyFormat = "`<` $masks `>`";
}

def Attn_AllMask : Attn_ListMask<"AllMask", "all", ["splitListedBlocks"]> {
  let summary = "pairs that every mask keeps";
  let description = "`all(A, B, …)` keeps j iff each of A, B, … keeps it; `all()` is `full`.";
}

def Attn_AnyMask : Attn_ListMask<"AnyMask", "any"> {
  let summary = "pairs that some mask keeps";
  let description = "`any(A, B, …)` keeps j iff one of A, B, … keeps it; `any()` is `empty`.";
}

def Attn_NotMask : Attn_Mask<"NotMask", "not", ["usesQueryPosition", "verifyMask",
    "simplifyMask", "renumberSlots", "buildOperandChecks", "getUnit"]> {
  let summary = "pairs that a mask drops";
  let description = "`not(A)` keeps j iff A does not.";
  let parameters = (ins "::mlir::attn::MaskAttrInterface":$mask);
  let assemblyFormat = "`<` $mask `>`";
}

def Attn_BlockMask : Attn_Mask<"BlockMask", "block", ["usesQueryPosition",
    "verifyMask", "simplifyMask", "intersectWith", "renumberSlots",
    "buildOperandChecks", "getUnit", "getTraits", "buildTables"]> {
  let summary = "a mask on blocks of queries and keys";
  let description = [{
    `block<b, A>` keeps key j iff A keeps floor(j / b), on ceil(M / b) rows and
    ceil(N / b) keys. Inside, the row of a query is floor(i / b) of its raw row i,
    and its position floor((i + o) / b) of its absolute position. Operands of masks
    inside have one element a block.

    `all(causal, block<c, window<0, 0>>)` attends within chunks of c keys.
  }];
  let parameters = (ins "int64_t":$extent, "::mlir::attn::MaskAttrInterface":$mask);
  let assemblyFormat = "`<` $extent `,` $mask `>`";
}

def Attn_PerHeadMask : Attn_Mask<"PerHeadMask", "per_head", ["usesQueryPosition",
    "verifyMask", "simplifyMask", "intersectWith", "renumberSlots",
    "buildOperandChecks", "getUnit", "getTraits"]> {
  let summary = "a mask for each head";
  let description = "`per_head[A, B, …]` keeps what the mask of the query head h keeps; one for each of the H.";
  let parameters = (ins ArrayRefParameter<"::mlir::attn::MaskAttrInterface">:$masks);
  let assemblyFormat = "`<` $masks `>`";
}

/// A mask that draws some keys of its candidates. The keys with the r smallest
/// hashes are those with hashes up to a limit, which is computed for each query
/// before the op runs; the slot of the limits is the only one of `slots`.
class Attn_DrawMask<string name, string maskMnemonic>
    : Attn_Mask<name, maskMnemonic, ["usesQueryPosition", "verifyMask",
        "simplifyMask", "renumberSlots", "buildOperandChecks", "buildTables",
        "getTraits"]>;

def Attn_RandomMask : Attn_DrawMask<"RandomMask", "random"> {
  let summary = "r random keys for each query";
  let description = [{
    `random<r, seed>` keeps key j iff it is among the r keys with the smallest

    ```
    hash(seed, h, i, j) = mix(mix(mix(mix(seed) ^ h) ^ i) ^ j)
    ```

    as unsigned numbers, with h the query head, i the raw row of the query and mix the
    step of splitmix64, which maps 64 bits one to one: hashes of a row are all different,
    and every subset of r keys is as likely. The same keys are drawn on every machine, and
    for every batch element. r is at most N.

    `random<r, seed, within A>` draws from the keys that A keeps, all of them where
    they are fewer than r. Inside of `block` blocks are drawn; `random` does not stand
    inside of `grid`. Planned, it names the limits of the hashes that `attn.random_limits`
    makes:

    ```mlir
    mask(random<3, 7>(%limits : tensor<?x?x?xi64>))
    ```

    Papers: BigBird, arXiv:2007.14062; splitmix64, doi:10.1145/2660193.2660195.
  }];
  let parameters = (ins "int64_t":$count, "uint64_t":$seed,
                        OptionalParameter<"::mlir::attn::MaskAttrInterface">:$within,
                        OptionalArrayRefParameter<"unsigned">:$slots);
  let assemblyFormat = [{
    `<` $count `,` $seed (`within` $within^)? (`limits` `(` $slots^ `)`)? `>`
  }];
}

def Attn_PlusRandomMask : Attn_DrawMask<"PlusRandomMask", "plus_random"> {
  let summary = "a mask and r random keys besides";
  let description = [{
    `plus_random<r, seed, A>` keeps what A keeps, and r keys besides, drawn as by `random`
    from those that A drops; `plus_random<r, seed, A, within B>` draws from those of
    B that A drops. Where they are fewer than r, all are kept.

    `block<64, plus_random<3, 7, any(window<1, 1>, cols<1>, rows<1>)>>` is BigBird's pattern.

    Paper: BigBird, arXiv:2007.14062.
  }];
  let parameters = (ins "int64_t":$count, "uint64_t":$seed,
                        "::mlir::attn::MaskAttrInterface":$mask,
                        OptionalParameter<"::mlir::attn::MaskAttrInterface">:$within,
                        OptionalArrayRefParameter<"unsigned">:$slots);
  let assemblyFormat = [{
    `<` $count `,` $seed `,` $mask (`within` $within^)? (`limits` `(` $slots^ `)`)? `>`
  }];
  let extraClassDeclaration = [{
    /// The same pairs as `any(A, random<r, seed, within all(B, not(A))>)`.
    ::mlir::attn::MaskAttrInterface getUnion() const;
  }];
}

def Attn_GridMask : Attn_Mask<"GridMask", "grid", ["usesQueryPosition",
    "verifyMask", "simplifyMask", "intersectWith", "renumberSlots",
    "buildOperandChecks"]> {
  let summary = "a mask for each axis of an image or a video";
  let description = [{
    The N = n1 ... nr keys are the points of a grid, the last axis running
    fastest. `grid<[n1, …, nr], [A1, …, Ar]>` keeps a key iff each Aa keeps its
    coordinate on axis a, with na queries and na keys. Inside, row and position of a
    query are both its coordinate, which is that of the grid point at its absolute position
    i + o; queries that stand on none see nothing.

    `grid<[H, W], [near<7>, near<7>]>` is a neighbourhood of 7 x 7 pixels, `window`
    in place of `near` one that the border cuts off.

    With `box [b1, …, br]`, each a divisor of its axis, keys and queries come box by
    box: boxes in the order of the grid, and the points of each one after another, the
    last axis running fastest in both. Near points then stand near each other:

    ```mlir
    mask(grid<[128, 128], [near<13>, near<13>], box [8, 8]>)
    ```

    Paper: Neighborhood Attention Transformer, arXiv:2204.07143.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$extents,
                        ArrayRefParameter<"::mlir::attn::MaskAttrInterface">:$masks,
                        OptionalArrayRefParameter<"int64_t">:$box);
  let builders = [AttrBuilder<(ins "::llvm::ArrayRef<int64_t>":$extents,
      "::llvm::ArrayRef<::mlir::attn::MaskAttrInterface>":$masks), [{
    return $_get($_ctxt, extents, masks, ::llvm::ArrayRef<int64_t>());
  }]>];
  let assemblyFormat = "`<` `[` $extents `]` `,` `[` $masks `]` (`,` `box` `[` $box^ `]`)? `>`";
}

#endif // ATTN_IR_ATTNMASKATTRS_TD
