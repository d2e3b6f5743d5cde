//===- AttnDecomposeLowRank.cpp - low-rank attention as other ops ---------===//
//
// Turns the low-rank mechanisms into softmax attention around products. Each
// has its decomposition in a file of its own.
//
//===----------------------------------------------------------------------===//

#include "LowRankForms.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNDECOMPOSELOWRANK
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

Value attn::buildAttention(OpBuilder &builder, Location loc, Value query,
                           Value key, Value value, FloatAttr scale,
                           MaskAttrInterface mask, ValueRange maskOperands,
                           AlignAttr align) {
  auto type = cast<RankedTensorType>(query.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = cast<RankedTensorType>(value.getType()).getShape().back();
  if (!mask)
    mask = FullMaskAttr::get(builder.getContext());
  Value none;
  return SdpaOp::create(
             builder, loc, RankedTensorType::get(shape, type.getElementType()),
             /*lse=*/Type(), query, key, value, maskOperands, /*bias=*/none,
             /*sink=*/none, /*offset=*/none, /*key_scale=*/none, mask, align,
             scale, /*softcap=*/FloatAttr(), /*value_scale=*/none,
             /*unnormalized=*/UnitAttr(), /*schedule=*/ScheduleAttr(),
             /*few=*/ScheduleAttr())
      .getOut();
}

Value attn::decomposeLinformer(OpBuilder &builder, LinformerOp op) {
  Location loc = op.getLoc();
  auto project = [&](Value rows, Value matrix) -> Value {
    auto type = cast<RankedTensorType>(rows.getType());
    auto by = cast<RankedTensorType>(matrix.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape[shape.size() - 2] = by.getDimSize(by.getRank() - 2);
    if (by.getRank() == 3)
      shape[shape.size() - 3] = by.getDimSize(0);
    return CompressOp::create(
        builder, loc, RankedTensorType::get(shape, type.getElementType()), rows,
        /*lens=*/Value(), matrix, IntegerAttr(), IntegerAttr(), IntegerAttr());
  };
  Value key = project(op.getKey(), op.getKeyProjection());
  Value value = project(op.getValue(), op.getValueProjection());
  return buildAttention(builder, loc, op.getQuery(), key, value,
                        op.getScaleAttr());
}

namespace {

struct AttnDecomposeLowRank
    : attn::impl::AttnDecomposeLowRankBase<AttnDecomposeLowRank> {
  void runOnOperation() override {
    SmallVector<Operation *> mechanisms;
    getOperation().walk([&](Operation *op) {
      if (isa<LinformerOp, NystromOp, LatentOp>(op))
        mechanisms.push_back(op);
    });
    for (Operation *op : mechanisms) {
      OpBuilder builder(op);
      SmallVector<Value> results =
          TypeSwitch<Operation *, SmallVector<Value>>(op)
              .Case([&](LinformerOp linformer) -> SmallVector<Value> {
                return {decomposeLinformer(builder, linformer)};
              })
              .Case([&](NystromOp nystrom) {
                return decomposeNystrom(builder, nystrom);
              })
              .Case([&](LatentOp latent) -> SmallVector<Value> {
                return {decomposeLatent(builder, latent)};
              });
      op->replaceAllUsesWith(results);
      op->erase();
    }
  }
};

} // namespace
