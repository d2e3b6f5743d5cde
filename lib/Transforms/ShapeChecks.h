//===- ShapeChecks.h - run-time rules of ops -------------------*- C++ -*-===//
//
// Declares the rules that verifiers must leave open when extents are dynamic.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_SHAPECHECKS_H
#define ATTN_LIB_TRANSFORMS_SHAPECHECKS_H

#include "attn/IR/ScoreClauses.h"

namespace mlir::attn {

/// Values that a message can show, as {0}, {1}, …
inline constexpr unsigned kMessageValues = 4;

/// Writes checks into a buffer: element 0 is the number of the first failed
/// one, the next `kMessageValues` its values.
class ShapeCheckBuilder : public MaskCheckBuilder {
public:
  ShapeCheckBuilder(OpBuilder &builder, Location loc, Value report,
                    SmallVectorImpl<std::string> &messages)
      : MaskCheckBuilder(builder, loc), report(report), messages(messages) {}

  void requireLessOrEqual(Value lhs, Value rhs, StringRef message) override;
  void requireEqual(OpFoldResult lhs, OpFoldResult rhs, StringRef message);
  /// `lhs` is 1 or `rhs`.
  void requireOneOrEqual(OpFoldResult lhs, OpFoldResult rhs, StringRef message);
  void requireMultiple(OpFoldResult lhs, OpFoldResult rhs, StringRef message);
  /// 0 <= `value` < `limit`; {0} and {1} in the message, `place` {2} and {3}.
  void requireInRange(Value value, Value limit, std::array<Value, 2> place,
                      StringRef message);
  /// Builds `body` where no check has failed so far: it may rely on them.
  void buildIfValid(llvm::function_ref<void()> body);
  /// `value` fits a position of 31 bits.
  void requirePosition(OpFoldResult value, StringRef message);

private:
  void require(Value condition, ValueRange values, StringRef message);

  Value report;
  SmallVectorImpl<std::string> &messages;
};

/// Extent `dim` of `tensor`.
OpFoldResult buildSize(ShapeCheckBuilder &checks, Value tensor, unsigned dim);

/// Builds the checks of entries of tables that the keys and values of `clauses`
/// come through: those that its mask, over all queries, lets some query see.
void buildPageChecks(ShapeCheckBuilder &checks, const ScoreClauses &clauses,
                     ValueRange keyed);

/// Builds the checks of attn.paged_view and attn.kv_append.
void buildCacheChecks(ShapeCheckBuilder &checks, PagedViewOp view);
void buildCacheChecks(ShapeCheckBuilder &checks, KVAppendOp append);

/// Builds the checks of attn.linear and attn.feature_map.
void buildLinearChecks(ShapeCheckBuilder &checks, LinearOp op);
void buildFeatureChecks(ShapeCheckBuilder &checks, FeatureMapOp op);
/// Builds the checks of what masks read: places in it are numbers of 32 bits.
void buildMaskOperandChecks(ShapeCheckBuilder &checks, ValueRange operands);

/// Builds the checks of attn.compress, and those of low-rank mechanisms.
void buildCompressChecks(ShapeCheckBuilder &checks, CompressOp op);
void buildLowRankChecks(ShapeCheckBuilder &checks, Operation *op);

/// Builds the checks of one op of the dialect; other ops have none.
void buildShapeChecks(ShapeCheckBuilder &checks, Operation *op);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_SHAPECHECKS_H
