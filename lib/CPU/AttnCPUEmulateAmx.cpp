//===- AttnCPUEmulateAmx.cpp - AMX on machines without it -----------------===//
//
// Stands vectors in for tiles, so that kernels for AMX can be tested where
// there is none, on the very IR that is compiled for it.
//
//===----------------------------------------------------------------------===//

#include "attn/CPU/Passes.h"
#include "attn/IR/AttnAttrs.h"
#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/DialectConversion.h"
#include <cmath>

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNCPUEMULATEAMX
#include "attn/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The function that multiplies; one type of operands is all that is used.
constexpr llvm::StringLiteral kProductName = "attn.emulated_tile_mulf";

VectorType getVectorType(amx::TileType tile) {
  return VectorType::get(tile.getShape(), tile.getElementType());
}

/// Arithmetic on vectors of one row.
struct RowMath {
  OpBuilder &builder;
  Location loc;
  VectorType type;

  /// Denormals as zeros of their sign, on the way in and out.
  Value flush(Value value) {
    Value magnitude = math::AbsFOp::create(builder, loc, value);
    // 2^-126, the least normal number.
    Value least = constant(std::ldexp(1.0f, -126));
    Value tiny = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT,
                                       magnitude, least);
    Value zero = math::CopySignOp::create(builder, loc, constant(0), value);
    return arith::SelectOp::create(builder, loc, tiny, zero, value);
  }
  Value constant(float value) {
    return arith::ConstantOp::create(builder, loc,
                                     DenseElementsAttr::get(type, value));
  }
  Value add(Value lhs, Value rhs) {
    return flush(arith::AddFOp::create(builder, loc, lhs, rhs));
  }
  Value fma(Value a, Value b, Value c) {
    return flush(math::FmaOp::create(builder, loc, a, b, c));
  }
  Value widen(Value narrow) {
    return flush(arith::ExtFOp::create(builder, loc, type, narrow));
  }
};

/// acc + a b as tdpbf16ps computes it: for each element the products of even
/// and of odd terms are summed up apart by fused multiply-adds, then together,
/// then with the accumulator.
void buildProductBody(func::FuncOp function) {
  Location loc = function.getLoc();
  Block *body = function.addEntryBlock();
  OpBuilder builder = OpBuilder::atBlockBegin(body);
  Value left = body->getArgument(0), right = body->getArgument(1);
  Value acc = body->getArgument(2);
  auto shape = cast<VectorType>(acc.getType());
  int64_t rows = shape.getDimSize(0), lanes = shape.getDimSize(1);
  int64_t pairs = cast<VectorType>(right.getType()).getDimSize(0);
  RowMath m{builder, loc, VectorType::get({lanes}, builder.getF32Type())};

  SmallVector<Value> terms[2];
  for (int64_t k = 0; k < pairs; ++k) {
    Value row = vector::ExtractOp::create(builder, loc, right, k);
    auto split = vector::DeinterleaveOp::create(builder, loc, row);
    terms[0].push_back(m.widen(split.getRes1()));
    terms[1].push_back(m.widen(split.getRes2()));
  }
  Value result = acc;
  for (int64_t r = 0; r < rows; ++r) {
    Value sums[2] = {m.constant(0), m.constant(0)};
    for (int64_t k = 0; k < pairs; ++k)
      for (int64_t half = 0; half < 2; ++half) {
        Value element = vector::ExtractOp::create(
            builder, loc, left, ArrayRef<int64_t>{r, 2 * k + half});
        Value all = vector::BroadcastOp::create(
            builder, loc, VectorType::get({lanes}, builder.getBF16Type()),
            element);
        sums[half] = m.fma(m.widen(all), terms[half][k], sums[half]);
      }
    Value old = vector::ExtractOp::create(builder, loc, acc, r);
    Value sum = m.add(m.flush(old), m.add(sums[0], sums[1]));
    result = vector::InsertOp::create(builder, loc, sum, result, r);
  }
  func::ReturnOp::create(builder, loc, result);
}

