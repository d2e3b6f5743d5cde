//===- Rules.cpp - rules that several masks share -------------------------===//
//
// Implements the checks of parameters and operands.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

using namespace mlir;
using namespace mlir::attn;

LogicalResult attn::verifyExtent(const MaskProblem &problem, StringRef name,
                                 int64_t extent) {
  if (extent >= 1 && extent <= kMaxMaskExtent)
    return success();
  return problem.emitError()
         << "mask " << name << '<' << extent
         << ">: expected an extent from 1 to " << kMaxMaskExtent;
}

LogicalResult attn::verifyOperand(const MaskProblem &problem, StringRef name,
                                  unsigned slot) {
  if (slot >= problem.operandTypes.size())
    return problem.emitError()
           << "mask " << name << " names operand slot " << slot
           << ", expected less than the number of mask operands, "
           << problem.operandTypes.size();
  auto type = dyn_cast<ShapedType>(problem.operandTypes[slot]);
  if (!type || !type.hasRank() || type.getRank() != 1 ||
      !type.getElementType().isInteger(32))
    return problem.emitError()
           << "operand of mask " << name << " has type "
           << problem.operandTypes[slot] << ", expected a 1-D tensor of i32";
  return success();
}

LogicalResult attn::verifyTokenOperand(const MaskProblem &problem,
                                       StringRef name, unsigned slot) {
  if (failed(verifyOperand(problem, name, slot)))
    return failure();
  auto isKnown = [](int64_t extent) { return !ShapedType::isDynamic(extent); };
  int64_t length = cast<ShapedType>(problem.operandTypes[slot]).getDimSize(0);
  if (isKnown(length) && isKnown(problem.cols) && length != problem.cols)
    return problem.emitError()
           << "operand of mask " << name << " has " << length
           << " elements, expected one for each of " << problem.cols << " keys";
  int64_t count = isKnown(length) ? length : problem.cols;
  if (isKnown(count) && isKnown(problem.rows) && problem.rows > count)
    return problem.emitError()
           << "mask " << name << " reads an element for each of "
           << problem.rows << " queries, its operand has " << count
           << ": expected no fewer";
  return success();
}

void attn::buildTokenChecks(MaskCheckBuilder &builder, StringRef name,
                            unsigned slot) {
  Value length =
      builder.materialize(buildLength(builder, builder.operands[slot]));
  Value cols = builder.materialize(builder.numCols);
  std::string operand = ("operand of mask " + name).str();
  builder.requireLessOrEqual(
      length, cols,
      operand + " has {0} elements, expected one for each of {1} keys");
  builder.requireLessOrEqual(
      cols, length,
      operand + " has {1} elements, expected one for each of {0} keys");
  builder.requireLessOrEqual(
      builder.materialize(builder.numRows), length,
      ("mask " + name +
       " reads an element for each of {0} queries, its operand has {1}: "
       "expected no fewer")
          .str());
}
