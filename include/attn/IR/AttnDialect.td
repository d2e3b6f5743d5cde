//===- AttnDialect.td - the attention dialect ------------------*- tablegen -*-===//
//
// Declares the dialect that says what attention computes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNDIALECT_TD
#define ATTN_IR_ATTNDIALECT_TD

include "mlir/IR/OpBase.td"

def Attn_Dialect : Dialect {
  let name = "attn";
  let cppNamespace = "::mlir::attn";
  let summary = "Attention: what is computed, over which pairs, cut how, for what machine";
  let description = [{
    Four nouns. A *mechanism* is an op that implements `MechanismOpInterface`
    (`attn.sdpa`): it folds blocks of keys into a state. A *mask* is an
    attribute that implements `MaskAttrInterface` (`causal`, `window<255, 0>`,
    `all(…)`): it says which (query, key) pairs exist, and answers which keys a
    range of queries may see or must see without ever enumerating pairs. A
    *schedule* (`#attn.schedule`) says how the problem is cut, and a *target*
    (`#attn.target`) states facts about a machine.

    Extents in all descriptions: B batches, H query heads, Hk key heads,
    M queries, N keys, D key width, E value width.
  }];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let hasRegionArgAttrVerify = 1;
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

class Attn_Op<string mnemonic, list<Trait> traits = []>
    : Op<Attn_Dialect, mnemonic, traits>;

#endif // ATTN_IR_ATTNDIALECT_TD
