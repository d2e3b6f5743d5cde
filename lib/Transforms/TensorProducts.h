//===- TensorProducts.h - products of matrices in linalg -------*- C++ -*-===//
//
// Declares how products of matrices on tensors are recognised, and what may
// stand between two of them.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_TENSORPRODUCTS_H
#define ATTN_LIB_TRANSFORMS_TENSORPRODUCTS_H

#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// `lhs rhs` or, transposed, `lhs rhs^T`, for each element of leading batch
/// dimensions, from a sum of zero.
struct TensorProduct {
  Operation *op;
  Value lhs, rhs;
  bool isTransposed;
};

/// The product that `value` is; none, with the reason in `why`, if it is
/// another contraction, and with an empty one if it is none at all.
std::optional<TensorProduct> matchProduct(Value value, std::string &why);

/// True if sums of the linalg op `op` begin at zeros.
bool startsAtZero(Operation *op);

/// Factors between the product of queries and keys and that with values: one
/// number, and what depends on the places of row i and column j.
struct ProductFactors {
  double scale = 1;
  /// True if pairs with j > i are dropped.
  bool isCausal = false;
  /// The logarithm of what is to the power of i - j; 0 if absent.
  double logDecay = 0;
};

/// Follows `value` through factors to what they multiply; null, with the reason
/// in `why`, where something else stands between, or is used elsewhere.
Value matchFactors(Value value, ProductFactors &factors, std::string &why);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_TENSORPRODUCTS_H
