//===- LowRankChecks.cpp - run-time rules of low-rank attention -----------===//
//
// Builds the rules of attn.compress and of the low-rank mechanisms on extents
// that only a run knows. In messages, {0} and {1} stand for the two values
// compared.
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

/// Extent `fromBack` of `tensor`, 1 being the last.
static OpFoldResult size(ShapeCheckBuilder &checks, Value tensor,
                         unsigned fromBack) {
  unsigned rank = cast<RankedTensorType>(tensor.getType()).getRank();
  return buildSize(checks, tensor, rank - fromBack);
}

static unsigned getRank(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getRank();
}

/// "<lhs> has <what> {0}, <rhs> has {1}: expected them to be equal".
static void requireSame(ShapeCheckBuilder &checks, StringRef what,
                        StringRef lhsName, OpFoldResult lhs, StringRef rhsName,
                        OpFoldResult rhs) {
  checks.requireEqual(lhs, rhs,
                      (lhsName + " has " + what + " {0}, " + rhsName +
                       " has {1}: expected them to be equal")
                          .str());
}

/// Lengths of the rows of `tensor`, an operand of an op.
static void requireLens(ShapeCheckBuilder &checks, Value tensor,
                        OperandRange lens) {
  unsigned rank = getRank(tensor);
  checks.numRows = checks.numQueries = checks.numCols = size(checks, tensor, 2);
  checks.numHeads = size(checks, tensor, 3);
  checks.numBatches = rank == 4 ? size(checks, tensor, 4) : checks.constant(1);
  buildMaskOperandChecks(checks, lens);
  checks.operands = lens;
  LensMaskAttr::get(checks.getBuilder().getContext(), 0)
      .buildOperandChecks(checks);
}

/// No fewer rows than landmarks.
static void requireRows(ShapeCheckBuilder &checks, int64_t landmarks,
                        OpFoldResult rows, StringRef message) {
  if (getConstantIntValue(rows))
    return;
  checks.requireLessOrEqual(checks.materialize(checks.constant(landmarks)),
                            checks.materialize(rows), message);
}

/// A matrix of no fewer columns than `input` has rows, and of heads that those
/// of `input` divide.
static void requireMatrix(ShapeCheckBuilder &checks, StringRef name,
                          Value matrix, Value input) {
  checks.requireLessOrEqual(checks.materialize(size(checks, input, 2)),
                            checks.materialize(size(checks, matrix, 1)),
                            ("the projected tensor has {0} rows, " + name +
                             " has {1} columns: expected no more rows")
                                .str());
  if (getRank(matrix) == 3)
    checks.requireMultiple(size(checks, matrix, 3), size(checks, input, 3),
                           (name + " has {0} heads, the projected tensor has "
                                   "{1}: expected a multiple")
                               .str());
}

void attn::buildCompressChecks(ShapeCheckBuilder &checks, CompressOp op) {
  Value input = op.getInput();
  checks.requirePosition(size(checks, input, 2),
                         "input has {0} rows, expected at most {1}");
  if (op.getMatrix())
    requireMatrix(checks, "matrix", op.getMatrix(), input);
  if (op.getLens())
    requireLens(checks, input, OperandRange(op.getLensMutable()));
  else if (op.getSegments())
    requireRows(checks, *op.getSegments(), size(checks, input, 2),
                "attn.compress has {0} segments of {1} rows, expected no more "
                "segments than rows");
}

/// What query, key and value of a mechanism on whole sequences share.
static void buildSequenceChecks(ShapeCheckBuilder &checks, Value query,
                                Value key, Value value) {
  if (getRank(query) == 4)
    requireSame(checks, "batch size", "key", size(checks, key, 4), "query",
                size(checks, query, 4));
  checks.requireMultiple(size(checks, query, 3), size(checks, key, 3),
                         "query has {0} heads, key has {1}: expected the query "
                         "heads to be a multiple of the key heads");
  requireSame(checks, "width", "key", size(checks, key, 1), "query",
              size(checks, query, 1));
  if (getRank(query) == 4)
    requireSame(checks, "batch size", "value", size(checks, value, 4), "key",
                size(checks, key, 4));
  requireSame(checks, "head count", "value", size(checks, value, 3), "key",
              size(checks, key, 3));
  requireSame(checks, "length", "value", size(checks, value, 2), "key",
              size(checks, key, 2));
  checks.requirePosition(size(checks, query, 2),
                         "query has {0} rows, expected at most {1}");
  checks.requirePosition(size(checks, key, 2),
                         "key has {0} rows, expected at most {1}");
}

