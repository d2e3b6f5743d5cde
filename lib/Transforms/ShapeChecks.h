//===- ShapeChecks.h - run-time rules of ops -------------------*- C++ -*-===//
//
// Declares the rules that verifiers must leave open when extents are dynamic.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_SHAPECHECKS_H
#define ATTN_LIB_TRANSFORMS_SHAPECHECKS_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// Writes checks into a buffer: element 0 is the number of the first failed
/// one, elements 1 and 2 its values.
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
  /// `value` fits a position of 31 bits.
  void requirePosition(OpFoldResult value, StringRef message);

private:
  void require(Value condition, Value lhs, Value rhs, StringRef message);

  Value report;
  SmallVectorImpl<std::string> &messages;
};

/// Builds the checks of one op of the dialect; other ops have none.
void buildShapeChecks(ShapeCheckBuilder &checks, Operation *op);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_SHAPECHECKS_H
