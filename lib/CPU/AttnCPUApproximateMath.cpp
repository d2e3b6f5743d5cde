//===- AttnCPUApproximateMath.cpp - polynomials for math functions --------===//
//
// exp2 is where attention spends what is left beside multiply-adds, so it is
// expanded here; other functions take the upstream approximations.
//
// 2^x = 2^n 2^f. On AVX-512, f = x - floor(x) is one instruction that maps
// infinities to 0, and scaling by 2^floor(x) is another that underflows to 0
// and keeps NaN: eight instructions, no clamp, no integer work. Elsewhere, n is
// x rounded, f in [-1/2, 1/2], and n goes into the exponent bits; clamping x
// makes -inf exactly 0 and leaves NaN alone.
//
// Coefficients are minimax in relative error with 2^0 = 1 held exact: degree 5
// errs by 1.0e-7 on [0, 1) and 0.9e-7 on [-1/2, 1/2] before rounding; degree 6
// gains a factor of two after rounding and costs one instruction in nine.
//
// Powers that are rounded to bf16 at once (extf of truncf of exp2, marked afn,
// so that less than f32 will do) take degree 3, which errs by 0.9e-4: a quarter
// of a hundredth of what rounding does. On AVX-512 rounding is part of them: a
// number whose last digit is worth 2^-7 joins the mantissa, and leaves it.
//
//===----------------------------------------------------------------------===//

#include "attn/CPU/Passes.h"
#include "attn/IR/AttnAttrs.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include <limits>

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNCPUAPPROXIMATEMATH
#include "attn/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

constexpr double kLog2E = 1.4426950408889634;

/// 2^f on [0, 1), and on [-1/2, 1/2].
constexpr double kUnitInterval[] = {1.0,
                                    0.6931512951850891,
                                    0.24016444385051727,
                                    0.05579991266131401,
                                    0.009017028845846653,
                                    0.001867130515165627};
/// 2^f on [0, 1) where bf16 is enough.
constexpr double kUnitIntervalBF16[] = {
    1.0, 0.6951168179512024, 0.22764484584331512, 0.07706717401742935};
/// Numbers in [2^16, 2^17) are multiples of 2^-7, as are those of bf16 in
/// [1, 2].
constexpr double kRounder = 98304;
constexpr double kCentred[] = {1.0,
                               0.6931470036506653,
                               0.24022242426872253,
                               0.05550733581185341,
                               0.009671512991189957,
                               0.001326472731307149};
/// ln(2)^k / k!: the series, exact to f64 on [-1/2, 1/2] at degree 13.
constexpr double kSeries[] = {1.0,
                              0.6931471805599453,
                              0.2402265069591007,
                              0.05550410866482158,
                              0.009618129107628477,
                              0.0013333558146428443,
                              0.00015403530393381608,
                              1.5252733804059841e-05,
                              1.3215486790144307e-06,
                              1.01780860092397e-07,
                              7.0549116208011234e-09,
                              4.4455382718708116e-10,
                              2.5678435993488205e-11,
                              1.3691488853904129e-12};

/// Arithmetic on values of one type, scalar or vector.
struct Arithmetic {
  OpBuilder &builder;
  Location loc;
  Type type;

  Value constant(double value) const {
    TypedAttr attr = builder.getFloatAttr(getElementTypeOrSelf(type), value);
    if (auto shaped = dyn_cast<ShapedType>(type))
      attr = DenseElementsAttr::get(shaped, Attribute(attr));
    return arith::ConstantOp::create(builder, loc, attr);
  }

  /// The type of as many integers of the same width.
  Type integer() const {
    Type element = builder.getIntegerType(
        getElementTypeOrSelf(type).getIntOrFloatBitWidth());
    auto shaped = dyn_cast<ShapedType>(type);
    return shaped ? Type(shaped.clone(element)) : element;
  }

  Value integerConstant(int64_t value) const {
    TypedAttr attr =
        builder.getIntegerAttr(getElementTypeOrSelf(integer()), value);
    if (auto shaped = dyn_cast<ShapedType>(integer()))
      attr = DenseElementsAttr::get(shaped, Attribute(attr));
    return arith::ConstantOp::create(builder, loc, attr);
  }

