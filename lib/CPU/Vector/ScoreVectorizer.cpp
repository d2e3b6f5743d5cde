//===- ScoreVectorizer.cpp - score programs on vectors --------------------===//
//
// Clones a straight-line score program with vectors in place of the scalars
// that differ between lanes.
//
//===----------------------------------------------------------------------===//

#include "Vector/ScoreVectorizer.h"
#include "attn/IR/AttnOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

class Vectorizer {
public:
  Vectorizer(OpBuilder &builder, int64_t lanes)
      : builder(builder), lanes(lanes) {}

  FailureOr<Value> run(Region &score, const ScoreArguments &arguments) {
    Block &block = score.front();
    Value values[] = {arguments.score, arguments.batch, arguments.head,
                      arguments.query, arguments.key};
    mapping.map(block.getArguments(), ValueRange(values));
    for (Operation &op : block.without_terminator())
      if (failed(visit(op)))
        return failure();
    Operation *yield = block.getTerminator();
    return widen(yield->getLoc(),
                 mapping.lookupOrDefault(yield->getOperand(0)));
  }

private:
  LogicalResult visit(Operation &op) {
    SmallVector<Value> operands;
    bool uniform = true;
    for (Value operand : op.getOperands()) {
      operands.push_back(mapping.lookupOrDefault(operand));
      uniform &= !isa<VectorType>(operands.back().getType());
    }
    if (uniform) {
      builder.clone(op, mapping);
      return success();
    }
    if (auto load = dyn_cast<memref::LoadOp>(op)) {
      mapping.map(load.getResult(), buildLaneLoads(load, operands));
      return success();
    }
    if (!OpTrait::hasElementwiseMappableTraits(&op))
      return op.emitOpError() << "cannot be vectorised in a score program, "
                                 "expected an elementwise op or a read";
    for (Value &operand : operands)
      operand = widen(op.getLoc(), operand);
    SmallVector<Type> types;
    for (Type type : op.getResultTypes())
      types.push_back(VectorType::get({lanes}, type));
    OperationState state(op.getLoc(), op.getName().getStringRef(), operands,
                         types, op.getAttrs());
    Operation *wide = builder.create(state);
    mapping.map(op.getResults(), wide->getResults());
    return success();
  }

  Value widen(Location loc, Value value) {
    if (isa<VectorType>(value.getType()))
      return value;
    return vector::BroadcastOp::create(
        builder, loc, VectorType::get({lanes}, value.getType()), value);
  }

  Value buildLaneLoads(memref::LoadOp load, ArrayRef<Value> operands) {
    Location loc = load.getLoc();
    auto type = VectorType::get({lanes}, load.getType());
    SmallVector<Value> elements;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      SmallVector<Value> indices;
      for (Value index : operands.drop_front())
        indices.push_back(
            isa<VectorType>(index.getType())
                ? vector::ExtractOp::create(builder, loc, index, lane)
                      .getResult()
                : index);
      elements.push_back(
          memref::LoadOp::create(builder, loc, operands.front(), indices));
    }
    return vector::FromElementsOp::create(builder, loc, type, elements);
  }

  OpBuilder &builder;
  int64_t lanes;
  IRMapping mapping;
};

} // namespace

FailureOr<Value> attn::vectorizeScore(OpBuilder &builder, Region &score,
                                      const ScoreArguments &arguments) {
  int64_t lanes = cast<VectorType>(arguments.score.getType()).getDimSize(0);
  return Vectorizer(builder, lanes).run(score, arguments);
}
