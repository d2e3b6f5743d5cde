//===- ScoreRules.cpp - rules on the clauses that score keys --------------===//
//
// Verifies query, key, clauses and score programs. Each message names the
// values and what was expected.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/ScoreClauses.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

LogicalResult attn::verifySameExtent(Operation *op, StringRef what,
                                     StringRef lhsName, int64_t lhs,
                                     StringRef rhsName, int64_t rhs) {
  if (ShapedType::isDynamic(lhs) || ShapedType::isDynamic(rhs) || lhs == rhs)
    return success();
  return op->emitOpError() << lhsName << " has " << what << ' ' << lhs << ", "
                           << rhsName << " has " << rhs
                           << ": expected them to be equal";
}

LogicalResult attn::verifyQuantization(Operation *op, RankedTensorType query,
                                       StringRef name, RankedTensorType tensor,
                                       Value scale) {
  Type element = tensor.getElementType(), wanted = query.getElementType();
  bool isQuantized = element.isInteger(8) || isa<Float8E4M3FNType>(element);
  if (!isQuantized && element != wanted)
    return op->emitOpError()
           << name << " has element type " << element << ", query has "
           << wanted << ": expected them to be equal, or i8 or f8E4M3FN with "
           << name << "_scale";
  if (isQuantized && wanted.isF64())
    return op->emitOpError()
           << name << " has element type " << element << ", query has "
           << wanted << ": expected f32, f16 or bf16 to go with it";
  if (isQuantized && !scale)
    return op->emitOpError() << name << " has element type " << element
                             << ", expected a clause " << name << "_scale";
  if (!scale)
    return success();
  auto type = cast<RankedTensorType>(scale.getType());
  if (!type.getElementType().isF32())
    return op->emitOpError() << name << "_scale has element type "
                             << type.getElementType() << ", expected 'f32'";
  if (type.getRank() + 1 != tensor.getRank())
    return op->emitOpError()
           << name << "_scale has rank " << type.getRank() << ", " << name
           << " has rank " << tensor.getRank() << ": expected one less";
  static constexpr StringLiteral names[] = {"batch size", "head count",
                                            "length"};
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (failed(verifySameExtent(op, names[dim + 3 - type.getRank()],
                                (name + "_scale").str(), type.getDimSize(dim),
                                name, tensor.getDimSize(dim))))
      return failure();
  return success();
}

/// Ranks, element types, batches, heads and widths of query and key.
static LogicalResult verifyQueryAndKey(const ScoreClauses &clauses) {
  Operation *op = clauses.op;
  RankedTensorType query = clauses.getQueryType(), key = clauses.getKeyType();
  if (query.getRank() != 3 && query.getRank() != 4)
    return op->emitOpError() << "query has rank " << query.getRank()
                             << ", expected [B, H, M, D] or [H, M, D]";
  if (key.getRank() != query.getRank())
    return op->emitOpError()
           << "key has rank " << key.getRank() << ", query has rank "
           << query.getRank() << ": expected them to be equal";
  if (failed(verifyQuantization(op, query, "key", key, clauses.keyScale)))
    return failure();
  unsigned head = clauses.hasBatch() ? 1 : 0;
  if (clauses.hasBatch() &&
      failed(verifySameExtent(op, "batch size", "key", key.getDimSize(0),
                              "query", query.getDimSize(0))))
    return failure();
  int64_t heads = query.getDimSize(head), kvHeads = key.getDimSize(head);
  if (heads == 0 || kvHeads == 0)
    return op->emitOpError() << "query has " << heads << " heads, key has "
                             << kvHeads << ": expected at least one";
  if (!ShapedType::isDynamic(heads) && !ShapedType::isDynamic(kvHeads) &&
      heads % kvHeads != 0)
    return op->emitOpError()
           << "query has " << heads << " heads, key has " << kvHeads
           << ": expected the query heads to be a multiple of the key heads";
  int64_t width = query.getDimSize(query.getRank() - 1);
  if (width == 0)
    return op->emitOpError() << "query has width 0, expected at least 1";
  return verifySameExtent(op, "width", "key", key.getDimSize(key.getRank() - 1),
                          "query", width);
}

/// scale, softcap, sink, offset.
static LogicalResult verifyNumbers(const ScoreClauses &clauses) {
  Operation *op = clauses.op;
  RankedTensorType query = clauses.getQueryType();
  if (clauses.scale) {
    double scale = clauses.scale.getValueAsDouble();
    if (!(scale > 0) || std::isinf(scale))
      return op->emitOpError()
             << "scale is " << scale << ", expected a positive finite number";
  } else if (query.isDynamicDim(query.getRank() - 1)) {
    return op->emitOpError() << "the width of query is dynamic, expected a "
                                "scale clause to stand for 1 / sqrt(D)";
  }
  if (clauses.softcap) {
    double softcap = clauses.softcap.getValueAsDouble();
    if (!(softcap > 0) || std::isinf(softcap))
      return op->emitOpError() << "softcap is " << softcap
                               << ", expected a positive finite number";
  }
  if (clauses.sink) {
    auto type = cast<RankedTensorType>(clauses.sink.getType());
    if (type.getRank() != 1)
      return op->emitOpError() << "sink has rank " << type.getRank()
                               << ", expected one element per query head";
    if (type.getElementType() != clauses.getAccumulatorType())
      return op->emitOpError()
             << "sink has element type " << type.getElementType()
             << ", expected " << clauses.getAccumulatorType();
    int64_t heads = query.getDimSize(clauses.hasBatch() ? 1 : 0);
    if (failed(verifySameExtent(op, "extent", "sink", type.getDimSize(0),
                                "the head dimension of query", heads)))
      return failure();
  }
  if (clauses.offset) {
    auto type = cast<RankedTensorType>(clauses.offset.getType());
    int64_t batches = clauses.hasBatch() ? query.getDimSize(0) : 1;
    if (type.getRank() != 1)
      return op->emitOpError() << "offset has rank " << type.getRank()
                               << ", expected one element per batch";
    if (type.getDimSize(0) != 1 &&
        failed(verifySameExtent(op, "extent", "offset", type.getDimSize(0),
                                "the batch dimension of query", batches)))
      return failure();
    if (clauses.align)
      return op->emitOpError() << "has both align and offset, expected one";
  }
  return success();
}

