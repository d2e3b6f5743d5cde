//===- Disjuncts.h - the algebra of unions of intervals --------*- C++ -*-===//
//
// Declares intersection, complement and reduction of disjuncts, which is all
// that masks made of masks need.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_IR_MASKS_DISJUNCTS_H
#define ATTN_LIB_IR_MASKS_DISJUNCTS_H

#include "attn/IR/MaskBuilders.h"

namespace mlir::attn {

/// A union of intervals. None at all is the empty set.
using DisjunctList = SmallVector<MaskDisjunct, kMaxDisjuncts>;

/// The keys of `lhs` and `rhs`: pair by pair, may with may and must with must.
DisjunctList intersectDisjuncts(MaskIntervalBuilder &builder,
                                ArrayRef<MaskDisjunct> lhs,
                                ArrayRef<MaskDisjunct> rhs);

/// The keys that `disjuncts` do not hold: what some query may lack are the keys
/// that not every query must see, and the other way round.
DisjunctList complementDisjuncts(MaskIntervalBuilder &builder,
                                 ArrayRef<MaskDisjunct> disjuncts);

/// Drops what is known to be empty or held by another disjunct, joins those
/// whose union is known to be an interval, and takes hulls until at most
/// `kMaxDisjuncts` are left.
void reduceDisjuncts(MaskIntervalBuilder &builder, DisjunctList &disjuncts);

} // namespace mlir::attn

#endif // ATTN_LIB_IR_MASKS_DISJUNCTS_H
