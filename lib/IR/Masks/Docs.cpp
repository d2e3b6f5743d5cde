//===- Docs.cpp - keys of the query's own document ------------------------===//
//
// The mask `docs(%cu)`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

/// With u(r) the number of boundaries at most r, row r lies in document
/// [cu[u - 1], cu[u]) if both exist. Rows from a to b therefore see no key
/// before cu[u(a) - 1] and none from cu[u(b)] on, where a missing boundary
/// stands for its neighbour: rows before all documents, or after, see nothing.
/// All of them lie in the same document, or all outside, iff u(a) = u(b).
void DocsMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  Location loc = builder.getLoc();
  Value boundaries = builder.operands[getSlot()];
  Value first = buildUpperBound(builder, boundaries,
                                builder.materialize(builder.rowBegin));
  Value last =
      buildUpperBound(builder, boundaries,
                      builder.materialize(builder.add(builder.rowEnd, -1)));
  Value zero = builder.materialize(builder.constant(0));
  Value length = builder.materialize(buildLength(builder, boundaries));
  Value present = arith::CmpIOp::create(
      builder.getBuilder(), loc, arith::CmpIPredicate::slt, zero, length);
  auto ends = scf::IfOp::create(
      builder.getBuilder(), loc, present,
      [&](OpBuilder &b, Location l) {
        IndexMath math(b, l);
        OpFoldResult before = math.max(math.add(first, -1), math.constant(0));
        OpFoldResult after = math.min(last, math.add(length, -1));
        scf::YieldOp::create(
            b, l,
            ValueRange{buildLoadIndex(math, boundaries, before),
                       buildLoadIndex(math, boundaries, after)});
      },
      [&](OpBuilder &b, Location l) {
        scf::YieldOp::create(b, l, ValueRange{zero, zero});
      });
  Value lo = ends.getResult(0), hi = ends.getResult(1);
  disjuncts.push_back({lo, hi, lo, builder.selectLess(first, last, lo, hi)});
}

Value DocsMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  auto [lo, hi] = builder.getSegmentOfRow(getSlot());
  return builder.both(builder.isLessOrEqual(lo, builder.getCol()),
                      builder.isLess(builder.getCol(), hi));
}

LogicalResult DocsMaskAttr::verifyMask(const MaskProblem &problem) const {
  return verifyOperand(problem, "docs", getSlot());
}

Attribute DocsMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  return DocsMaskAttr::get(getContext(), renumber(getSlot()));
}

void DocsMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  Value boundaries = builder.operands[getSlot()];
  Value zero = builder.materialize(builder.constant(0));
  Value one = builder.materialize(builder.constant(1));
  Value number = builder.materialize(buildLength(builder, boundaries));
  Value numCols = builder.materialize(builder.numCols);
  OpBuilder::InsertionGuard guard(builder.getBuilder());
  auto loop = scf::ForOp::create(builder.getBuilder(), builder.getLoc(), zero,
                                 number, one);
  builder.getBuilder().setInsertionPointToStart(loop.getBody());
  OpFoldResult index = loop.getInductionVar();
  OpFoldResult before =
      builder.max(builder.add(index, -1), builder.constant(0));
  Value boundary = buildLoadIndex(builder, boundaries, index);
  Value previous = buildLoadIndex(builder, boundaries, before);
  builder.requireLessOrEqual(
      zero, boundary, "mask docs holds boundary {1}, expected at least {0}");
  builder.requireLessOrEqual(previous, boundary,
                             "mask docs holds boundary {1} after {0}, expected "
                             "boundaries in ascending order");
  builder.requireLessOrEqual(
      boundary, numCols,
      "mask docs holds boundary {0}, expected at most N = {1}");
}
