//===- ScoreCondition.h - conditions of programs as masks ------*- C++ -*-===//
//
// Declares the reading of conditions on the positions of query and key.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_SCORECONDITION_H
#define ATTN_LIB_TRANSFORMS_SCORECONDITION_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// a i + b j + c with the absolute position i of the query and the key j.
struct AffinePosition {
  int64_t query = 0, key = 0, constant = 0;
};

/// Reads conditions in a program with the arguments i and j.
class ScoreCondition {
public:
  ScoreCondition(BlockArgument query, BlockArgument key,
                 const MaskProblem &problem)
      : query(query), key(key), problem(problem) {}

  /// The mask of the pairs for which `condition` holds (or does not), or null
  /// if no mask says that.
  MaskAttrInterface getMask(Value condition, bool holds) const;
  /// The same for those parts of a conjunction that masks can say; and what is
  /// left of the condition, null for nothing.
  std::pair<MaskAttrInterface, Value> split(Value condition, bool holds) const;

private:
  std::optional<AffinePosition> getAffine(Value value) const;
  MaskAttrInterface getComparison(Value condition, bool holds) const;
  /// The mask of the pairs with a i + b j + c <= 0.
  MaskAttrInterface getHalfPlane(AffinePosition sum) const;

  BlockArgument query, key;
  const MaskProblem &problem;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_SCORECONDITION_H
