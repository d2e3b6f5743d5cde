//===- ScoreVectorizer.cpp - score programs on vectors --------------------===//
//
// Clones a straight-line score program, or a predicate, with vectors in place
// of the scalars that differ between lanes.
//
//===----------------------------------------------------------------------===//

#include "Vector/ScoreVectorizer.h"
#include "Vector/ScoreReads.h"
#include "attn/IR/Predicates.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
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

  /// What `program` yields for `arguments`, of which the query is number
  /// `query`.
  FailureOr<Value> run(Block &program, ValueRange arguments, unsigned query,
                       bool queriesRise) {
    mapping.map(program.getArguments(), arguments);
    steps[program.getArgument(query)] = queriesRise ? 1 : 0;
    for (Operation &op : program.without_terminator())
      if (failed(visit(op)))
        return failure();
    Operation *yield = program.getTerminator();
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
    if (auto dim = dyn_cast<tensor::DimOp>(op)) {
      mapping.map(dim.getResult(),
                  buildArrayExtent(builder, op.getLoc(), operands.front(),
                                   *dim.getConstantIndex()));
      return success();
    }
    if (auto read = dyn_cast<tensor::ExtractOp>(op)) {
      mapping.map(read.getResult(), buildHeldRead(read, operands, uniform));
      return success();
    }
    if (uniform) {
      builder.clone(op, mapping);
      return success();
    }
    if (auto load = dyn_cast<memref::LoadOp>(op)) {
      ValueRange places = ValueRange(operands).drop_front();
      mapping.map(load.getResult(),
                  buildLaneReads(builder, op.getLoc(), operands.front(), places,
                                 lanes,
                                 getStepOfRead(load.getIndices(), places)));
      return success();
    }
    if (!OpTrait::hasElementwiseMappableTraits(&op))
      return op.emitOpError() << "cannot be vectorised in a score program, "
                                 "expected an elementwise op or a read";
    if (op.getNumResults() == 1)
      steps[op.getResult(0)] = getStep(op);
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

  /// The read of a predicate, whose array is a memref by now.
  Value buildHeldRead(tensor::ExtractOp read, ValueRange operands,
                      bool uniform) {
    Location loc = read.getLoc();
    Value array = operands.front();
    SmallVector<Value> places;
    for (auto [dim, index] : llvm::enumerate(operands.drop_front())) {
      bool varies = isa<VectorType>(index.getType());
      places.push_back(
          buildHeldIndex(builder, loc, array, dim, index, [&](Value limit) {
            return varies ? widen(loc, limit) : limit;
          }));
    }
    if (uniform)
      return memref::LoadOp::create(builder, loc, array, places);
    return buildLaneReads(builder, loc, array, places, lanes,
                          getStepOfRead(read.getIndices(), places));
  }

  Value widen(Location loc, Value value) {
    if (isa<VectorType>(value.getType()))
      return value;
    return vector::BroadcastOp::create(
        builder, loc, VectorType::get({lanes}, value.getType()), value);
  }

  /// By how much a value mostly rises from lane to lane: 1 for the query, and
  /// for what moves or limits it; 0 for what is not known.
  int64_t getStep(Operation &op) {
    auto step = [&](unsigned operand) {
      return steps.lookup(op.getOperand(operand));
    };
    auto limits = [&](unsigned operand) {
      return !isa<VectorType>(
          mapping.lookupOrDefault(op.getOperand(operand)).getType());
    };
    if (isa<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(op))
      return step(0);
    if (isa<arith::AddIOp>(op))
      return step(0) + step(1);
    if (isa<arith::SubIOp>(op))
      return step(0) - step(1);
    if (isa<arith::MinSIOp, arith::MaxSIOp>(op))
      return limits(0) ? step(1) : limits(1) ? step(0) : 0;
    return 0;
  }

  /// The step of the only index of a read that differs by lane; 0 if there are
  /// several, or if it is not 1 or -1.
  int64_t getStepOfRead(ValueRange indices, ValueRange places) {
    int64_t step = 0, number = 0;
    for (auto [index, place] : llvm::zip_equal(indices, places))
      if (isa<VectorType>(place.getType())) {
        step = steps.lookup(index);
        ++number;
      }
    return number == 1 && std::abs(step) == 1 ? step : 0;
  }

  OpBuilder &builder;
  int64_t lanes;
  IRMapping mapping;
  /// Of values that differ by lane.
  llvm::DenseMap<Value, int64_t> steps;
};

} // namespace

FailureOr<Value> attn::vectorizeScore(OpBuilder &builder, Region &score,
                                      const ScoreArguments &arguments) {
  int64_t lanes = cast<VectorType>(arguments.score.getType()).getDimSize(0);
  Value values[] = {arguments.score, arguments.batch, arguments.head,
                    arguments.query, arguments.key};
  return Vectorizer(builder, lanes)
      .run(score.front(), values, /*query=*/3, arguments.queriesRise);
}

Value attn::vectorizePredicate(OpBuilder &builder, PredicateOp predicate,
                               const PredicateArguments &arguments,
                               int64_t lanes) {
  SmallVector<Value> values = {arguments.batch, arguments.head, arguments.query,
                               arguments.key};
  llvm::append_range(values, arguments.arrays);
  // What a predicate verifies as is what vectors can be made of.
  return *Vectorizer(builder, lanes)
              .run(predicate.getBody().front(), values, /*query=*/2,
                   arguments.queriesRise);
}
