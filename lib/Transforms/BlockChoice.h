//===- BlockChoice.h - the highest of a row of scores ----------*- C++ -*-===//
//
// Declares the choice of blocks in one row, by integers that order as their
// scores do.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_BLOCKCHOICE_H
#define ATTN_LIB_TRANSFORMS_BLOCKCHOICE_H

#include "mlir/IR/Builders.h"
#include <limits>

namespace mlir::attn {

/// The rank of what is never chosen: below that of every score.
inline constexpr int32_t kNeverRank = std::numeric_limits<int32_t>::min();
/// The rank of what is chosen before any score: above that of infinity.
inline constexpr int32_t kAlwaysRank = std::numeric_limits<int32_t>::max();

/// An i32 that is less iff `score`, an f32, is less; that of -inf and NaN is
/// `kNeverRank`.
Value buildRank(OpBuilder &builder, Location loc, Value score);

/// The blocks of a row.
struct ChosenBlocks {
  /// Their columns, in ascending order, at the beginning of a tensor.
  Value columns;
  /// How many they are, an i32.
  Value count;
};

/// Chooses of `ranks`, a tensor of i32, the `most` highest but those of rank
/// `kNeverRank`, the first of equals; writes their places into `room`.
ChosenBlocks buildChoice(OpBuilder &builder, Location loc, Value ranks,
                         Value most, Value room);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_BLOCKCHOICE_H
