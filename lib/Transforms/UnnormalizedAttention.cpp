//===- UnnormalizedAttention.cpp - scores that are weights ----------------===//
//
// Tells when attention without softmax is linear attention: products are its
// scores, and its mask keeps all pairs, or those of a query and its past.
//
//===----------------------------------------------------------------------===//

#include "UnnormalizedAttention.h"
#include "attn/IR/ScoreClauses.h"

using namespace mlir;
using namespace mlir::attn;

bool attn::isLinearAttention(SdpaOp op, std::string &why) {
  auto refuse = [&](StringRef reason) {
    why = reason.str();
    return false;
  };
  if (!op.getScore().empty() || op.getSoftcapAttr() || op.getBias())
    return refuse("scores are no products of queries and keys alone");
  if (op.getKeyScale() || op.getValueScale())
    return refuse("keys or values are quantised");
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  auto key = cast<RankedTensorType>(op.getKey().getType());
  auto value = cast<RankedTensorType>(op.getValue().getType());
  unsigned rank = query.getRank();
  for (RankedTensorType type : {query, key, value})
    if (type.isDynamicDim(rank - 3) || type.isDynamicDim(rank - 1))
      return refuse("heads and widths are not static");
  int64_t rows = query.getDimSize(rank - 2), cols = key.getDimSize(rank - 2);
  if (ShapedType::isDynamic(rows) || ShapedType::isDynamic(cols))
    return refuse("lengths are not static, so which order is cheaper, and "
                  "whether queries are as many as keys, is not known");
  if (isa<CausalMaskAttr>(op.getMask())) {
    MaskProblem problem =
        ScoreClauses::of(op).getMaskProblem([&] { return op.emitOpError(); });
    if (rows != cols || !problem.positionsAreRows)
      return refuse("query i does not stand at key i");
    return true;
  }
  if (!isa<FullMaskAttr>(op.getMask()))
    return refuse("the mask is neither full nor causal");
  int64_t width = query.getDimSize(rank - 1), wide = value.getDimSize(rank - 1);
  if (double(rows) * cols * (width + wide) <=
      double(rows + cols) * width * wide)
    return refuse("(Q K^T) V takes no more multiplications than Q (K^T V)");
  return true;
}
