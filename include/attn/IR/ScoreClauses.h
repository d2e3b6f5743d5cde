//===- ScoreClauses.h - clauses of ops that score keys ---------*- C++ -*-===//
//
// Declares the text, the rules and the derived values of the clauses that
// `attn.sdpa` and `attn.weights` share: mask, align, offset, scale, softcap,
// bias, sink, key_scale, score.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_SCORECLAUSES_H
#define ATTN_IR_SCORECLAUSES_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// The clauses of one op, whichever op it is.
struct ScoreClauses {
  Operation *op;
  Value query, key;
  ValueRange maskOperands;
  Value bias, sink, offset, keyScale;
  MaskAttrInterface mask;
  AlignAttr align;
  FloatAttr scale, softcap;
  Region *score;

  template <typename OpTy> static ScoreClauses of(OpTy op) {
    return {op,
            op.getQuery(),
            op.getKey(),
            op.getMaskOperands(),
            op.getBias(),
            op.getSink(),
            op.getOffset(),
            op.getKeyScale(),
            op.getMask(),
            op.getAlignAttr(),
            op.getScaleAttr(),
            op.getSoftcapAttr(),
            &op.getScore()};
  }

  RankedTensorType getQueryType() const {
    return cast<RankedTensorType>(query.getType());
  }
  RankedTensorType getKeyType() const {
    return cast<RankedTensorType>(key.getType());
  }
  bool hasBatch() const { return getQueryType().getRank() == 4; }
  /// f32, or f64 for f64 queries.
  FloatType getAccumulatorType() const;
  /// The scale clause, or 1 / sqrt(D).
  double getScale() const;
  /// The static facts that masks are verified and simplified against.
  MaskProblem
  getMaskProblem(llvm::function_ref<InFlightDiagnostic()> emitError) const;
  /// o of absolute position = row + o, for `batch`.
  OpFoldResult buildPosition(IndexMath &math, Value batch, OpFoldResult rows,
                             OpFoldResult cols) const;
};

/// Parses `%operand, … clauses attr-dict : (types) -> types` with `numFixed`
/// leading operands. `OpTy` is `SdpaOp` or `WeightsOp`.
template <typename OpTy>
ParseResult parseScoreOp(OpAsmParser &parser, OperationState &result,
                         unsigned numFixed);

/// Prints what `parseScoreOp` reads.
template <typename OpTy>
void printScoreOp(OpAsmPrinter &printer, OpTy op, unsigned numFixed);

extern template ParseResult parseScoreOp<SdpaOp>(OpAsmParser &,
                                                 OperationState &, unsigned);
extern template ParseResult parseScoreOp<WeightsOp>(OpAsmParser &,
                                                    OperationState &, unsigned);
extern template void printScoreOp<SdpaOp>(OpAsmPrinter &, SdpaOp, unsigned);
extern template void printScoreOp<WeightsOp>(OpAsmPrinter &, WeightsOp,
                                             unsigned);

/// Parses the name of an alignment.
ParseResult parseAlign(OpAsmParser &parser, AlignAttr &align);

/// The rules on query, key and clauses.
LogicalResult verifyScoreClauses(const ScoreClauses &clauses);

/// The rules on a mask and its operands: that they are its own, and that there
/// is an alignment (`aligned`) where positions ask for one. Errors go through
/// `problem`.
LogicalResult verifyMaskClause(const MaskProblem &problem,
                               MaskAttrInterface mask, bool aligned);

/// The rules on a score program, checked once its ops are.
LogicalResult verifyScoreRegion(Operation *op, Region &score,
                                FloatType accumulator);

/// The rules on the element type of `tensor` ("key" or "value") beside `query`,
/// and on its scale, null where there is none.
LogicalResult verifyQuantization(Operation *op, RankedTensorType query,
                                 StringRef name, RankedTensorType tensor,
                                 Value scale);

/// Emits an error unless extent `lhs` equals `rhs` where both are known:
/// "<lhsName> has <lhs> <what>, <rhsName> has <rhs>: …".
LogicalResult verifySameExtent(Operation *op, StringRef what, StringRef lhsName,
                               int64_t lhs, StringRef rhsName, int64_t rhs);

} // namespace mlir::attn

#endif // ATTN_IR_SCORECLAUSES_H
