//===- ConcatenatedRows.h - rows of two groups of columns -------*- C++ -*-===//
//
// Declares how rows are recognised that are put together from columns of two,
// and rows that all heads share.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_CONCATENATEDROWS_H
#define ATTN_LIB_TRANSFORMS_CONCATENATEDROWS_H

#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// `[first | second]`, side by side.
struct ConcatenatedRows {
  /// What puts them together, the last one first.
  SmallVector<Operation *, 2> ops;
  Value first, second;
};

/// The two parts that `value` consists of, by a tensor.concat or by two
/// tensor.insert_slice into an empty tensor; none if it is something else, or
/// if something else reads what is between.
std::optional<ConcatenatedRows> matchConcatenatedRows(Value value);

/// The rows `[(B,) N, r]` or `[(B,) 1, N, r]` of which each head of `value` is
/// a copy; null if it is something else.
Value matchSharedRows(Value value);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_CONCATENATEDROWS_H
