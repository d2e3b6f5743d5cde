//===- BiasCopy.cpp - bias in the transposed form -------------------------===//
//
// A bias lies with keys next to each other, scores with queries. Where the bias
// of neighbouring keys are neighbours in memory, as many rows as a vector has
// lanes are read and transposed in registers; what is left over goes element by
// element, which took half of the time of an attention with bias when all did.
//
//===----------------------------------------------------------------------===//

#include "BiasCopy.h"
#include "Vector/AcrossLanes.h"
#include "Vector/Neighbours.h"
#include "Vector/ScoreAdjuster.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Copies one block for one panel.
class BiasCopier {
public:
  BiasCopier(VectorBuilder &b, StepOp step, Value target, const KeyRange &keys,
             const PanelRows &queries)
      : step(step), loc(step.getLoc()), bias(step.getBias()), target(target),
        unit(WeightRule(step).unit), keys(keys), queries(queries),
        type(cast<MemRefType>(bias.getType())) {}

  void run(VectorBuilder &b) {
    // One element for all keys is no row of neighbours.
    if (type.getDimSize(type.getRank() - 1) == 1)
      return buildElements(b, b.index(0), keys.hi);
    Value vectorRows = buildVectorRows(b);
    Value length = b.materialize(b.sub(keys.hi, getAsOpFoldResult(keys.lo)));
    Value vectorEnd = b.materialize(
        b.add(b.mul(b.floorDiv(length, b.lanes), b.lanes), keys.lo));
    b.forEach(b.index(0), vectorRows, b.lanes,
              [&](VectorBuilder &b, Value lane) {
                b.forEach(keys.lo, vectorEnd, b.lanes,
                          [&](VectorBuilder &b, Value j) {
                            buildSquare(b, lane, j);
                          });
              });
    buildElements(b, vectorRows, vectorEnd);
  }

private:
  /// How many rows go by squares: whole vectors of them where neighbouring keys
  /// are neighbours in memory, else none.
  Value buildVectorRows(VectorBuilder &b) {
    OpBuilder &builder = b.getBuilder();
    NeighbourView view = buildNeighbourView(b, bias);
    neighbours = view.view;
    // A row of one element, known at run time only, is no row of neighbours.
    OpFoldResult length =
        memref::getMixedSize(builder, loc, bias, type.getRank() - 1);
    Value isWhole =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                              b.materialize(length), step.getNumCols());
    Value areNeighbours =
        arith::AndIOp::create(builder, loc, view.holds, isWhole);
    Value whole =
        b.materialize(b.mul(b.floorDiv(queries.count, b.lanes), b.lanes));
    return arith::SelectOp::create(builder, loc, areNeighbours, whole,
                                   b.index(0));
  }

  /// Where the bias of query `lane` of the panel and key `j` of the block is.
  SmallVector<Value> indices(VectorBuilder &b, Value lane, Value j) {
    auto [head, row] = buildPlaceOfQuery(b, step, queries, lane);
    Value col = b.materialize(b.add(step.getCol(), j));
    Value place[] = {step.getBatch(), head, row, col};
    unsigned rank = type.getRank();
    SmallVector<Value> result;
    for (unsigned dim = 0; dim < rank; ++dim)
      result.push_back(buildBiasIndex(b, step, dim, place[dim + 4 - rank]));
    return result;
  }

  /// As many queries from `lane` on as keys from `j` on.
  void buildSquare(VectorBuilder &b, Value lane, Value j) {
    OpBuilder &builder = b.getBuilder();
    auto vector = VectorType::get({b.lanes}, type.getElementType());
    SmallVector<Value> square;
    for (int64_t r = 0; r < b.lanes; ++r) {
      Value row =
          vector::LoadOp::create(builder, loc, vector, neighbours,
                                 indices(b, b.materialize(b.add(lane, r)), j));
      if (type.getElementType() != b.element)
        row = arith::ExtFOp::create(builder, loc, b.getType(), row);
      square.push_back(b.mulf(row, b.splat(unit)));
    }
    square = buildTransposed(b, square);
    for (int64_t r = 0; r < b.lanes; ++r)
      b.store(square[r], target, {b.materialize(b.add(j, r)), lane});
  }

  /// Element by element: rows before `vectorRows` from key `vectorEnd` on, the
  /// others from the first.
  void buildElements(VectorBuilder &b, Value vectorRows, Value vectorEnd) {
    b.forEach(b.index(0), queries.count, 1, [&](VectorBuilder &b, Value lane) {
      Value begin = b.materialize(b.selectLess(
          lane, getAsOpFoldResult(vectorRows), vectorEnd, keys.lo));
      b.forEach(begin, keys.hi, 1, [&](VectorBuilder &b, Value j) {
        Value element = b.loadScalar(bias, indices(b, lane, j));
        b.storeScalar(b.mulf(element, b.number(unit)), target, {j, lane});
      });
    });
  }

  StepOp step;
  Location loc;
  Value bias, target;
  double unit;
  KeyRange keys;
  PanelRows queries;
  MemRefType type;
  /// The bias with keys known to be neighbours.
  Value neighbours;
};

} // namespace

void attn::buildBiasCopy(VectorBuilder &b, StepOp step, Value target,
                         const KeyRange &keys, const PanelRows &queries) {
  BiasCopier(b, step, target, keys, queries).run(b);
}
