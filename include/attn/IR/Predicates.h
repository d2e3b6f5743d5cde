//===- Predicates.h - the code of masks `pred` -----------------*- C++ -*-===//
//
// Declares how ops and lowerings find and build the predicates that their masks
// name.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_PREDICATES_H
#define ATTN_IR_PREDICATES_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// The predicate of that name in the module around `op`, which verified.
PredicateOp findPredicate(Operation *op, FlatSymbolRefAttr name);

/// The extent of dimension `dim` of an array, a tensor or a memref.
Value buildArrayExtent(OpBuilder &builder, Location loc, Value array,
                       int64_t dim);

/// `index`, an index or a vector of them, or the nearest one within dimension
/// `dim` of `array`. `widen` gives limits, which are indices, the type of
/// `index`.
Value buildHeldIndex(OpBuilder &builder, Location loc, Value array, int64_t dim,
                     Value index, llvm::function_ref<Value(Value)> widen);

/// The code of `predicate` on one pair (b, h, i, j) and its arrays, tensors or
/// memrefs.
Value buildPredicate(OpBuilder &builder, PredicateOp predicate,
                     ValueRange indices, ValueRange arrays);

} // namespace mlir::attn

#endif // ATTN_IR_PREDICATES_H
