//===- IndexText.h - index arithmetic in words -----------------*- C++ -*-===//
//
// Declares the printer of computed bounds for remarks.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_INDEXTEXT_H
#define ATTN_LIB_TRANSFORMS_INDEXTEXT_H

#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/DenseMap.h"
#include <string>

namespace mlir::attn {

/// Prints how an index is computed: "max(0, 512 * t + N - M - 255) / 132".
/// Division is rounded down, `ceil(a / b)` up. Values are spelled out wherever
/// they are used, which is exponential where they share, so that only so many
/// are and the rest is "…".
class IndexText {
public:
  /// Calls `value` by `name` instead of saying how it is computed.
  void name(Value value, StringRef name) { names[value] = name.str(); }

  std::string print(OpFoldResult value) const;

private:
  /// The characters of a text that someone reads; a longer one is "…".
  static constexpr unsigned kMostCharacters = 240;
  /// The computed values that one text spells out.
  static constexpr unsigned kMostValues = 64;

  std::string print(Value value) const;
  /// `expr` over `operands`; in parentheses if it is a sum and `tight`.
  std::string print(AffineExpr expr, ValueRange operands, unsigned numDims,
                    bool tight) const;
  std::string printSum(AffineExpr expr, ValueRange operands, unsigned numDims,
                       bool tight) const;
  std::string printMap(AffineMap map, ValueRange operands) const;

  llvm::DenseMap<Value, std::string> names;
  /// What is left of `kMostValues`.
  mutable unsigned budget = 0;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_INDEXTEXT_H
