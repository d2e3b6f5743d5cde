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
