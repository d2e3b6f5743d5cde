//===- CacheChecks.cpp - run-time rules of caches -------------------------===//
//
// Builds the rules of attn.paged_view and attn.kv_append: positions that lie in
// the cache, entries of tables that name pages. Each costs O(B T) integers, and
// entries that nothing reads may hold anything.
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Keys [lo, hi).
struct KeyRange {
  Value lo, hi;
};

/// Builds the body of a loop over [lo, hi) at `checks`.
void buildLoop(ShapeCheckBuilder &checks, OpFoldResult lo, OpFoldResult hi,
               llvm::function_ref<void(Value)> body) {
  OpBuilder &builder = checks.getBuilder();
  auto loop = scf::ForOp::create(builder, checks.getLoc(),
                                 checks.materialize(lo), checks.materialize(hi),
                                 checks.materialize(checks.constant(1)));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

/// Requires that the entries of `batch` that hold keys of `range` name one of
/// `count` pages.
void buildEntryChecks(ShapeCheckBuilder &checks, Value table, Value batch,
                      const KeyRange &range, int64_t page, Value count) {
  OpFoldResult first = checks.floorDiv(range.lo, page);
  OpFoldResult end = checks.ceilDiv(range.hi, page);
  buildLoop(checks, first, end, [&](Value number) {
    OpBuilder &builder = checks.getBuilder();
    Value element = tensor::ExtractOp::create(builder, checks.getLoc(), table,
                                              ValueRange{batch, number});
    Value entry = arith::IndexCastOp::create(builder, checks.getLoc(),
                                             builder.getIndexType(), element);
    checks.requireInRange(entry, count, {batch, number},
                          "the table holds {0} for batch element {2}, entry "
                          "{3}: expected the number of one of {1} pages");
  });
}

/// The hull of the keys that the mask of `clauses` lets some query of `batch`
/// see, within [0, N); empty if there is no query.
KeyRange buildVisibleKeys(ShapeCheckBuilder &checks,
                          const ScoreClauses &clauses, Value batch) {
  OpBuilder &builder = checks.getBuilder();
  Location loc = checks.getLoc();
  unsigned head = clauses.hasBatch() ? 1 : 0;
  Value zero = checks.materialize(checks.constant(0));
  OpFoldResult rows = buildSize(checks, clauses.query, head + 1);
  OpFoldResult cols = buildSize(checks, clauses.key, head + 1);
  Value some = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sgt,
                                     checks.materialize(rows), zero);
  // Masks may differ from head to head.
  Value end = arith::SelectOp::create(
      builder, loc, some,
      checks.materialize(buildSize(checks, clauses.query, head)), zero);
  Value width = checks.materialize(cols);
  auto loop = scf::ForOp::create(builder, loc, zero, end,
                                 checks.materialize(checks.constant(1)),
                                 ValueRange{width, zero});
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  MaskIntervalBuilder intervals(builder, loc);
  intervals.rowBegin = intervals.constant(0);
  intervals.rowEnd = intervals.numRows = rows;
  intervals.position = clauses.buildPosition(intervals, batch, rows, cols);
  intervals.numCols = cols;
  intervals.batch = batch;
  intervals.head = loop.getInductionVar();
  intervals.numHeads = intervals.constant(1);
  intervals.operands = clauses.maskOperands;
  SmallVector<MaskDisjunct> disjuncts;
  clauses.mask.buildIntervals(intervals, disjuncts);
  OpFoldResult lo = loop.getRegionIterArg(0), hi = loop.getRegionIterArg(1);
  for (const MaskDisjunct &disjunct : disjuncts) {
    OpFoldResult first = intervals.max(disjunct.mayLo, intervals.constant(0));
    OpFoldResult last = intervals.min(disjunct.mayHi, cols);
    // An empty interval widens nothing.
    OpFoldResult widerLo = intervals.min(lo, first);
    OpFoldResult widerHi = intervals.max(hi, last);
    lo = intervals.selectLess(first, last, widerLo, lo);
    hi = intervals.selectLess(first, last, widerHi, hi);
  }
  scf::YieldOp::create(
      builder, loc,
      ValueRange{intervals.materialize(lo), intervals.materialize(hi)});
  return {loop.getResult(0), loop.getResult(1)};
}

} // namespace

void attn::buildPageChecks(ShapeCheckBuilder &checks,
                           const ScoreClauses &clauses, ValueRange keyed) {
  llvm::SmallPtrSet<Operation *, 4> seen;
  for (Value operand : keyed) {
    auto view = operand ? operand.getDefiningOp<PagedViewOp>() : nullptr;
    if (!view || !seen.insert(view).second)
      continue;
    checks.buildIfValid([&] {
      Value count = checks.materialize(buildSize(checks, view.getPages(), 0));
      buildLoop(checks, checks.constant(0),
                buildSize(checks, view.getTable(), 0), [&](Value batch) {
                  buildEntryChecks(checks, view.getTable(), batch,
                                   buildVisibleKeys(checks, clauses, batch),
                                   view.getPageSize(), count);
                });
    });
  }
}

