//===- PairSearch.cpp - whether a mask keeps a pair of a block ------------===//
//
// Implements the search of a block of queries and keys for a pair.
//
//===----------------------------------------------------------------------===//

#include "PairSearch.h"
#include "ScalarMaskPredicate.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Places [begin, end) of which one of each `unit` is looked at.
struct Places {
  OpFoldResult begin, end;
  /// 0: one of all.
  int64_t unit;

  Value buildFirst(IndexMath &math) const {
    return math.materialize(unit ? math.floorDiv(begin, unit)
                                 : math.constant(0));
  }
  Value buildEnd(IndexMath &math) const {
    return math.materialize(
        unit ? math.ceilDiv(end, unit)
             : math.selectLess(begin, end, math.constant(1), math.constant(0)));
  }
  /// The place that stands for unit `index`.
  Value buildPlace(IndexMath &math, Value index) const {
    return math.materialize(unit == 1 ? index
                                      : math.max(math.mul(index, unit), begin));
  }
};

} // namespace

/// The queries that differ: blocks of rows count where positions do not matter,
/// or have the same blocks.
static Places getRows(MaskAttrInterface mask,
                      const MaskIntervalBuilder &queries) {
  int64_t unit = mask.getUnit();
  std::optional<int64_t> offset = getConstantIntValue(queries.position);
  bool isAligned =
      !mask.usesQueryPosition() || (unit && offset && *offset % unit == 0);
  return {queries.rowBegin, queries.rowEnd, isAligned ? unit : 1};
}

Value attn::buildHasPair(OpBuilder &builder, Operation *op,
                         MaskAttrInterface mask, const SearchedBlock &block) {
  Location loc = op->getLoc();
  const MaskIntervalBuilder &queries = block.queries;
  Places rows = getRows(mask, queries);
  Places cols = {block.colBegin, block.colEnd, mask.getUnit()};
  IndexMath math(builder, loc);
  Value firstRow = rows.buildFirst(math), endRow = rows.buildEnd(math);
  Value firstCol = cols.buildFirst(math), endCol = cols.buildEnd(math);
  Value no = arith::ConstantIntOp::create(builder, loc, 0, 1);
  Value one = math.materialize(math.constant(1));
  auto search = scf::WhileOp::create(
      builder, loc, TypeRange{firstRow.getType(), no.getType()},
      ValueRange{firstRow, no},
      [&](OpBuilder &before, Location, ValueRange args) {
        Value open = arith::CmpIOp::create(
            before, loc, arith::CmpIPredicate::slt, args[0], endRow);
        Value goesOn = arith::CmpIOp::create(
            before, loc, arith::CmpIPredicate::ugt, open, args[1]);
        scf::ConditionOp::create(before, loc, goesOn, args);
      },
      [&](OpBuilder &after, Location, ValueRange args) {
        IndexMath atRow(after, loc);
        MaskPair pair;
        pair.batch = queries.batch;
        pair.head = atRow.materialize(queries.head);
        pair.row = rows.buildPlace(atRow, args[0]);
        pair.position =
            atRow.materialize(atRow.add(pair.row, queries.position));
        pair.numRows = atRow.materialize(queries.numRows);
        pair.numCols = atRow.materialize(queries.numCols);
        auto row = scf::ForOp::create(
            after, loc, firstCol, endCol, one, no,
            [&](OpBuilder &body, Location, Value index, ValueRange found) {
              IndexMath atPair(body, loc);
              pair.col = cols.buildPlace(atPair, index);
              ScalarMaskPredicate predicate(body, op, pair, queries.operands);
              Value keeps = mask.buildContains(predicate);
              scf::YieldOp::create(
                  body, loc,
                  arith::OrIOp::create(body, loc, found[0], keeps).getResult());
            });
        Value next = arith::AddIOp::create(after, loc, args[0], one);
        scf::YieldOp::create(after, loc, ValueRange{next, row.getResult(0)});
      });
  return search.getResult(1);
}
