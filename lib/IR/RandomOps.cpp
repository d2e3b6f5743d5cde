//===- RandomOps.cpp - drawing random keys --------------------------------===//
//
// Implements the op that finds which hashes a random mask keeps.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

LogicalResult RandomLimitsOp::verify() {
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  for (auto [number, name] : {std::pair<int64_t, StringRef>(getCount(), "keep"),
                              {getUnit(), "block"}})
    if (number < 1 || number > most)
      return emitOpError() << name << " is " << number << ", expected 1 to "
                           << most;
  auto result = cast<RankedTensorType>(getResult().getType());
  if (result.getRank() != 3 ||
      !llvm::all_of(result.getShape(), ShapedType::isDynamic))
    return emitOpError() << "result has type " << result
                         << ", expected tensor<?x?x?xi64>";
  if (getOffset()) {
    if (int64_t rank = cast<RankedTensorType>(getOffset().getType()).getRank();
        rank != 1)
      return emitOpError() << "offset has rank " << rank
                           << ", expected one element per batch";
    if (getPosition())
      return emitOpError() << "has both position and offset, expected one";
  }
  auto known = [](Value value) {
    return getConstantIntValue(value).value_or(ShapedType::kDynamic);
  };
  auto inBlocks = [&](int64_t extent) {
    return ShapedType::isDynamic(extent)
               ? extent
               : int64_t(llvm::divideCeil(extent, getUnit()));
  };
  for (auto [value, name] : {std::pair<Value, StringRef>(getRows(), "M"),
                             {getCols(), "N"},
                             {getBatches(), "B"},
                             {getHeads(), "H"}})
    if (int64_t extent = known(value);
        !ShapedType::isDynamic(extent) && extent < 0)
      return emitOpError() << name << " is " << extent
                           << ", expected an extent not below 0";
  auto report = [&]() { return emitOpError(); };
  MaskProblem problem;
  problem.rows = inBlocks(known(getRows()));
  problem.cols = inBlocks(known(getCols()));
  problem.batches = known(getBatches());
  problem.heads = known(getHeads());
  problem.operandTypes = getMaskOperands().getTypes();
  problem.emitError = report;
  return getMask().verifyMask(problem);
}

LogicalResult
RandomLimitsOp::reifyResultShapes(OpBuilder &,
                                  ReifiedRankedShapedTypeDims &shapes) {
  shapes.push_back({getBatches(), getHeads(), getRows()});
  return success();
}
