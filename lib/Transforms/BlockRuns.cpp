//===- BlockRuns.cpp - runs of blocks of keys -----------------------------===//
//
// Builds bounds in blocks from intervals of keys.
//
//===----------------------------------------------------------------------===//

#include "BlockRuns.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

OpFoldResult attn::clampBetween(IndexMath &math, OpFoldResult value,
                                OpFoldResult lo, OpFoldResult hi) {
  if (isEqualConstantIntOrValue(value, lo) ||
      isEqualConstantIntOrValue(value, hi))
    return value;
  return math.min(math.max(value, lo), hi);
}

MaskDisjunct attn::clampToCount(IndexMath &math, MaskDisjunct d,
                                OpFoldResult count) {
  d.mayLo = clampBetween(math, d.mayLo, math.constant(0), count);
  d.mayHi = clampBetween(math, d.mayHi, d.mayLo, count);
  d.mustLo = clampBetween(math, d.mustLo, d.mayLo, d.mayHi);
  d.mustHi = clampBetween(math, d.mustHi, d.mustLo, d.mayHi);
  return d;
}

BlockRuns attn::buildBlockRuns(IndexMath &math, const MaskDisjunct &d,
                               int64_t block, OpFoldResult cursor) {
  BlockRuns runs;
  runs.t0 = math.max(math.floorDiv(d.mayLo, block), cursor);
  OpFoldResult end = math.ceilDiv(d.mayHi, block);
  // An empty interval inside a block would round to that block.
  if (!isConstantIntValue(d.mayLo, 0))
    end = math.selectLess(d.mayLo, d.mayHi, end, runs.t0);
  runs.t1 = math.max(end, runs.t0);
  runs.f0 = clampBetween(math, math.ceilDiv(d.mustLo, block), runs.t0, runs.t1);
  runs.f1 =
      clampBetween(math, math.floorDiv(d.mustHi, block), runs.f0, runs.t1);
  return runs;
}

SmallVector<DisjunctEnds> attn::buildSorted(IndexMath &math,
                                            ArrayRef<MaskDisjunct> disjuncts) {
  OpBuilder &builder = math.getBuilder();
  Location loc = math.getLoc();
  SmallVector<DisjunctEnds> items;
  for (const MaskDisjunct &d : disjuncts)
    items.push_back({math.materialize(d.mayLo), math.materialize(d.mayHi),
                     math.materialize(d.mustLo), math.materialize(d.mustHi)});
  for (unsigned last = 1; last < items.size(); ++last)
    for (unsigned k = last; k > 0; --k) {
      Value swap =
          arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                items[k][0], items[k - 1][0]);
      for (unsigned part = 0; part < 4; ++part) {
        Value lo = items[k - 1][part], hi = items[k][part];
        items[k - 1][part] =
            builder.createOrFold<arith::SelectOp>(loc, swap, hi, lo);
        items[k][part] =
            builder.createOrFold<arith::SelectOp>(loc, swap, lo, hi);
      }
    }
  return items;
}