void attn::buildCacheChecks(ShapeCheckBuilder &checks, PagedViewOp view) {
  // Those who look at keys through a mask check the entries that they read.
  if (llvm::all_of(view->getUsers(), [](Operation *user) {
        return isa<SdpaOp, WeightsOp, tensor::DimOp>(user);
      }))
    return;
  Value count = checks.materialize(buildSize(checks, view.getPages(), 0));
  OpFoldResult keys =
      checks.mul(buildSize(checks, view.getTable(), 1), view.getPageSize());
  KeyRange all = {checks.materialize(checks.constant(0)),
                  checks.materialize(keys)};
  buildLoop(checks, checks.constant(0), buildSize(checks, view.getTable(), 0),
            [&](Value batch) {
              buildEntryChecks(checks, view.getTable(), batch, all,
                               view.getPageSize(), count);
            });
}

/// The extents of rows and cache that must agree.
static void buildAppendExtentChecks(ShapeCheckBuilder &checks,
                                    KVAppendOp append) {
  Value cache = append.getCache(), rows = append.getRows();
  unsigned base = append.hasBatch() ? 1 : 0;
  if (base)
    checks.requireEqual(
        buildSize(checks, append.getTable() ? append.getTable() : cache, 0),
        buildSize(checks, rows, 0),
        "the cache has batch size {0}, the rows have {1}: expected them to be "
        "equal");
  checks.requireEqual(buildSize(checks, cache, append.getTable() ? 2 : base),
                      buildSize(checks, rows, base),
                      "the cache has {0} heads, the rows have {1}: expected "
                      "them to be equal");
  if (!append.getScales())
    checks.requireEqual(
        buildSize(checks, cache,
                  cast<RankedTensorType>(cache.getType()).getRank() - 1),
        buildSize(checks, rows, base + 2),
        "the cache has width {0}, the rows have {1}: expected them to be "
        "equal");
}

void attn::buildCacheChecks(ShapeCheckBuilder &checks, KVAppendOp append) {
  OpBuilder &builder = checks.getBuilder();
  Location loc = checks.getLoc();
  buildAppendExtentChecks(checks, append);
  SmallVector<OpFoldResult> extents = append.buildRowExtents(builder);
  OpFoldResult batches = extents[0], count = extents[2];
  OpFoldResult length = append.buildLength(builder);
  checks.requireOneOrEqual(buildSize(checks, append.getPos(), 0), batches,
                           "pos has {0} elements, expected 1 or the batch size "
                           "{1}");
  checks.requirePosition(length, "the cache has {0} positions, expected at "
                                 "most {1}");
  checks.requireLessOrEqual(checks.materialize(count),
                            checks.materialize(length),
                            "appends {0} rows to a cache of {1} positions, "
                            "expected no more");
  checks.buildIfValid([&] {
    Value zero = checks.materialize(checks.constant(0));
    Value positions = checks.materialize(length);
    Value pages =
        append.getTable()
            ? checks.materialize(buildSize(checks, append.getCache(), 0))
            : Value();
    buildLoop(checks, checks.constant(0), batches, [&](Value batch) {
      Value first = buildLoadOfBatch(checks, append.getPos(), batch);
      Value end = checks.materialize(checks.add(first, count));
      checks.requireLessOrEqual(zero, first,
                                "pos holds position {1}, expected at least "
                                "{0}");
      if (!append.getRing())
        checks.requireLessOrEqual(end, positions,
                                  "the last row appended would be row {0} of a "
                                  "cache of {1}, expected no more");
      if (!append.getTable())
        return;
      // A ring may run over its end: [0, end - N) is written as well.
      checks.buildIfValid([&] {
        int64_t page = append.getPageSize();
        Value table = append.getTable();
        if (!append.getRing())
          return buildEntryChecks(checks, table, batch, {first, end}, page,
                                  pages);
        Value start = arith::RemUIOp::create(
            builder, loc, first,
            checks.materialize(checks.max(positions, checks.constant(1))));
        OpFoldResult stop = checks.add(start, count);
        Value straight = checks.materialize(checks.min(stop, positions));
        Value wrapped = checks.materialize(
            checks.max(checks.sub(stop, positions), checks.constant(0)));
        buildEntryChecks(checks, table, batch, {start, straight}, page, pages);
        buildEntryChecks(checks, table, batch, {zero, wrapped}, page, pages);
      });
    });
  });
}
