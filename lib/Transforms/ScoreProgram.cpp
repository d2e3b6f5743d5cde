//===- ScoreProgram.cpp - score programs in other float types -------------===//
//
// Implements the inliner of score programs.
//
//===----------------------------------------------------------------------===//

#include "ScoreProgram.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/CastInterfaces.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Re-creates a program op by op.
class ScoreInliner {
public:
  ScoreInliner(OpBuilder &builder, FloatType from, FloatType to)
      : builder(builder), from(from), to(to) {}

  Value inlineProgram(Block &block, Value score, ValueRange indices) {
    mapping.map(block.getArgument(0), score);
    mapping.map(block.getArguments().drop_front(), indices);
    for (Operation &op : block.without_terminator())
      inlineOp(op);
    Operation *yield = block.getTerminator();
    return get(yield->getOperand(0), to, yield->getLoc());
  }

private:
  /// The new value of `original`, as `type` if it is a number of the program.
  Value get(Value original, FloatType type, Location loc) {
    Value value = mapping.lookupOrDefault(original);
    return original.getType() == from
               ? buildFloatCast(builder, loc, value, type)
               : value;
  }

  /// True if `op` means the same in any float type: it works on elements of no
  /// float type but the program's.
  bool isGeneric(Operation &op) {
    if (!OpTrait::hasElementwiseMappableTraits(&op))
      return false;
    if (isa<CastOpInterface>(op) && !isa<arith::SIToFPOp, arith::UIToFPOp>(op))
      return false;
    auto fits = [&](Type type) {
      return type == from || !isa<FloatType>(type);
    };
    return llvm::all_of(op.getOperandTypes(), fits) &&
           llvm::all_of(op.getResultTypes(), fits);
  }

  void inlineOp(Operation &op) {
    Location loc = op.getLoc();
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      auto value = dyn_cast<FloatAttr>(constant.getValue());
      if (value && value.getType() == from) {
        mapping.map(op.getResult(0),
                    buildFloat(builder, loc, to, value.getValueAsDouble()));
        return;
      }
    }
    bool generic = isGeneric(op);
    FloatType type = generic ? to : from;
    OperationState state(loc, op.getName());
    for (Value operand : op.getOperands())
      state.operands.push_back(get(operand, type, loc));
    for (Type result : op.getResultTypes())
      state.types.push_back(result == from ? type : result);
    state.attributes = op.getDiscardableAttrDictionary();
    state.propertiesAttr = op.getPropertiesAsAttribute();
    Operation *copy = builder.create(state);
    mapping.map(op.getResults(), copy->getResults());
  }

  OpBuilder &builder;
  FloatType from, to;
  IRMapping mapping;
};

} // namespace

Value attn::buildScoreProgram(OpBuilder &builder, Region &program, Value score,
                              ValueRange indices) {
  Block &block = program.front();
  auto from = cast<FloatType>(block.getArgument(0).getType());
  auto to = cast<FloatType>(score.getType());
  return ScoreInliner(builder, from, to).inlineProgram(block, score, indices);
}