static void buildChecks(ShapeCheckBuilder &checks, LinformerOp op) {
  Value keys = op.getKeyProjection(), values = op.getValueProjection();
  buildSequenceChecks(checks, op.getQuery(), op.getKey(), op.getValue());
  requireMatrix(checks, "key_projection", keys, op.getKey());
  requireMatrix(checks, "value_projection", values, op.getValue());
  requireSame(checks, "row count", "value_projection", size(checks, values, 2),
              "key_projection", size(checks, keys, 2));
  if (getRank(keys) == 2)
    return;
  requireSame(checks, "head count", "value_projection", size(checks, values, 3),
              "key_projection", size(checks, keys, 3));
  checks.requireMultiple(size(checks, op.getQuery(), 3), size(checks, keys, 3),
                         "query has {0} heads, the projections have {1}: "
                         "expected a multiple");
}

static void buildChecks(ShapeCheckBuilder &checks, NystromOp op) {
  Value query = op.getQuery(), key = op.getKey();
  buildSequenceChecks(checks, query, key, op.getValue());
  int64_t landmarks = op.getLandmarks();
  requireRows(checks, landmarks, size(checks, query, 2),
              "attn.nystrom has {0} landmarks, query has {1} rows: expected no "
              "more landmarks than rows");
  requireRows(checks, landmarks, size(checks, key, 2),
              "attn.nystrom has {0} landmarks, key has {1} rows: expected no "
              "more landmarks than rows");
  if (op.getLens())
    requireLens(checks, key, OperandRange(op.getLensMutable()));
  if (Value skip = op.getSkip()) {
    requireSame(checks, "head count", "skip", size(checks, skip, 2), "query",
                size(checks, query, 3));
    requireSame(checks, "length", "query", size(checks, query, 2),
                "value, along which skip convolves,", size(checks, key, 2));
    // An odd number is one more than a multiple of 2.
    checks.requireMultiple(checks.add(size(checks, skip, 1), -1),
                           checks.constant(2),
                           "skip has kernels of {0} + 1 elements, expected an "
                           "odd number");
  }
}

static void buildChecks(ShapeCheckBuilder &checks, LatentOp op) {
  Value qNope = op.getQNope(), qRope = op.getQRope(), latent = op.getLatent();
  Value wUk = op.getWUk(), wUv = op.getWUv();
  auto same = [&](StringRef what, StringRef lhsName, Value lhs, unsigned lhsDim,
                  StringRef rhsName, Value rhs, unsigned rhsDim) {
    requireSame(checks, what, lhsName, size(checks, lhs, lhsDim), rhsName,
                size(checks, rhs, rhsDim));
  };
  same("batch size", "q_rope", qRope, 4, "q_nope", qNope, 4);
  same("head count", "q_rope", qRope, 3, "q_nope", qNope, 3);
  same("length", "q_rope", qRope, 2, "q_nope", qNope, 2);
  same("batch size", "latent", latent, 3, "q_nope", qNope, 4);
  same("head count", "w_uk", wUk, 3, "q_nope", qNope, 3);
  same("head count", "w_uv", wUv, 3, "q_nope", qNope, 3);
  same("column count", "w_uk", wUk, 1, "the width of q_nope", qNope, 1);
  same("row count", "w_uv", wUv, 2, "w_uk", wUk, 2);
  OpFoldResult width = size(checks, wUk, 2);
  if (Value rope = op.getRope()) {
    same("batch size", "rope", rope, 3, "latent", latent, 3);
    same("length", "rope", rope, 2, "latent", latent, 2);
    same("width", "rope", rope, 1, "q_rope", qRope, 1);
  } else {
    width = checks.add(width, size(checks, qRope, 1));
  }
  requireSame(checks, "width", "latent", size(checks, latent, 1),
              op.getRope() ? "w_uk, in rows," : "w_uk, in rows, with q_rope",
              width);
  checks.requirePosition(size(checks, qNope, 2),
                         "q_nope has {0} rows, expected at most {1}");
  checks.requirePosition(size(checks, latent, 2),
                         "latent has {0} rows, expected at most {1}");
  checks.numBatches = size(checks, qNope, 4);
  checks.numHeads = size(checks, qNope, 3);
  checks.numRows = checks.numQueries = size(checks, qNope, 2);
  checks.numCols = size(checks, latent, 2);
  buildMaskOperandChecks(checks, op.getMaskOperands());
  checks.operands = op.getMaskOperands();
  op.getMask().buildOperandChecks(checks);
}

void attn::buildLowRankChecks(ShapeCheckBuilder &checks, Operation *op) {
  llvm::TypeSwitch<Operation *>(op)
      .Case<LinformerOp, NystromOp, LatentOp>(
          [&](auto mechanism) { buildChecks(checks, mechanism); })
      .Case([&](PinvOp pinv) {
        requireSame(checks, "row count", "input",
                    size(checks, pinv.getInput(), 2), "a square matrix",
                    size(checks, pinv.getInput(), 1));
      });
}
