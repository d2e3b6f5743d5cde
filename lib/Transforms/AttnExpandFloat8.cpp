//===- AttnExpandFloat8.cpp - f8E4M3FN to f32 by integer work -------------===//
//
// No processor that we compile for reads f8E4M3FN, and LLVM has no such type. A
// number is a sign, 4 bits of exponent (bias 7) and 3 of mantissa; the patterns
// 0x7F and 0xFF are NaN, and there are no infinities (arXiv:2209.05433).
//
// Moved to their places in f32, exponent and mantissa lack only the difference
// of the biases, 120. Where the exponent is 0 the number is mantissa * 2^-9:
// with an exponent of 1 + 120 the bits are 2^-6 + mantissa * 2^-9, from which
// 2^-6 is taken away, exactly. No f32 on the way is subnormal, so that it does
// not matter whether the thread flushes those.
//
//===----------------------------------------------------------------------===//

#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNEXPANDFLOAT8
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Builds arithmetic on values of one shape, scalars or vectors.
struct ShapedArithmetic {
  OpBuilder &builder;
  Location loc;
  Type shape;

  /// `element`, in the shape.
  Type getType(Type element) const {
    if (auto shaped = dyn_cast<ShapedType>(shape))
      return shaped.clone(element);
    return element;
  }

  Value constant(TypedAttr attr) const {
    if (auto shaped = dyn_cast<ShapedType>(shape))
      attr =
          DenseElementsAttr::get(shaped.clone(attr.getType()), Attribute(attr));
    return arith::ConstantOp::create(builder, loc, attr);
  }
  Value bits(uint32_t value) const {
    return constant(builder.getI32IntegerAttr(int32_t(value)));
  }
  Value number(double value) const {
    return constant(builder.getF32FloatAttr(value));
  }
};

/// extf of f8E4M3FN, of a number or a vector of them.
struct ExpandExtF : OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    if (!isa<Float8E4M3FNType>(getElementTypeOrSelf(op.getIn().getType())))
      return failure();
    Location loc = op.getLoc();
    ShapedArithmetic a{rewriter, loc, op.getType()};
    Type i32 = a.getType(rewriter.getI32Type());
    Type single = a.getType(rewriter.getF32Type());
    Value byte = arith::BitcastOp::create(
        rewriter, loc, a.getType(rewriter.getI8Type()), op.getIn());
    Value wide = arith::ExtUIOp::create(rewriter, loc, i32, byte);
    Value magnitude = arith::AndIOp::create(rewriter, loc, wide, a.bits(0x7F));
    Value placed =
        arith::ShLIOp::create(rewriter, loc, magnitude, a.bits(23 - 3));

    Value isSubnormal = arith::CmpIOp::create(
        rewriter, loc, arith::CmpIPredicate::ult, magnitude, a.bits(1 << 3));
    Value bias = arith::SelectOp::create(
        rewriter, loc, isSubnormal, a.bits(121u << 23), a.bits(120u << 23));
    Value surplus = arith::SelectOp::create(rewriter, loc, isSubnormal,
                                            a.number(0x1p-6), a.number(0));
    Value biased = arith::AddIOp::create(rewriter, loc, placed, bias);
    Value positive = arith::SubFOp::create(
        rewriter, loc, arith::BitcastOp::create(rewriter, loc, single, biased),
        surplus);

    Value isNaN = arith::CmpIOp::create(rewriter, loc, arith::CmpIPredicate::eq,
                                        magnitude, a.bits(0x7F));
    Value payload = arith::SelectOp::create(
        rewriter, loc, isNaN, a.bits(0x7FC00000),
        arith::BitcastOp::create(rewriter, loc, i32, positive));
    Value sign = arith::ShLIOp::create(
        rewriter, loc, arith::AndIOp::create(rewriter, loc, wide, a.bits(0x80)),
        a.bits(24));
    Value result = arith::BitcastOp::create(
        rewriter, loc, single,
        arith::OrIOp::create(rewriter, loc, payload, sign));
    if (result.getType() == op.getType())
      rewriter.replaceOp(op, result);
    else if (getElementTypeOrSelf(op.getType()).getIntOrFloatBitWidth() > 32)
      rewriter.replaceOpWithNewOp<arith::ExtFOp>(op, op.getType(), result);
    else
      rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, op.getType(), result);
    return success();
  }
};

struct AttnExpandFloat8 : attn::impl::AttnExpandFloat8Base<AttnExpandFloat8> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandExtF>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
