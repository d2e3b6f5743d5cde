//===- ChainCost.h - multiplications of chains of products -----*- C++ -*-===//
//
// Declares how many multiplications an order of products takes, as a polynomial
// of the extents that only a call knows.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_CHAINCOST_H
#define ATTN_LIB_TRANSFORMS_CHAINCOST_H

#include "FormChoice.h"
#include <array>

namespace mlir::attn {

/// An extent: a number, times those of `Unknown` that `unknown` names.
struct ChainExtent {
  /// What a call knows, as bits.
  enum Unknown : unsigned { Batch = 1, Queries = 2, Keys = 4 };

  unsigned unknown = 0;
  double known = 1;

  /// `extent`, or `which` where it is dynamic.
  static ChainExtent of(int64_t extent, Unknown which) {
    return ShapedType::isDynamic(extent) ? ChainExtent{which, 1}
                                         : ChainExtent{0, double(extent)};
  }
  ChainExtent operator*(ChainExtent other) const {
    return {unknown | other.unknown, known * other.known};
  }
};

/// A sum of products of extents, each of which counts no unknown twice.
class ChainCost {
public:
  ChainCost() = default;
  ChainCost(ChainExtent product) { terms[product.unknown] = product.known; }

  ChainCost operator+(const ChainCost &other) const;
  ChainCost operator-(const ChainCost &other) const;

  /// True if no call can make this more than `other`.
  bool isAtMost(const ChainCost &other) const;

  /// The number where it depends on no call.
  std::optional<double> getConstant() const;

  /// The number for `extents`: batch, queries, keys.
  double evaluate(const std::array<double, 3> &extents) const;

  /// The number at run time, an f64, for `extents`.
  Value build(OpBuilder &builder, Location loc,
              ArrayRef<OpFoldResult> extents) const;

private:
  /// The factor of each set of unknowns.
  std::array<double, 8> terms{};
};

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_CHAINCOST_H
