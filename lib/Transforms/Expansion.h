//===- Expansion.h - products of rows and a matrix a head -------*- C++ -*-===//
//
// Declares how rows times a matrix, head by head, are recognised.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_EXPANSION_H
#define ATTN_LIB_TRANSFORMS_EXPANSION_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// `factor * latent weight`, head by head.
struct Expansion {
  /// The product, behind what sees its columns as heads; the last one first.
  SmallVector<Operation *, 1> ops;
  Value latent, weight;
  /// True if the weight is given as [n, dc].
  bool isTransposed;
  double factor;
  /// The heads whose columns n lie side by side in the weight, a matrix then;
  /// 0 if it has a dimension of heads, or none.
  int64_t sideBySide = 0;

  Value getResult() const { return ops.front()->getResult(0); }
  /// The heads of the weight, and the columns of each.
  int64_t getHeads() const;
  int64_t getWidth() const;
  /// The rows of the weight.
  int64_t getDepth() const;
};

/// The expansion that `value` is; none, with the reason in `why` if it is one
/// that cannot be moved.
std::optional<Expansion> matchExpansion(Value value, std::string &why);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_EXPANSION_H