  Value polynomial(Value x, ArrayRef<double> coefficients) const {
    Value sum = constant(coefficients.back());
    for (double c : llvm::reverse(coefficients.drop_back()))
      sum = math::FmaOp::create(builder, loc, sum, x, constant(c));
    return sum;
  }

  /// x where `predicate(x, bound)` fails or x is NaN, else the bound.
  Value clamp(Value x, arith::CmpFPredicate predicate, double bound) const {
    Value limit = constant(bound);
    Value beyond = arith::CmpFOp::create(builder, loc, predicate, x, limit);
    return arith::SelectOp::create(builder, loc, beyond, limit, x);
  }
};

/// The eight-instruction form for vectors of 16 x f32; or that of seven,
/// rounded to bf16.
Value buildExp2Avx512(Arithmetic a, Value x, bool isBF16 = false) {
  auto i16 = a.builder.getI16Type();
  auto i32 = a.builder.getI32Type();
  auto integer = [&](Type type, int64_t value) -> Value {
    return LLVM::ConstantOp::create(a.builder, a.loc, type, value);
  };
  Value zero = a.constant(0), all = integer(i16, -1);
  // Keep the current rounding mode, as every other instruction does.
  Value rounding = integer(i32, 4);
  // Subtract the floor, raise no exception.
  Value reduced =
      LLVM::CallIntrinsicOp::create(
          a.builder, a.loc, a.type,
          a.builder.getStringAttr("llvm.x86.avx512.mask.reduce.ps.512"),
          ValueRange{x, integer(i32, 9), zero, all, rounding})
          .getResult(0);
  Value mantissa = a.polynomial(reduced, kUnitInterval);
  if (isBF16) {
    auto coefficients = llvm::to_vector(kUnitIntervalBF16);
    coefficients.front() += kRounder;
    mantissa = arith::SubFOp::create(a.builder, a.loc,
                                     a.polynomial(reduced, coefficients),
                                     a.constant(kRounder));
  }
  return LLVM::CallIntrinsicOp::create(
             a.builder, a.loc, a.type,
             a.builder.getStringAttr("llvm.x86.avx512.mask.scalef.ps.512"),
             ValueRange{mantissa, x, zero, all, rounding})
      .getResult(0);
}

/// The form for every other type.
Value buildExp2(Arithmetic a, Value x) {
  bool wide = getElementTypeOrSelf(a.type).isF64();
  int64_t mantissaBits = wide ? 52 : 23;
  double least = wide ? -1023 : -127, most = wide ? 1024 : 128;
  x = a.clamp(x, arith::CmpFPredicate::OLT, least);
  x = a.clamp(x, arith::CmpFPredicate::OGT, most);
  Value whole = math::RoundEvenOp::create(a.builder, a.loc, x);
  Value rest = arith::SubFOp::create(a.builder, a.loc, x, whole);
  Value mantissa =
      wide ? a.polynomial(rest, kSeries) : a.polynomial(rest, kCentred);
  Type integer = a.integer();
  Value exponent = arith::FPToSIOp::create(a.builder, a.loc, integer, whole);
  exponent = arith::ShLIOp::create(a.builder, a.loc, exponent,
                                   a.integerConstant(mantissaBits));
  Value raw = arith::BitcastOp::create(a.builder, a.loc, integer, mantissa);
  raw = arith::AddIOp::create(a.builder, a.loc, raw, exponent);
  Value result = arith::BitcastOp::create(a.builder, a.loc, a.type, raw);
  // The exponent of NaN is no number to convert; pass it through.
  Value unordered =
      arith::CmpFOp::create(a.builder, a.loc, arith::CmpFPredicate::UNO, x, x);
  return arith::SelectOp::create(a.builder, a.loc, unordered, x, result);
}

/// True for the vectors that AVX-512 has instructions of exp2 for.
bool isLaneVector(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  return vector && vector.getRank() == 1 && vector.getDimSize(0) == 16 &&
         vector.getElementType().isF32();
}

/// The bf16 that rounds `op` for its only user, as f32 again; null otherwise.
arith::ExtFOp getRoundedPower(math::Exp2Op op) {
  if (!bitEnumContainsAll(op.getFastmath(), arith::FastMathFlags::afn) ||
      !op->hasOneUse())
    return nullptr;
  auto narrow = dyn_cast<arith::TruncFOp>(*op->user_begin());
  if (!narrow || !narrow->hasOneUse() ||
      !getElementTypeOrSelf(narrow.getType()).isBF16())
    return nullptr;
  auto wide = dyn_cast<arith::ExtFOp>(*narrow->user_begin());
  return wide && wide.getType() == op.getType() ? wide : nullptr;
}

