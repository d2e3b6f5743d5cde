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
/// Division is rounded down, `ceil(a / b)` up.
class IndexText {
public:
  /// Calls `value` by `name` instead of saying how it is computed.
  void name(Value value, StringRef name) { names[value] = name.str(); }

  std::string print(OpFoldResult value) const;

private:
  std::string print(Value value) const;
  /// `expr` over `operands`; in parentheses if it is a sum and `tight`.
  std::string print(AffineExpr expr, ValueRange operands, unsigned numDims,
                    bool tight) const;
  std::string printSum(AffineExpr expr, ValueRange operands, unsigned numDims,
                       bool tight) const;
  std::string printMap(AffineMap map, ValueRange operands) const;

  llvm::DenseMap<Value, std::string> names;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_INDEXTEXT_H