static LogicalResult verifyBias(const ScoreClauses &clauses) {
  if (!clauses.bias)
    return success();
  Operation *op = clauses.op;
  auto bias = cast<RankedTensorType>(clauses.bias.getType());
  RankedTensorType query = clauses.getQueryType(), key = clauses.getKeyType();
  unsigned rank = query.getRank();
  if (bias.getRank() != rank)
    return op->emitOpError()
           << "bias has rank " << bias.getRank() << ", query has rank " << rank
           << ": expected them to be equal";
  Type element = bias.getElementType();
  if (element != query.getElementType() && !element.isF32())
    return op->emitOpError()
           << "bias has element type " << element
           << ", expected f32 or that of query, " << query.getElementType();
  SmallVector<int64_t> scores(query.getShape());
  scores.back() = key.getDimSize(rank - 2);
  for (unsigned dim = 0; dim < rank; ++dim) {
    int64_t have = bias.getDimSize(dim), want = scores[dim];
    if (have == 1 || ShapedType::isDynamic(have) ||
        ShapedType::isDynamic(want) || have == want)
      continue;
    return op->emitOpError() << "bias has extent " << have << " in dimension "
                             << dim << ", expected 1 or " << want;
  }
  return success();
}

LogicalResult attn::verifyMaskClause(const MaskProblem &problem,
                                     MaskAttrInterface mask, bool aligned) {
  llvm::SmallBitVector used(problem.operandTypes.size());
  bool inRange = true;
  (void)mask.renumberSlots([&](unsigned slot) {
    if (slot >= used.size())
      inRange = false;
    else
      used.set(slot);
    return slot;
  });
  if (!inRange || !used.all())
    return problem.emitError()
           << "mask names operand slots that do not match its "
           << problem.operandTypes.size()
           << " operands, expected each operand to be named";
  if (failed(mask.verifyMask(problem)))
    return failure();
  bool square =
      !ShapedType::isDynamic(problem.rows) && problem.rows == problem.cols;
  if (mask.usesQueryPosition() && !square && !aligned) {
    auto show = [](int64_t extent) {
      return ShapedType::isDynamic(extent) ? std::string("?")
                                           : std::to_string(extent);
    };
    return problem.emitError()
           << "mask depends on the query position and M = "
           << show(problem.rows)
           << " may differ from N = " << show(problem.cols)
           << ": expected align(top_left), align(bottom_right) or offset(…)";
  }
  return success();
}

/// The rules on the mask, also beside where the keys come from.
static LogicalResult verifyMask(const ScoreClauses &clauses) {
  Operation *op = clauses.op;
  auto report = [&]() { return op->emitOpError(); };
  if (failed(verifyMaskClause(clauses.getMaskProblem(report), clauses.mask,
                              clauses.align || clauses.offset)))
    return failure();
  auto compress = clauses.key.getDefiningOp<CompressOp>();
  if (!compress || !compress.mixesPositions() ||
      !clauses.mask.usesQueryPosition())
    return success();
  InFlightDiagnostic diag =
      op->emitOpError() << "mask depends on the query position, but row j of "
                           "these keys is no key at position j: it mixes keys "
                           "of many positions, later ones too; expected a mask "
                           "without positions";
  diag.attachNote(compress.getLoc()) << "the keys are made here";
  return diag;
}

LogicalResult attn::verifyScoreClauses(const ScoreClauses &clauses) {
  if (failed(verifyQueryAndKey(clauses)) || failed(verifyNumbers(clauses)) ||
      failed(verifyBias(clauses)) || failed(verifyMask(clauses)))
    return failure();
  if (!clauses.score->empty() && (clauses.bias || clauses.softcap))
    return clauses.op->emitOpError()
           << "has a score program and " << (clauses.bias ? "bias" : "softcap")
           << ": expected the program to contain it";
  return success();
}

LogicalResult attn::verifyScoreRegion(Operation *op, Region &score,
                                      FloatType accumulator) {
  if (score.empty())
    return success();
  Block &block = score.front();
  Type index = IndexType::get(op->getContext());
  SmallVector<Type> expected = {accumulator, index, index, index, index};
  if (TypeRange(block.getArgumentTypes()) != TypeRange(expected))
    return op->emitOpError()
           << "score program takes (" << block.getArgumentTypes()
           << "), expected (" << TypeRange(expected) << ")";
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield || yield.getValues().getTypes() != TypeRange(accumulator))
    return op->emitOpError()
           << "score program must end in attn.yield of one " << accumulator;
  for (Operation &inner : block.without_terminator()) {
    if (!isMemoryEffectFree(&inner)) {
      InFlightDiagnostic diag = op->emitOpError()
                                << "score program must have no side effects";
      diag.attachNote(inner.getLoc()) << "this op may have one";
      return diag;
    }
    if (inner.getNumRegions() != 0) {
      InFlightDiagnostic diag = op->emitOpError()
                                << "score program must be straight-line code";
      diag.attachNote(inner.getLoc()) << "this op has a region";
      return diag;
    }
  }
  return success();
}