/// Replaces all such powers by their AVX-512 form. Patterns would come too
/// late: truncf and extf have their own.
void expandRoundedPowers(Operation *root) {
  SmallVector<math::Exp2Op> powers;
  root->walk([&](math::Exp2Op op) {
    if (isLaneVector(op.getType()) && getRoundedPower(op))
      powers.push_back(op);
  });
  for (math::Exp2Op op : powers) {
    arith::ExtFOp rounded = getRoundedPower(op);
    OpBuilder builder(rounded);
    rounded.getResult().replaceAllUsesWith(
        buildExp2Avx512({builder, op.getLoc(), op.getType()}, op.getOperand(),
                        /*isBF16=*/true));
    Operation *narrow = rounded.getIn().getDefiningOp();
    rounded.erase();
    narrow->erase();
    op.erase();
  }
}

bool isComputedType(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isF32() || element.isF64();
}

struct ExpandExp2 : OpRewritePattern<math::Exp2Op> {
  ExpandExp2(MLIRContext *context, bool avx512, PatternBenefit benefit)
      : OpRewritePattern(context, benefit), avx512(avx512) {}

  LogicalResult matchAndRewrite(math::Exp2Op op,
                                PatternRewriter &rewriter) const override {
    if (!isComputedType(op.getType()))
      return failure();
    Arithmetic a{rewriter, op.getLoc(), op.getType()};
    bool native = avx512 && isLaneVector(op.getType());
    rewriter.replaceOp(op, native ? buildExp2Avx512(a, op.getOperand())
                                  : buildExp2(a, op.getOperand()));
    return success();
  }

  bool avx512;
};

/// e^x = 2^(x log2 e) in f64; f32 takes the upstream form, which is more exact
/// for large arguments.
struct ExpandExpF64 : OpRewritePattern<math::ExpOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ExpOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF64())
      return failure();
    Arithmetic a{rewriter, op.getLoc(), op.getType()};
    Value scaled = arith::MulFOp::create(rewriter, op.getLoc(), op.getOperand(),
                                         a.constant(kLog2E));
    rewriter.replaceOpWithNewOp<math::Exp2Op>(op, scaled);
    return success();
  }
};

/// tanh x = 1 - 2 / (1 + e^(2x)) in f64.
struct ExpandTanhF64 : OpRewritePattern<math::TanhOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::TanhOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF64())
      return failure();
    Location loc = op.getLoc();
    Arithmetic a{rewriter, loc, op.getType()};
    Value power = math::Exp2Op::create(
        rewriter, loc,
        arith::MulFOp::create(rewriter, loc, op.getOperand(),
                              a.constant(2 * kLog2E)));
    Value below = arith::AddFOp::create(rewriter, loc, power, a.constant(1));
    Value part = arith::DivFOp::create(rewriter, loc, a.constant(2), below);
    rewriter.replaceOpWithNewOp<arith::SubFOp>(op, a.constant(1), part);
    return success();
  }
};

