//===- FormChoice.h - the cheapest of several forms ------------*- C++ -*-===//
//
// Declares how forms of the same attention are compared, and how the choice is
// left to run time where extents are known only there.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_FORMCHOICE_H
#define ATTN_LIB_TRANSFORMS_FORMCHOICE_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// The multiplications of a form: a sum of products of extents.
class FormCost {
public:
  FormCost() = default;
  FormCost(std::initializer_list<SmallVector<OpFoldResult>> products)
      : products(products) {}

  void add(SmallVector<OpFoldResult> product) { products.push_back(product); }

  /// Their number, where all extents are known.
  std::optional<double> getConstant() const;

  /// Their number at run time, an f64: products of extents may leave an index.
  Value build(OpBuilder &builder, Location loc) const;

private:
  SmallVector<SmallVector<OpFoldResult>> products;
};

/// The results of the first form whose condition holds at run time, of the last
/// one, which has none, if none does. `build` builds those of a form at the
/// place of `builder`; all have the same types and extents. `sizes` are those
/// of each result, known in front of all.
SmallVector<Value>
buildFormChoice(OpBuilder &builder, Location loc, ArrayRef<Value> conditions,
                ArrayRef<SmallVector<OpFoldResult>> sizes, TypeRange types,
                llvm::function_ref<SmallVector<Value>(unsigned)> build);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_FORMCHOICE_H
