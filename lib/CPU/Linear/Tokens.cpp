//===- Tokens.cpp - what tokens bring and take ----------------------------===//
//
// Implements values with beta and the column of ones, and results with the
// division by what that column sums to.
//
//===----------------------------------------------------------------------===//

#include "Linear/Tokens.h"
#include "Linear/ChunkRows.h"
#include "Vector/Scratch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

static MemRefType typeOf(Value buffer) {
  return cast<MemRefType>(buffer.getType());
}

Value attn::buildHead(VectorBuilder &b, Value tensor, Value head) {
  return buildRowsOf(
      b, tensor, head, b.constant(0),
      memref::getMixedSize(b.getBuilder(), b.getLoc(), tensor, 1));
}

void attn::buildOut(VectorBuilder &b, Operation *op, Value sums, Value count,
                    Value out, FloatAttr eps) {
  if (!eps)
    return buildRowsOut(b, sums, count, out);
  int64_t rows = typeOf(sums).getDimSize(0);
  Value factors =
      getScratch(op, "linear.factors", MemRefType::get(rows, b.element));
  Value last = b.index(typeOf(out).getDimSize(1));
  b.forEach(b.index(0), count, 1, [&](VectorBuilder &b, Value row) {
    OpBuilder &builder = b.getBuilder();
    Value sum = b.addf(b.loadScalar(sums, {row, last}),
                       b.number(eps.getValueAsDouble()));
    Value factor = b.divf(b.number(1), sum);
    // Sums below the normal numbers have no finite reciprocal either.
    Value vanishes = arith::CmpFOp::create(
        builder, b.getLoc(), arith::CmpFPredicate::OEQ,
        math::AbsFOp::create(builder, b.getLoc(), factor),
        b.number(std::numeric_limits<double>::infinity()));
    factor = arith::SelectOp::create(builder, b.getLoc(), vanishes, b.number(0),
                                     factor);
    b.storeScalar(factor, factors, {row});
  });
  buildRowsOut(b, sums, count, out, factors);
}

void attn::buildValuesIn(VectorBuilder &b, const TokenValues &tokens,
                         Value count, Value values, bool fillsUp) {
  buildRowsIn(b, tokens.value, count, values, /*factor=*/1, fillsUp);
  if (!tokens.beta && !tokens.hasSum)
    return;
  Value width = buildExtent(b, tokens.value, 1);
  b.forEach(b.index(0), count, 1, [&](VectorBuilder &b, Value token) {
    if (tokens.beta)
      buildScaledRow(b, values, token, b.loadScalar(tokens.beta, {token}));
    if (tokens.hasSum)
      b.storeScalar(b.number(1), values, {token, width});
  });
}