/// log2 x = n + log2 m in f64, where x = 2^n m and m lies around 1, from
/// sqrt(1/2) to sqrt(2): log2 m = (2 log2 e) atanh s, s = (m - 1) / (m + 1),
/// whose series in s^2 ends below the precision of f64 at degree 11.
struct ExpandLog2F64 : OpRewritePattern<math::Log2Op> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::Log2Op op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF64())
      return failure();
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Arithmetic a{rewriter, op.getLoc(), op.getType()};
    Value x = op.getOperand();
    auto compare = [&](arith::CmpFPredicate predicate, double bound) -> Value {
      return arith::CmpFOp::create(b, predicate, x, a.constant(bound));
    };

    // Subnormal numbers have no exponent of their own.
    constexpr double leastNormal = 0x1p-1022;
    Value isTiny = compare(arith::CmpFPredicate::OLT, leastNormal);
    Value grown = arith::MulFOp::create(b, x, a.constant(0x1p54));
    Value normal = arith::SelectOp::create(b, isTiny, grown, x);
    Value lift =
        arith::SelectOp::create(b, isTiny, a.constant(-54), a.constant(0));

    Type integer = a.integer();
    auto shift = a.integerConstant(52);
    Value bits = arith::BitcastOp::create(b, integer, normal);
    constexpr int64_t bitsOfSqrtHalf = 0x3FE6A09E667F3BCD;
    Value above =
        arith::SubIOp::create(b, bits, a.integerConstant(bitsOfSqrtHalf));
    Value exponent = arith::ShRSIOp::create(b, above, shift);
    Value scale = arith::ShLIOp::create(b, exponent, shift);
    Value m = arith::BitcastOp::create(
        b, a.type, Value(arith::SubIOp::create(b, bits, scale)));

    Value one = a.constant(1);
    Value s = arith::DivFOp::create(b, Value(arith::SubFOp::create(b, m, one)),
                                    Value(arith::AddFOp::create(b, m, one)));
    SmallVector<double> series;
    for (int k = 0; k <= 11; ++k)
      series.push_back(2 * kLog2E / (2 * k + 1));
    Value square = arith::MulFOp::create(b, s, s);
    Value whole = arith::AddFOp::create(
        b, Value(arith::SIToFPOp::create(b, a.type, exponent)), lift);
    Value log = math::FmaOp::create(b, s, a.polynomial(square, series), whole);

    // log2 0 = -inf, log2 inf = inf, and NaN of what is negative or NaN.
    constexpr double inf = std::numeric_limits<double>::infinity();
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    auto unless = [&](arith::CmpFPredicate predicate, double bound,
                      double value) {
      log = arith::SelectOp::create(b, compare(predicate, bound),
                                    a.constant(value), log);
    };
    unless(arith::CmpFPredicate::OEQ, inf, inf);
    unless(arith::CmpFPredicate::OEQ, 0, -inf);
    unless(arith::CmpFPredicate::ULT, 0, nan);
    rewriter.replaceOp(op, log);
    return success();
  }
};

/// bf16 to f64 by way of f32, from which no machine needs a library function,
/// and LLVM, which sees integer work, makes no arithmetic on bf16.
struct ExtendInTwoSteps : OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getIn().getType()).isBF16() ||
        !getElementTypeOrSelf(op.getType()).isF64())
      return failure();
    Type middle = rewriter.getF32Type();
    if (auto vector = dyn_cast<VectorType>(op.getType()))
      middle = vector.clone(middle);
    Value wider =
        arith::ExtFOp::create(rewriter, op.getLoc(), middle, op.getIn());
    rewriter.replaceOpWithNewOp<arith::ExtFOp>(op, op.getType(), wider);
    return success();
  }
};

struct AttnCPUApproximateMath
    : attn::impl::AttnCPUApproximateMathBase<AttnCPUApproximateMath> {
  void runOnOperation() override {
    auto module = getOperation()->getParentOfType<ModuleOp>();
    auto target =
        module ? module->getAttrOfType<TargetAttr>(kTargetAttrName) : nullptr;
    bool avx512 = target && target.getIsa() == "avx512";
    if (avx512)
      expandRoundedPowers(getOperation());
    RewritePatternSet patterns(&getContext());
    // Own forms first: upstream has one of exp2 that is twice as long.
    PatternBenefit own = 2;
    patterns.add<ExpandExp2>(&getContext(), avx512, own);
    patterns.add<ExpandExpF64, ExpandTanhF64, ExpandLog2F64, ExtendInTwoSteps>(
        &getContext(), own);
    populateMathPolynomialApproximationPatterns(patterns);
    // Rounding to bf16 as integer work: the library function that LLVM calls
    // where there is no instruction is not there on every system, and the
    // instruction flushes subnormal numbers.
    arith::populateExpandBFloat16Patterns(patterns);
    // A few ops of many: the driver need not look at the others.
    SmallVector<Operation *> work;
    getOperation().walk([&](Operation *op) {
      if (isa<math::MathDialect>(op->getDialect()) ||
          isa<arith::ExtFOp, arith::TruncFOp>(op))
        work.push_back(op);
    });
    GreedyRewriteConfig config;
    config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
    if (failed(applyOpPatternsGreedily(work, std::move(patterns), config)))
      signalPassFailure();
  }
};

} // namespace
