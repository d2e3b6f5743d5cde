//===- TokenBounds.h - what the tokens of a block hold ---------*- C++ -*-===//
//
// Declares the bounds of elements that masks with one for each token ask for,
// where they are asked about a range of keys.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_IR_MASKS_TOKENBOUNDS_H
#define ATTN_LIB_IR_MASKS_TOKENBOUNDS_H

#include "attn/IR/MaskBuilders.h"

namespace mlir::attn {

/// The least and the greatest element of some tokens, i32.
struct TokenBounds {
  Value least, greatest;
};

/// Those of operand `slot` over the queries and over the keys asked about: one
/// pass over each. Of `marks`, those of 1 for an element that is not 0, and 0
/// for one that is. Nothing unless `builder` is asked about some keys only;
/// over all of them, the bounds would say little and cost much.
std::optional<std::pair<TokenBounds, TokenBounds>>
buildTokenBounds(MaskIntervalBuilder &builder, unsigned slot,
                 bool marks = false);

/// Whether some, and whether each, number of `lhs` is at most some, or each, of
/// `rhs`.
std::pair<Value, Value> buildAreAtMost(MaskIntervalBuilder &builder,
                                       const TokenBounds &lhs,
                                       const TokenBounds &rhs);

/// The disjunct of every key or none: whether some query may see some key, and
/// whether all see all.
MaskDisjunct buildAllOrNone(MaskIntervalBuilder &builder, Value may,
                            Value must);

} // namespace mlir::attn

#endif // ATTN_LIB_IR_MASKS_TOKENBOUNDS_H
