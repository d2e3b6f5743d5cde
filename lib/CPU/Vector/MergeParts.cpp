//===- MergeParts.cpp - results from parts of the keys --------------------===//
//
// Lowers attn.merge_parts (arXiv:2501.01005, section 2.2): row by row, the
// maximum and the sum over parts first, then the share of each part, then the
// weighted sum of their rows. Parts that are not normalised have shares of 1.
// It touches a row of values for each part, against the thousands of keys that
// the part has read.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"
#include "Vector/VectorBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

namespace {

constexpr double kMinusInf = -std::numeric_limits<double>::infinity();

/// Merges one row after the other.
class PartsMerger {
public:
  PartsMerger(MergePartsOp op, VectorBuilder &b) : op(op), loc(op.getLoc()) {
    auto type = cast<MemRefType>(op.getParts().getType());
    auto size = [&](unsigned dim) {
      return b.materialize(
          memref::getMixedSize(b.getBuilder(), loc, op.getParts(), dim));
    };
    count = size(0);
    width = size(type.getRank() - 1);
    for (unsigned dim = 1; dim + 1 < type.getRank(); ++dim)
      bounds.push_back(size(dim));
    shares = memref::AllocOp::create(
        b.getBuilder(), loc, MemRefType::get({ShapedType::kDynamic}, b.element),
        count);
    sums = memref::AllocOp::create(
        b.getBuilder(), loc, MemRefType::get({ShapedType::kDynamic}, b.element),
        width);
  }

  /// Loops over the rows of results, those of `place` given.
  void buildRows(VectorBuilder &b, SmallVector<Value> place) {
    if (place.size() == bounds.size())
      return buildRow(b, place);
    b.forEach(b.index(0), bounds[place.size()], 1,
              [&](VectorBuilder &b, Value index) {
                SmallVector<Value> next(place);
                next.push_back(index);
                buildRows(b, next);
              });
  }

private:
  /// Indices of row `place` of part `part`, and of element `column` in it.
  static SmallVector<Value> inPart(Value part, ArrayRef<Value> place,
                                   Value column = {}) {
    SmallVector<Value> indices = {part};
    llvm::append_range(indices, place);
    if (column)
      indices.push_back(column);
    return indices;
  }

  Value isEqual(VectorBuilder &b, Value value, double number) {
    return arith::CmpFOp::create(b.getBuilder(), loc, arith::CmpFPredicate::OEQ,
                                 value, b.number(number));
  }

  Value select(VectorBuilder &b, Value condition, Value yes, Value no) {
    return arith::SelectOp::create(b.getBuilder(), loc, condition, yes, no);
  }

  /// `exp(lse - max)`; what has no keys has no share, whatever the others.
  Value buildShare(VectorBuilder &b, Value lse, Value max) {
    Value power = b.mulf(b.subf(lse, max), b.number(kLog2E));
    return select(b, isEqual(b, lse, kMinusInf), b.number(0), b.exp2(power));
  }

  /// All parts count as they are.
  void buildSum(VectorBuilder &b, ArrayRef<Value> place) {
    b.forEach(b.index(0), count, 1, [&](VectorBuilder &b, Value s) {
      b.storeScalar(b.number(1), shares, {s});
    });
    buildOut(b, place, b.number(1));
  }

  void buildRow(VectorBuilder &b, ArrayRef<Value> place) {
    if (!op.getLses())
      return buildSum(b, place);
    Value zero = b.index(0);
    Value sink = b.number(kMinusInf);
    if (op.getSink())
      sink = b.loadScalar(op.getSink(), {place[place.size() - 2]});
    Value max = b.fold(zero, count, 1, sink,
                       [&](VectorBuilder &b, Value s,
                           ValueRange carried) -> SmallVector<Value> {
                         Value lse =
                             b.loadScalar(op.getLses(), inPart(s, place));
                         return {arith::MaximumFOp::create(b.getBuilder(), loc,
                                                           carried[0], lse)};
                       })
                    .front();
    Value start = op.getSink() ? buildShare(b, sink, max) : b.number(0);
    Value sum = b.fold(zero, count, 1, start,
                       [&](VectorBuilder &b, Value s,
                           ValueRange carried) -> SmallVector<Value> {
                         Value lse =
                             b.loadScalar(op.getLses(), inPart(s, place));
                         Value share = buildShare(b, lse, max);
                         b.storeScalar(share, shares, {s});
                         return {b.addf(carried[0], share)};
                       })
                    .front();
    Value isEmpty = isEqual(b, sum, 0);
    buildOut(b, place,
             select(b, isEmpty, b.number(0), b.divf(b.number(1), sum)));
    if (!op.getLse())
      return;
    Value log = b.mulf(b.log2(sum), b.number(kLn2));
    b.storeScalar(select(b, isEmpty, b.number(kMinusInf), b.addf(max, log)),
                  op.getLse(), place);
  }

  void buildOut(VectorBuilder &b, ArrayRef<Value> place, Value inverse) {
    Value zero = b.index(0);
    b.forEach(zero, width, 1, [&](VectorBuilder &b, Value e) {
      b.storeScalar(b.number(0), sums, {e});
    });
    b.forEach(zero, count, 1, [&](VectorBuilder &b, Value s) {
      Value share = b.loadScalar(shares, {s});
      // A part without a share is not read, whatever it holds.
      Value counts = arith::CmpFOp::create(
          b.getBuilder(), loc, arith::CmpFPredicate::UNE, share, b.number(0));
      scf::IfOp::create(
          b.getBuilder(), loc, counts, [&](OpBuilder &then, Location) {
            VectorBuilder t = b.at(then);
            t.forEach(zero, width, 1, [&](VectorBuilder &b, Value e) {
              Value part = b.loadScalar(op.getParts(), inPart(s, place, e));
              Value old = b.loadScalar(sums, {e});
              b.storeScalar(b.addf(old, b.mulf(part, share)), sums, {e});
            });
            scf::YieldOp::create(then, loc);
          });
    });
    b.forEach(zero, width, 1, [&](VectorBuilder &b, Value e) {
      SmallVector<Value> indices(place);
      indices.push_back(e);
      b.storeScalar(b.mulf(b.loadScalar(sums, {e}), inverse), op.getOut(),
                    indices);
    });
  }

  MergePartsOp op;
  Location loc;
  Value count, width, shares, sums;
  SmallVector<Value> bounds;
};

} // namespace

void attn::lowerMergeParts(MergePartsOp op) {
  OpBuilder builder(op);
  auto type = cast<MemRefType>(op.getParts().getType());
  VectorBuilder b(builder, op.getLoc(), cast<FloatType>(type.getElementType()),
                  /*lanes=*/1);
  PartsMerger(op, b).buildRows(b, {});
  op.erase();
}
