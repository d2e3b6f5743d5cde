//===- ScalarMaskPredicate.cpp - a mask at one (query, key) pair ----------===//
//
// Implements the predicate builder for single pairs.
//
//===----------------------------------------------------------------------===//

#include "ScalarMaskPredicate.h"
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

std::pair<Value, Value> ScalarMaskPredicate::getSegmentOfRow(unsigned slot) {
  IndexMath math(builder, loc);
  return buildSegmentAround(math, operands[slot], pair.row);
}

Value ScalarMaskPredicate::buildForEachPair(PairBody body) {
  IndexMath math(builder, loc);
  return body(math, {pair.batch, pair.head, pair.row, pair.position, pair.col,
                     operands});
}
