//===- FormChoice.cpp - the cheapest of several forms ---------------------===//
//
// Counts the multiplications of forms, and builds the choice between them at
// run time.
//
//===----------------------------------------------------------------------===//

#include "FormChoice.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

std::optional<double> FormCost::getConstant() const {
  double total = 0;
  for (ArrayRef<OpFoldResult> extents : products) {
    double product = 1;
    for (OpFoldResult extent : extents) {
      std::optional<int64_t> known = getConstantIntValue(extent);
      if (!known)
        return std::nullopt;
      product *= double(*known);
    }
    total += product;
  }
  return total;
}

Value FormCost::build(OpBuilder &builder, Location loc) const {
  IndexMath math(builder, loc);
  Value total;
  for (ArrayRef<OpFoldResult> extents : products) {
    Value product;
    for (OpFoldResult extent : extents) {
      Value wide = arith::IndexCastOp::create(
          builder, loc, builder.getI64Type(), math.materialize(extent));
      Value number =
          arith::SIToFPOp::create(builder, loc, builder.getF64Type(), wide);
      product = product ? arith::MulFOp::create(builder, loc, product, number)
                        : number;
    }
    total =
        total ? arith::AddFOp::create(builder, loc, total, product) : product;
  }
  return total;
}

/// The results of the forms from `form` on, in `outs`.
static SmallVector<Value>
buildFormsFrom(OpBuilder &builder, Location loc, unsigned form,
               ArrayRef<Value> conditions, ArrayRef<Value> outs,
               llvm::function_ref<SmallVector<Value>(unsigned)> build) {
  if (form == conditions.size()) {
    // Into the buffer of all forms; a copy in loops would be folded.
    SmallVector<Value> copies;
    for (auto [result, out] : llvm::zip_equal(build(form), outs)) {
      Value source = result;
      if (source.getType() != out.getType())
        source = tensor::CastOp::create(builder, loc, out.getType(), source);
      copies.push_back(bufferization::MaterializeInDestinationOp::create(
                           builder, loc, out.getType(), source, out)
                           .getResult());
    }
    return copies;
  }
  auto branch = scf::IfOp::create(builder, loc, ValueRange(outs).getTypes(),
                                  conditions[form], /*addThenBlock=*/true,
                                  /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  auto only = [&](unsigned) { return build(form); };
  scf::YieldOp::create(builder, loc,
                       buildFormsFrom(builder, loc, 0, {}, outs, only));
  builder.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(
      builder, loc,
      buildFormsFrom(builder, loc, form + 1, conditions, outs, build));
  return SmallVector<Value>(branch.getResults());
}

SmallVector<Value> attn::buildFormChoice(
    OpBuilder &builder, Location loc, ArrayRef<Value> conditions,
    ArrayRef<SmallVector<OpFoldResult>> sizes, TypeRange types,
    llvm::function_ref<SmallVector<Value>(unsigned)> build) {
  SmallVector<Value> outs;
  for (auto [size, type] : llvm::zip_equal(sizes, types))
    outs.push_back(tensor::EmptyOp::create(
        builder, loc, size, cast<RankedTensorType>(type).getElementType()));
  SmallVector<Value> results =
      buildFormsFrom(builder, loc, 0, conditions, outs, build);
  for (auto [result, type] : llvm::zip_equal(results, types))
    if (result.getType() != type)
      result = tensor::CastOp::create(builder, loc, type, result);
  return results;
}
