//===- TokenBounds.cpp - what the tokens of a block hold ------------------===//
//
// Implements the bounds as loops over elements, which vectors take.
//
//===----------------------------------------------------------------------===//

#include "TokenBounds.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

/// Those of elements [begin, end) of `tokens`, as far as it has them.
static TokenBounds buildBounds(IndexMath &math, Value tokens,
                               OpFoldResult begin, OpFoldResult end,
                               bool marks) {
  OpBuilder &builder = math.getBuilder();
  Location loc = math.getLoc();
  auto number = [&](int64_t value) -> Value {
    return arith::ConstantIntOp::create(builder, loc, value, 32);
  };
  OpFoldResult zero = math.constant(0), length = buildLength(math, tokens);
  auto loop = scf::ForOp::create(
      builder, loc, math.materialize(math.max(begin, zero)),
      math.materialize(math.min(end, length)),
      math.materialize(math.constant(1)),
      ValueRange{number(std::numeric_limits<int32_t>::max()),
                 number(std::numeric_limits<int32_t>::min())},
      [&](OpBuilder &b, Location, Value place, ValueRange carried) {
        Value token;
        if (isa<MemRefType>(tokens.getType()))
          token = memref::LoadOp::create(b, loc, tokens, place);
        else
          token = tensor::ExtractOp::create(b, loc, tokens, place);
        if (marks) {
          Value zero = arith::ConstantIntOp::create(b, loc, 0, 32);
          Value marked = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne,
                                               token, zero);
          token = arith::ExtUIOp::create(b, loc, zero.getType(), marked);
        }
        Value least = arith::MinSIOp::create(b, loc, carried[0], token);
        Value greatest = arith::MaxSIOp::create(b, loc, carried[1], token);
        scf::YieldOp::create(b, loc, ValueRange{least, greatest});
      });
  return {loop.getResult(0), loop.getResult(1)};
}

std::optional<std::pair<TokenBounds, TokenBounds>>
attn::buildTokenBounds(MaskIntervalBuilder &builder, unsigned slot,
                       bool marks) {
  if (!builder.colBegin)
    return std::nullopt;
  Value tokens = builder.operands[slot];
  return std::make_pair(
      buildBounds(builder, tokens, builder.rowBegin, builder.rowEnd, marks),
      buildBounds(builder, tokens, builder.colBegin, builder.colEnd, marks));
}

std::pair<Value, Value> attn::buildAreAtMost(MaskIntervalBuilder &builder,
                                             const TokenBounds &lhs,
                                             const TokenBounds &rhs) {
  auto isAtMost = [&](Value less, Value more) -> Value {
    return arith::CmpIOp::create(builder.getBuilder(), builder.getLoc(),
                                 arith::CmpIPredicate::sle, less, more);
  };
  return {isAtMost(lhs.least, rhs.greatest), isAtMost(lhs.greatest, rhs.least)};
}

MaskDisjunct attn::buildAllOrNone(MaskIntervalBuilder &builder, Value may,
                                  Value must) {
  OpBuilder &b = builder.getBuilder();
  Location loc = builder.getLoc();
  OpFoldResult zero = builder.constant(0);
  Value none = builder.materialize(zero);
  Value all = builder.materialize(builder.numCols);
  auto pick = [&](Value condition) -> OpFoldResult {
    return b.createOrFold<arith::SelectOp>(loc, condition, all, none);
  };
  return {zero, pick(may), zero, pick(must)};
}
