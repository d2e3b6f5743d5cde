//===- MergeOfParts.cpp - results from parts of the keys ------------------===//
//
// Builds the merge of normalised parts (arXiv:2501.01005, section 2.2): maxima
// and sums over parts first, then the share of each part, then their weighted
// sum.
//
//===----------------------------------------------------------------------===//

#include "MergeOfParts.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/Sequence.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

namespace {

constexpr double kMinusInf = -std::numeric_limits<double>::infinity();

/// Loops are (rows…, part) and (rows…, column, part).
class PartsMerger {
public:
  PartsMerger(OpBuilder &builder, MergePartsOp op)
      : builder(builder), loc(op.getLoc()), op(op), loops(builder, loc),
        compute(getFloatElement(op.getLses())) {
    sizes = tensor::getMixedSizes(builder, loc, op.getParts());
    numRowLoops = sizes.size() - 2;
    rows = llvm::to_vector(llvm::seq<unsigned>(0, numRowLoops));
    rowSizes.assign(sizes.begin() + 1, sizes.end() - 1);
  }

  SmallVector<Value> run() {
    Value max = buildMax();
    Value sum = buildSum(max);
    Value out = buildOut(max, sum);
    SmallVector<Value> results = {out};
    if (op.getLse())
      results.push_back(buildLse(max, sum));
    return results;
  }

private:
  using Elements = ValueRange;

  Value number(OpBuilder &b, double value) {
    return buildFloat(b, loc, compute, value);
  }

  /// `exp(lse - max)`; a part without keys has no share, whatever the others.
  Value buildShare(OpBuilder &b, Value lse, Value max) {
    Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, lse,
                                       number(b, kMinusInf));
    Value exp =
        math::ExpOp::create(b, loc, arith::SubFOp::create(b, loc, lse, max));
    return arith::SelectOp::create(b, loc, none, number(b, 0), exp);
  }

  /// The sink of every row, or -inf.
  Value buildStart() {
    if (!op.getSink())
      return loops.fill(rowSizes, compute, kMinusInf);
    unsigned head = numRowLoops - 2;
    return loops.map(
        rowSizes, compute, {{op.getSink(), {head}}},
        [&](OpBuilder &b, Location, Elements e) -> SmallVector<Value> {
          return {buildFloatCast(b, loc, e[0], compute)};
        });
  }

  TensorRead partRead(Value tensor, unsigned partLoop) {
    SmallVector<unsigned> dims = {partLoop};
    llvm::append_range(dims, rows);
    return {tensor, dims};
  }

  Value buildMax() {
    return loops.reduce(
        buildStart(), rows, numRowLoops + 1,
        {partRead(op.getLses(), numRowLoops)},
        [&](OpBuilder &b, Location, Elements e) -> SmallVector<Value> {
          return {arith::MaximumFOp::create(b, loc, e[0], e[1])};
        });
  }

  Value buildSum(Value max) {
    Value start =
        op.getSink()
            ? loops.map(rowSizes, compute, {{buildStart(), rows}, {max, rows}},
                        [&](OpBuilder &b, Location,
                            Elements e) -> SmallVector<Value> {
                          return {buildShare(b, e[0], e[1])};
                        })
            : loops.fill(rowSizes, compute, 0);
    return loops.reduce(
        start, rows, numRowLoops + 1,
        {partRead(op.getLses(), numRowLoops), {max, rows}},
        [&](OpBuilder &b, Location, Elements e) -> SmallVector<Value> {
          return {
              arith::AddFOp::create(b, loc, e[2], buildShare(b, e[0], e[1]))};
        });
  }

  Value buildOut(Value max, Value sum) {
    SmallVector<OpFoldResult> shareSizes(ArrayRef(sizes).drop_back());
    SmallVector<unsigned> shareDims, later;
    for (unsigned dim = 0; dim < numRowLoops + 1; ++dim) {
      shareDims.push_back(dim);
      if (dim > 0)
        later.push_back(dim);
    }
    Value shares = loops.map(
        shareSizes, compute,
        {{op.getLses(), shareDims}, {max, later}, {sum, later}},
        [&](OpBuilder &b, Location, Elements e) -> SmallVector<Value> {
          Value share = buildShare(b, e[0], e[1]);
          Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ,
                                             share, number(b, 0));
          Value part = arith::DivFOp::create(b, loc, share, e[2]);
          return {arith::SelectOp::create(b, loc, none, number(b, 0), part)};
        });
    // (rows…, part, column): columns innermost, as they lie.
    unsigned part = numRowLoops, column = numRowLoops + 1;
    SmallVector<unsigned> kept(rows), read = {part};
    kept.push_back(column);
    llvm::append_range(read, rows);
    read.push_back(column);
    SmallVector<OpFoldResult> outSizes(ArrayRef(sizes).drop_front());
    auto outType = cast<RankedTensorType>(op.getOut().getType());
    bool direct = outType.getElementType() == compute;
    Value zero = buildFloat(builder, loc, compute, 0);
    Value start = direct
                      ? linalg::FillOp::create(builder, loc, zero, op.getOut())
                            .getResult(0)
                      : loops.fill(outSizes, compute, 0);
    Value out = loops.reduce(
        start, kept, numRowLoops + 2,
        {{op.getParts(), read}, partRead(shares, part)},
        [&](OpBuilder &b, Location, Elements e) -> SmallVector<Value> {
          // A part without a share is not read into the sum, whatever it holds.
          Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ,
                                             e[1], number(b, 0));
          Value term = arith::MulFOp::create(b, loc, e[0], e[1]);
          term = arith::SelectOp::create(b, loc, none, number(b, 0), term);
          return {arith::AddFOp::create(b, loc, e[2], term)};
        });
    return direct ? out : buildInto(op.getOut(), out);
  }

  /// `lse = max + log(sum)`; -inf of no key at all.
  Value buildLse(Value max, Value sum) {
    Value lse = loops.map(
        rowSizes, compute, {{max, rows}, {sum, rows}},
        [&](OpBuilder &b, Location, Elements e) -> SmallVector<Value> {
          Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ,
                                             e[1], number(b, 0));
          Value log = math::LogOp::create(b, loc, e[1]);
          Value total = arith::AddFOp::create(b, loc, e[0], log);
          return {arith::SelectOp::create(b, loc, none, number(b, kMinusInf),
                                          total)};
        });
    return buildInto(op.getLse(), lse);
  }

  /// `source` converted into `target`.
  Value buildInto(Value target, Value source) {
    auto type = cast<RankedTensorType>(target.getType());
    unsigned rank = type.getRank();
    auto all = llvm::to_vector(llvm::seq<unsigned>(0, rank));
    auto element = cast<FloatType>(type.getElementType());
    TensorSlice whole;
    whole.offsets.assign(rank, builder.getIndexAttr(0));
    whole.strides.assign(rank, builder.getIndexAttr(1));
    whole.sizes = tensor::getMixedSizes(builder, loc, target);
    return loops.mapInto(
        target, whole, {{source, all}},
        [&](OpBuilder &b, Location, Elements e) -> SmallVector<Value> {
          return {buildFloatCast(b, loc, e[0], element)};
        });
  }

  OpBuilder &builder;
  Location loc;
  MergePartsOp op;
  TensorLoops loops;
  FloatType compute;
  unsigned numRowLoops;
  SmallVector<OpFoldResult> sizes, rowSizes;
  SmallVector<unsigned> rows;
};

} // namespace

SmallVector<Value> attn::buildMergeOfParts(OpBuilder &builder,
                                           MergePartsOp op) {
  return PartsMerger(builder, op).run();
}
