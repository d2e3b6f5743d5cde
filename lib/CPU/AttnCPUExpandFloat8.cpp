//===- AttnCPUExpandFloat8.cpp - f8E4M3FN by integer work -----------------===//
//
// No processor that we compile for reads f8E4M3FN, and LLVM has no such type. A
// number is a sign, 4 bits of exponent (bias 7) and 3 of mantissa; the patterns
// 0x7F and 0xFF are NaN, and there are no infinities (arXiv:2209.05433).
//
// Moved to their places in a wider type, exponent and mantissa lack only the
// difference of the biases. Where instructions convert f16, which has room for
// the exponent, that is a factor of 2^8 on their result, subnormal numbers and
// all: seven instructions, most of them on 16-bit lanes. Elsewhere it is an
// addition of 120 to the exponent of f32; where the exponent is 0, the number
// is mantissa * 2^-9: with an exponent of 1 + 120 the bits are 2^-6 + mantissa
// * 2^-9, from which 2^-6 is taken away, exactly. No f32 on either way is
// subnormal, so that it does not matter whether the thread flushes those.
//
//===----------------------------------------------------------------------===//

#include "attn/CPU/Passes.h"
#include "attn/IR/AttnAttrs.h"
#include "attn/TargetInfo/TargetInfo.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNCPUEXPANDFLOAT8
#include "attn/CPU/Passes.h.inc"
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
      attr = DenseElementsAttr::get(
          cast<ShapedType>(shaped.clone(attr.getType())), Attribute(attr));
    return arith::ConstantOp::create(builder, loc, attr);
  }
  Value bits(unsigned width, uint64_t value) const {
    return constant(builder.getIntegerAttr(builder.getIntegerType(width),
                                           APInt(width, value)));
  }
  Value number(double value) const {
    return constant(builder.getF32FloatAttr(value));
  }

  template <typename Op> Value make(Value lhs, Value rhs) const {
    return Op::create(builder, loc, lhs, rhs);
  }
  template <typename Op> Value convert(Type element, Value value) const {
    return Op::create(builder, loc, getType(element), value);
  }
  Value select(Value condition, Value ifTrue, Value ifFalse) const {
    return arith::SelectOp::create(builder, loc, condition, ifTrue, ifFalse);
  }
  Value compare(arith::CmpIPredicate predicate, Value lhs, Value rhs) const {
    return arith::CmpIOp::create(builder, loc, predicate, lhs, rhs);
  }
};

/// The f32 of the numbers with the patterns `byte`, by way of f16.
Value buildThroughHalf(const ShapedArithmetic &a, Value byte) {
  OpBuilder &b = a.builder;
  // Sign extension puts two signs before the exponent; the second one goes.
  Value wide = a.convert<arith::ExtSIOp>(b.getI16Type(), byte);
  Value moved = a.make<arith::ShLIOp>(wide, a.bits(16, 10 - 3));
  Value placed = a.make<arith::AndIOp>(moved, a.bits(16, 0xBFFF));
  // Ones in all places of exponent and mantissa carry into the highest bit of
  // the exponent, which makes NaN of f16; no other number does.
  Value carried = a.make<arith::AddIOp>(placed, a.bits(16, 1 << 7));
  Value highest = a.make<arith::AndIOp>(carried, a.bits(16, 1 << 14));
  Value half = a.make<arith::OrIOp>(placed, highest);
  Value single = a.convert<arith::ExtFOp>(
      b.getF32Type(), a.convert<arith::BitcastOp>(b.getF16Type(), half));
  return a.make<arith::MulFOp>(single, a.number(0x1p+8));
}

/// The same by integers of 32 bits.
Value buildByIntegers(const ShapedArithmetic &a, Value byte) {
  OpBuilder &b = a.builder;
  Value wide = a.convert<arith::ExtUIOp>(b.getI32Type(), byte);
  Value magnitude = a.make<arith::AndIOp>(wide, a.bits(32, 0x7F));
  Value placed = a.make<arith::ShLIOp>(magnitude, a.bits(32, 23 - 3));
  Value isSubnormal =
      a.compare(arith::CmpIPredicate::ult, magnitude, a.bits(32, 1 << 3));
  Value bias =
      a.select(isSubnormal, a.bits(32, 121u << 23), a.bits(32, 120u << 23));
  Value surplus = a.select(isSubnormal, a.number(0x1p-6), a.number(0));
  Value biased = a.make<arith::AddIOp>(placed, bias);
  Value positive = a.make<arith::SubFOp>(
      a.convert<arith::BitcastOp>(b.getF32Type(), biased), surplus);
  Value isNaN =
      a.compare(arith::CmpIPredicate::eq, magnitude, a.bits(32, 0x7F));
  Value payload =
      a.select(isNaN, a.bits(32, 0x7FC00000),
               a.convert<arith::BitcastOp>(b.getI32Type(), positive));
  Value sign = a.make<arith::ShLIOp>(
      a.make<arith::AndIOp>(wide, a.bits(32, 0x80)), a.bits(32, 24));
  return a.convert<arith::BitcastOp>(b.getF32Type(),
                                     a.make<arith::OrIOp>(payload, sign));
}

/// extf of f8E4M3FN, of a number or a vector of them.
struct ExpandExtF : OpRewritePattern<arith::ExtFOp> {
  ExpandExtF(MLIRContext *context, bool throughHalf)
      : OpRewritePattern(context), throughHalf(throughHalf) {}

  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    if (!isa<Float8E4M3FNType>(getElementTypeOrSelf(op.getIn().getType())))
      return failure();
    ShapedArithmetic a{rewriter, op.getLoc(), op.getType()};
    Value byte = a.convert<arith::BitcastOp>(rewriter.getI8Type(), op.getIn());
    Value result =
        throughHalf ? buildThroughHalf(a, byte) : buildByIntegers(a, byte);
    if (result.getType() == op.getType())
      rewriter.replaceOp(op, result);
    else if (getElementTypeOrSelf(op.getType()).getIntOrFloatBitWidth() > 32)
      rewriter.replaceOpWithNewOp<arith::ExtFOp>(op, op.getType(), result);
    else
      rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, op.getType(), result);
    return success();
  }

  bool throughHalf;
};

struct AttnCPUExpandFloat8
    : attn::impl::AttnCPUExpandFloat8Base<AttnCPUExpandFloat8> {
  void runOnOperation() override {
    auto target = getOperation()->getAttrOfType<TargetAttr>(kTargetAttrName);
    const IsaFacts *isa = target ? lookupIsa(target.getIsa()) : nullptr;
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandExtF>(&getContext(), isa && isa->halfConversions);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