/// The multiplying function of the module around `op`, made on first use.
func::FuncOp getProduct(OpBuilder &builder, Operation *op, TypeRange operands,
                        Type result) {
  auto module = op->getParentOfType<ModuleOp>();
  if (auto found = module.lookupSymbol<func::FuncOp>(kProductName))
    return found;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(module.getBody());
  auto function =
      func::FuncOp::create(builder, module.getLoc(), kProductName,
                           builder.getFunctionType(operands, result));
  function.setPrivate();
  buildProductBody(function);
  return function;
}

struct EmulateZero : OpConversionPattern<amx::TileZeroOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(amx::TileZeroOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(
        op, rewriter.getZeroAttr(getVectorType(op.getTileType())));
    return success();
  }
};

/// The indices of row `row` of a tile that starts at `indices`.
SmallVector<Value> getRowIndices(OpBuilder &builder, Location loc,
                                 ValueRange indices, int64_t row) {
  SmallVector<Value> place(indices);
  Value &dim = place[place.size() - 2];
  Value step = arith::ConstantIndexOp::create(builder, loc, row);
  dim = arith::AddIOp::create(builder, loc, dim, step);
  return place;
}

struct EmulateLoad : OpConversionPattern<amx::TileLoadOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(amx::TileLoadOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (op.getStride())
      return rewriter.notifyMatchFailure(op, "has a stride of its own");
    Location loc = op.getLoc();
    VectorType type = getVectorType(op.getTileType());
    auto rowType = VectorType::get({type.getDimSize(1)}, type.getElementType());
    Value tile = ub::PoisonOp::create(rewriter, loc, type);
    for (int64_t r = 0; r < type.getDimSize(0); ++r) {
      Value row = vector::LoadOp::create(
          rewriter, loc, rowType, adaptor.getBase(),
          getRowIndices(rewriter, loc, adaptor.getIndices(), r));
      tile = vector::InsertOp::create(rewriter, loc, row, tile, r);
    }
    rewriter.replaceOp(op, tile);
    return success();
  }
};

struct EmulateStore : OpConversionPattern<amx::TileStoreOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(amx::TileStoreOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (op.getStride())
      return rewriter.notifyMatchFailure(op, "has a stride of its own");
    Location loc = op.getLoc();
    for (int64_t r = 0; r < op.getTileType().getDimSize(0); ++r) {
      Value row = vector::ExtractOp::create(rewriter, loc, adaptor.getVal(), r);
      vector::StoreOp::create(
          rewriter, loc, row, adaptor.getBase(),
          getRowIndices(rewriter, loc, adaptor.getIndices(), r));
    }
    rewriter.eraseOp(op);
    return success();
  }
};

struct EmulateProduct : OpConversionPattern<amx::TileMulFOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(amx::TileMulFOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ValueRange operands = adaptor.getOperands();
    Type result = adaptor.getAcc().getType();
    func::FuncOp product =
        getProduct(rewriter, op, operands.getTypes(), result);
    if (TypeRange(product.getArgumentTypes()) != TypeRange(operands))
      return rewriter.notifyMatchFailure(op, "tiles of another shape");
    rewriter.replaceOpWithNewOp<func::CallOp>(op, product, operands);
    return success();
  }
};

struct AttnCPUEmulateAmx
    : attn::impl::AttnCPUEmulateAmxBase<AttnCPUEmulateAmx> {
  void runOnOperation() override {
    auto target = getOperation()->getAttrOfType<TargetAttr>(kTargetAttrName);
    if (!target || target.getTiles() != Tiles::EmulatedAMX)
      return;
    TypeConverter converter;
    converter.addConversion([](Type type) { return type; });
    converter.addConversion(
        [](amx::TileType tile) { return getVectorType(tile); });
    RewritePatternSet patterns(&getContext());
    ConversionTarget legal(getContext());
    legal.addIllegalDialect<amx::AMXDialect>();
    legal.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    scf::populateSCFStructuralTypeConversionsAndLegality(converter, patterns,
                                                         legal);
    patterns.add<EmulateZero, EmulateLoad, EmulateStore, EmulateProduct>(
        converter, &getContext());
    if (failed(
            applyPartialConversion(getOperation(), legal, std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
