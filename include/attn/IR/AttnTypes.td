//===- AttnTypes.td - what operands of masks may be ------------*- tablegen -*-===//
//
// Declares the types of the dialect and of the operands that masks read.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNTYPES_TD
#define ATTN_IR_ATTNTYPES_TD

include "attn/IR/AttnDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/CommonTypeConstraints.td"

def Attn_BlocksType : TypeDef<Attn_Dialect, "Blocks"> {
  let mnemonic = "blocks";
  let summary = "lists of blocks of queries and keys";
  let description = [{
    For each batch element and head, or shared by them: which blocks of bq queries
    by bk keys exist, row of blocks by row of blocks. Known at run time only; as long
    as the lists are, and never M x N. `attn.block_list` makes one from tensors,
    `attn.block_map` from a mask, `attn.select` from scores. The type does not cross the border of a function.

    A third number says that each list is for so many neighbouring heads, such as
    those that share keys; kernels fold them together.

    ```mlir
    !attn.blocks<128, 128>
    !attn.blocks<1, 64, 4>
    ```
  }];
  let parameters = (ins "int64_t":$query_block, "int64_t":$key_block,
                        DefaultValuedParameter<"int64_t", "1">:$group);
  let builders = [
    TypeBuilder<(ins "int64_t":$queryBlock, "int64_t":$keyBlock,
                     CArg<"int64_t", "1">:$group),
                [{ return $_get($_ctxt, queryBlock, keyBlock, group); }]>
  ];
  let skipDefaultBuilders = 1;
  let assemblyFormat = "`<` $query_block `,` $key_block (`,` $group^)? `>`";
  let genVerifyDecl = 1;
}

/// A tensor of 32-bit integers: lengths, boundaries, offsets.
def Attn_I32Tensor : RankedTensorOf<[I32]>;
/// A tensor of limits of hashes, which are numbers of 64 bits without a sign.
def Attn_I64Tensor : RankedTensorOf<[I64]>;
/// What a mask reads; each mask says which of these it takes.
def Attn_MaskOperand
    : AnyTypeOf<[RankedTensorOf<[AnyInteger, AnyFloat]>, Attn_BlocksType]>;

#endif // ATTN_IR_ATTNTYPES_TD
