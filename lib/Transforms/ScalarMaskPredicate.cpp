//===- ScalarMaskPredicate.cpp - a mask at one (query, key) pair ----------===//
//
// Implements the predicate builder for single pairs.
//
//===----------------------------------------------------------------------===//

#include "ScalarMaskPredicate.h"
#include "attn/IR/Predicates.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::attn;

Value ScalarMaskPredicate::getConstant(int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value ScalarMaskPredicate::getBatchElement(unsigned slot) {
  IndexMath math(builder, loc);
  return buildLoadOfBatch(math, operands[slot], pair.batch);
}

std::pair<Value, Value> ScalarMaskPredicate::buildSegment(unsigned slot,
                                                          QueryPlace place) {
  IndexMath math(builder, loc);
  return buildSegmentAround(
      math, operands[slot],
      math.materialize(place(math, pair.row, pair.position)));
}

Value ScalarMaskPredicate::buildQueryElement(unsigned slot, QueryPlace place) {
  IndexMath math(builder, loc);
  return buildLoadIndex(math, operands[slot],
                        place(math, pair.row, pair.position));
}

Value ScalarMaskPredicate::buildKeyElement(unsigned slot, KeyPlace place) {
  IndexMath math(builder, loc);
  return buildLoadIndex(math, operands[slot], place(math, pair.col));
}

Value ScalarMaskPredicate::buildForEachPair(PairBody body) {
  IndexMath math(builder, loc);
  return body(math, getPlace());
}

SmallVector<Value> ScalarMaskPredicate::buildForEachQuery(unsigned,
                                                          QueryBody body) {
  IndexMath math(builder, loc);
  PairPlace query = getPlace();
  query.col = Value();
  return body(math, query);
}

Value ScalarMaskPredicate::buildCall(FlatSymbolRefAttr predicate,
                                     ArrayRef<unsigned> slots, Value position,
                                     Value col) {
  Value indices[] = {pair.batch, pair.head, position ? position : pair.position,
                     col ? col : pair.col};
  auto operand = [&](unsigned slot) { return operands[slot]; };
  return buildPredicate(builder, findPredicate(op, predicate), indices,
                        llvm::map_to_vector(slots, operand));
}
