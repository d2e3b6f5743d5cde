//===- BlockChoice.cpp - the highest of a row of scores -------------------===//
//
// Implements the choice without sorting: the least rank that is chosen is found
// bit by bit, each by a count over the row, so that the time depends on the
// length of the row alone, and one more pass writes places as they ascend.
//
//===----------------------------------------------------------------------===//

#include "BlockChoice.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Ops on i32 at one place.
struct IntegerOps {
  OpBuilder &builder;
  Location loc;

  Value constant(int32_t value) const {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getI32IntegerAttr(value));
  }
  Value index(int64_t value) const {
    return arith::ConstantIndexOp::create(builder, loc, value);
  }
  Value compare(arith::CmpIPredicate predicate, Value lhs, Value rhs) const {
    return arith::CmpIOp::create(builder, loc, predicate, lhs, rhs);
  }
  Value choose(Value condition, Value yes, Value no) const {
    return arith::SelectOp::create(builder, loc, condition, yes, no);
  }
  template <typename OpTy> Value apply(Value lhs, Value rhs) const {
    return OpTy::create(builder, loc, lhs, rhs);
  }
  Value extract(Value tensor, Value place) const {
    return tensor::ExtractOp::create(builder, loc, tensor, place);
  }
};

/// The number of `ranks` for which `predicate` holds beside `limit`.
Value buildCount(OpBuilder &builder, Location loc, Value ranks,
                 arith::CmpIPredicate predicate, Value limit) {
  IntegerOps ops{builder, loc};
  Value length = tensor::DimOp::create(builder, loc, ranks, 0);
  auto loop = scf::ForOp::create(
      builder, loc, ops.index(0), length, ops.index(1), ops.constant(0),
      [&](OpBuilder &body, Location, Value place, ValueRange carried) {
        IntegerOps in{body, loc};
        Value holds = in.compare(predicate, in.extract(ranks, place), limit);
        Value one = arith::ExtUIOp::create(body, loc, body.getI32Type(), holds);
        scf::YieldOp::create(body, loc,
                             in.apply<arith::AddIOp>(carried[0], one));
      });
  return loop.getResult(0);
}

/// The highest rank that at least `most` of `ranks` have or exceed; `most` have
/// one.
Value buildLeastChosen(OpBuilder &builder, Location loc, Value ranks,
                       Value most) {
  IntegerOps ops{builder, loc};
  // Carried: the rank, as a distance from the lowest, and the bit in question.
  Value lowest = ops.constant(std::numeric_limits<int32_t>::min());
  auto search = scf::ForOp::create(
      builder, loc, ops.index(0), ops.index(32), ops.index(1),
      ValueRange{ops.constant(0), lowest},
      [&](OpBuilder &body, Location, Value, ValueRange carried) {
        IntegerOps in{body, loc};
        Value higher = in.apply<arith::OrIOp>(carried[0], carried[1]);
        Value rank = in.apply<arith::XOrIOp>(higher, lowest);
        Value count =
            buildCount(body, loc, ranks, arith::CmpIPredicate::sge, rank);
        Value enough = in.compare(arith::CmpIPredicate::sge, count, most);
        scf::YieldOp::create(
            body, loc,
            ValueRange{in.choose(enough, higher, carried[0]),
                       in.apply<arith::ShRUIOp>(carried[1], in.constant(1))});
      });
  return ops.apply<arith::XOrIOp>(search.getResult(0), lowest);
}

} // namespace

/// Floats of one sign order as their bits do, those below 0 in reverse.
Value attn::buildRank(OpBuilder &builder, Location loc, Value score) {
  IntegerOps ops{builder, loc};
  Value bits =
      arith::BitcastOp::create(builder, loc, builder.getI32Type(), score);
  Value magnitude = ops.apply<arith::AndIOp>(
      bits, ops.constant(std::numeric_limits<int32_t>::max()));
  Value zero = ops.constant(0);
  Value isZero = ops.compare(arith::CmpIPredicate::eq, magnitude, zero);
  bits = ops.choose(isZero, zero, bits);
  Value reversed = ops.apply<arith::ShRUIOp>(
      ops.apply<arith::ShRSIOp>(bits, ops.constant(31)), ops.constant(1));
  Value rank = ops.apply<arith::XOrIOp>(bits, reversed);
  Value none = arith::ConstantOp::create(
      builder, loc,
      builder.getF32FloatAttr(-std::numeric_limits<float>::infinity()));
  Value isScore = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT,
                                        score, none);
  return ops.choose(isScore, rank, ops.constant(kNeverRank));
}

ChosenBlocks attn::buildChoice(OpBuilder &builder, Location loc, Value ranks,
                               Value most, Value room) {
  IntegerOps ops{builder, loc};
  Value never = ops.constant(kNeverRank);
  Value available =
      buildCount(builder, loc, ranks, arith::CmpIPredicate::sgt, never);
  // Where all fit, every rank above the one of nothing is chosen.
  Value isOver = ops.compare(arith::CmpIPredicate::sgt, available, most);
  auto search = scf::IfOp::create(
      builder, loc, isOver,
      [&](OpBuilder &then, Location) {
        scf::YieldOp::create(then, loc,
                             buildLeastChosen(then, loc, ranks, most));
      },
      [&](OpBuilder &otherwise, Location) {
        scf::YieldOp::create(otherwise, loc, never);
      });
  Value least = search.getResult(0);
  Value above =
      buildCount(builder, loc, ranks, arith::CmpIPredicate::sgt, least);
  Value count = ops.apply<arith::MinSIOp>(available, most);
  // Of those that have the least rank, the first ones fill what is left.
  Value equals = ops.apply<arith::SubIOp>(count, above);
  Value length = tensor::DimOp::create(builder, loc, ranks, 0);
  auto write = scf::ForOp::create(
      builder, loc, ops.index(0), length, ops.index(1),
      ValueRange{room, ops.index(0), equals},
      [&](OpBuilder &body, Location, Value place, ValueRange carried) {
        IntegerOps in{body, loc};
        Value rank = in.extract(ranks, place), left = carried[2];
        Value isAbove = in.compare(arith::CmpIPredicate::sgt, rank, least);
        Value isEqual = in.apply<arith::AndIOp>(
            in.compare(arith::CmpIPredicate::eq, rank, least),
            in.compare(arith::CmpIPredicate::sgt, left, in.constant(0)));
        auto branch = scf::IfOp::create(
            body, loc, in.apply<arith::OrIOp>(isAbove, isEqual),
            [&](OpBuilder &then, Location) {
              IntegerOps at{then, loc};
              Value column = arith::IndexCastOp::create(
                  then, loc, then.getI32Type(), place);
              Value written = tensor::InsertOp::create(then, loc, column,
                                                       carried[0], carried[1]);
              Value next = at.apply<arith::AddIOp>(carried[1], at.index(1));
              Value taken =
                  arith::ExtUIOp::create(then, loc, then.getI32Type(), isEqual);
              scf::YieldOp::create(
                  then, loc,
                  ValueRange{written, next,
                             at.apply<arith::SubIOp>(left, taken)});
            },
            [&](OpBuilder &otherwise, Location) {
              scf::YieldOp::create(otherwise, loc, carried);
            });
        scf::YieldOp::create(body, loc, branch.getResults());
      });
  return {write.getResult(0), count};
}
