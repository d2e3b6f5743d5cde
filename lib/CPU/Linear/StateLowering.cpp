//===- StateLowering.cpp - the state before and after all tokens ----------===//
//
// Lowers attn.linear_state: a copy that pads, one that drops the padding, or
// zeros. A state is as large as the keys of E tokens.
//
//===----------------------------------------------------------------------===//

#include "Linear/ChunkRows.h"
#include "Lowering.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::attn;

void attn::lowerLinearState(LinearStateOp op, int64_t lanes) {
  OpBuilder builder(op);
  Value source = op.getSource(), state = op.getState();
  auto type = cast<MemRefType>(state.getType());
  VectorBuilder b(builder, op.getLoc(), cast<FloatType>(type.getElementType()),
                  lanes);
  Value rows = b.index(type.getDimSize(0));
  // Rows of the fold are as wide as those outside or padded, and of neighbours.
  // Where a run tells how wide rows are, those are outside.
  auto entersFold = [&] {
    auto from = cast<MemRefType>(source.getType());
    if (type.isDynamicDim(1) || from.isDynamicDim(1))
      return from.isDynamicDim(1);
    return type.getDimSize(1) >= from.getDimSize(1) &&
           type.isLastDimUnitStride();
  };
  if (!source)
    buildRowsIn(b, state, /*count=*/b.index(0), state);
  else if (entersFold())
    buildRowsIn(b, source, rows, state);
  else
    buildRowsOut(b, source, rows, state);
  op.erase();
}
