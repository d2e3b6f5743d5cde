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
  Operation *op;
  Value latent, weight;
  /// True if the weight is given as [n, dc].
  bool isTransposed;
  double factor;

  /// The columns of the result, as a dimension of the weight from the back.
  unsigned getWidthFromBack() const { return isTransposed ? 2 : 1; }
  /// How many heads the latent has.
  int64_t getHeads() const {
    auto type = cast<RankedTensorType>(latent.getType());
    return type.getRank() < 3 ? 1 : type.getDimSize(type.getRank() - 3);
  }
};

/// The expansion that `value` is; none, with the reason in `why` if it is one
/// that cannot be moved.
std::optional<Expansion> matchExpansion(Value value, std::string &why);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_EXPANSION_H
