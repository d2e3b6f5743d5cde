//===- StateStrips.h - columns of a state in registers ---------*- C++ -*-===//
//
// Declares how decoding steps go through the columns of a state: by strips, of
// which sums are carried through all rows.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_LINEAR_STATESTRIPS_H
#define ATTN_LIB_CPU_LINEAR_STATESTRIPS_H

#include "Vector/VectorBuilder.h"

namespace mlir::attn {

/// Neighbouring columns of a state, in whole vectors but for the last one.
struct StateStrip {
  /// The columns of row `row` of `state`, 0 in lanes that do not exist.
  SmallVector<Value> load(VectorBuilder &b, Value state, Value row) const;
  /// `vectors` to the columns of row `row` of `state`, and to nothing beside.
  void store(VectorBuilder &b, ArrayRef<Value> vectors, Value state,
             Value row) const;

  /// Where the vectors begin.
  SmallVector<Value> columns;
  /// Of the last vector's lanes those that exist; null for all.
  Value mask;
};

/// The vectors that a strip may have where `heads` read the state, on a machine
/// with so many registers.
int64_t getMostVectors(int64_t registers, int64_t heads);

/// Goes through `width` columns by strips of `most` vectors at most. Whole
/// rows, where that suffices, are read and written in the order of memory,
/// which processors fetch ahead.
void forEachStateStrip(
    VectorBuilder &b, int64_t width, int64_t most,
    llvm::function_ref<void(VectorBuilder &, const StateStrip &)> body);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_LINEAR_STATESTRIPS_H
