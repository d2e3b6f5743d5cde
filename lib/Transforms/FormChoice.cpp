//===- FormChoice.cpp - the cheaper of two forms --------------------------===//
//
// Counts the multiplications of forms, and builds the choice between two of
// them at run time.
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

SmallVector<Value>
attn::buildFormChoice(OpBuilder &builder, Location loc, Value condition,
                      ArrayRef<SmallVector<OpFoldResult>> sizes,
                      TypeRange types, FormBuilder first, FormBuilder second) {
  SmallVector<Value> outs;
  for (auto [size, type] : llvm::zip_equal(sizes, types))
    outs.push_back(tensor::EmptyOp::create(
        builder, loc, size, cast<RankedTensorType>(type).getElementType()));
  auto branch =
      scf::IfOp::create(builder, loc, ValueRange(outs).getTypes(), condition,
                        /*addThenBlock=*/true, /*addElseBlock=*/true);
  {
    OpBuilder::InsertionGuard guard(builder);
    for (bool isFirst : {true, false}) {
      builder.setInsertionPointToStart(isFirst ? branch.thenBlock()
                                               : branch.elseBlock());
      SmallVector<Value> copies;
      SmallVector<Value> results = isFirst ? first() : second();
      // Into the buffer of both branches; a copy in loops would be folded.
      for (auto [result, out] : llvm::zip_equal(results, outs)) {
        if (result.getType() != out.getType())
          result = tensor::CastOp::create(builder, loc, out.getType(), result);
        copies.push_back(bufferization::MaterializeInDestinationOp::create(
                             builder, loc, out.getType(), result, out)
                             .getResult());
      }
      scf::YieldOp::create(builder, loc, copies);
    }
  }
  SmallVector<Value> results(branch.getResults());
  for (auto [result, type] : llvm::zip_equal(results, types))
    if (result.getType() != type)
      result = tensor::CastOp::create(builder, loc, type, result);
  return results;
}
