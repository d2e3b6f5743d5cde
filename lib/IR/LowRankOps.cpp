//===- LowRankOps.cpp - what low-rank attention is composed of ------------===//
//
// Implements the rules and the shapes of attn.pinv and attn.head_product.
//
//===----------------------------------------------------------------------===//

#include "Mechanisms/Sequences.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

/// Steps after which no number changes, whatever the condition of a matrix.
static constexpr int64_t kMostIterations = 100;

LogicalResult attn::verifyIterations(Operation *op,
                                     std::optional<uint64_t> iters,
                                     SolverAttr solver) {
  if (iters && solver)
    return op->emitOpError() << "has both iters and solve, expected one";
  if (!iters || (int64_t(*iters) >= 1 && int64_t(*iters) <= kMostIterations))
    return success();
  return op->emitOpError() << "has iters " << int64_t(*iters)
                           << ", expected a number from 1 to "
                           << kMostIterations;
}

//===----------------------------------------------------------------------===//
// attn.pinv
//===----------------------------------------------------------------------===//

LogicalResult PinvOp::verify() {
  auto type = cast<RankedTensorType>(getInput().getType());
  int64_t rank = type.getRank();
  if (rank != 3 && rank != 4)
    return emitOpError() << "input has rank " << rank
                         << ", expected [B, H, m, m] or [H, m, m]";
  if (failed(verifySameExtent(
          *this, "column count", "input", type.getDimSize(rank - 1),
          "a square matrix of its rows", type.getDimSize(rank - 2))) ||
      failed(verifyIterations(*this, getIters(), getSolverAttr())))
    return failure();
  if (!getIters() && !getSolverAttr())
    return emitOpError() << "has no way to its inverse, expected iters(n) or "
                            "solve(lu)";
  if (!getResidual())
    return success();
  auto want = RankedTensorType::get(type.getShape().drop_back(2),
                                    type.getElementType());
  if (getResidual().getType() != want)
    return emitOpError() << "residual has type " << getResidual().getType()
                         << ", expected " << want;
  return success();
}

LogicalResult PinvOp::reifyResultShapes(OpBuilder &builder,
                                        ReifiedRankedShapedTypeDims &shapes) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, getLoc(), getInput());
  shapes.push_back(sizes);
  if (getResidual())
    shapes.push_back(SmallVector<OpFoldResult>(ArrayRef(sizes).drop_back(2)));
  return success();
}

//===----------------------------------------------------------------------===//
// attn.head_product
//===----------------------------------------------------------------------===//

/// The rules on operand `name`: element type, batch and heads.
static LogicalResult verifyFactor(HeadProductOp op, StringRef name,
                                  Value value) {
  auto type = cast<ShapedType>(value.getType());
  auto out = cast<ShapedType>(op.getOut().getType());
  int64_t rank = type.getRank();
  if (rank < 2 || rank > out.getRank())
    return op.emitOpError() << name << " has rank " << rank
                            << ", expected a matrix, with heads and batch in "
                               "front where out has them";
  if (failed(verifySameElement(op, name, value, "out", op.getOut())))
    return failure();
  if (rank >= 3) {
    int64_t have = type.getDimSize(rank - 3);
    int64_t all = out.getDimSize(out.getRank() - 3);
    if (!ShapedType::isDynamic(have) && !ShapedType::isDynamic(all) &&
        (have == 0 || all % have != 0))
      return op.emitOpError() << name << " has " << have << " heads, out has "
                              << all << ": expected a divisor";
  }
  if (rank < 4)
    return success();
  return verifySameExtent(op, "batch size", name, type.getDimSize(0), "out",
                          out.getDimSize(0));
}

LogicalResult HeadProductOp::verify() {
  auto out = cast<ShapedType>(getOut().getType());
  if (out.getRank() != 3 && out.getRank() != 4)
    return emitOpError() << "out has rank " << out.getRank()
                         << ", expected [B, H, M, N] or [H, M, N]";
  if (!isa<FloatType>(out.getElementType()))
    return emitOpError() << "out has element type " << out.getElementType()
                         << ", expected a float type";
  if (failed(verifyFactor(*this, "lhs", getLhs())) ||
      failed(verifyFactor(*this, "rhs", getRhs())))
    return failure();
  auto extent = [](Value value, int64_t fromBack) {
    auto type = cast<ShapedType>(value.getType());
    return type.getDimSize(type.getRank() - fromBack);
  };
  bool across = getTransposed();
  if (failed(verifySameExtent(*this, "depth", "rhs",
                              extent(getRhs(), across ? 1 : 2), "lhs",
                              extent(getLhs(), 1))) ||
      failed(verifySameExtent(*this, "row count", "out", extent(getOut(), 2),
                              "lhs", extent(getLhs(), 2))))
    return failure();
  return verifySameExtent(*this, "column count", "out", extent(getOut(), 1),
                          "rhs", extent(getRhs(), across ? 2 : 1));
}
