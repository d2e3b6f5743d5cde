//===- Lanes.h - where the lanes of a vector of scores stand ---*- C++ -*-===//
//
// Declares the map from lanes to queries, heads and keys.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_VECTOR_LANES_H
#define ATTN_LIB_CPU_VECTOR_LANES_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// Lane l of a vector of scores stands for query `firstQuery + l % queries` of
/// the tile and key `first + l / queries`. Where heads are folded together,
/// those of one row follow each other, then those of the next. Rows of queries
/// that have places are read from there. Vectors that do not depend on keys are
/// built once, at `prologue`.
class Lanes {
public:
  Lanes(StepOp step, int64_t count, int64_t queries, Value firstQuery,
        OpBuilder::InsertPoint prologue)
      : step(step), count(count), queries(queries), firstQuery(firstQuery),
        prologue(prologue) {}

  int64_t getCount() const { return count; }
  int64_t getQueries() const { return queries; }
  StepOp getStep() const { return step; }
  /// A builder at the prologue.
  OpBuilder getPrologue() const;
  /// `index` in all lanes, as `element`.
  Value splat(OpBuilder &builder, Value index, Type element) const;

  /// Raw rows of the lanes, as vectors of `element` (i32 or index).
  Value getRows(Type element);
  /// Absolute positions, as indices; lanes beyond the last query repeat it, so
  /// that captured buffers are read inside.
  Value getPositions();
  /// The head of each lane, as indices, or one for all.
  Value getHeads();
  /// True if each lane is the next query of one head, and all lanes one key.
  bool areQueriesInOrder() const {
    return queries == count && !hasFoldedHeads() && !hasPlaces();
  }
  /// Keys, from `first` on: one for all lanes as an index, or a vector of
  /// `element` in which lanes beyond `last` repeat it.
  Value buildKeys(OpBuilder &builder, Value first, Value last,
                  Type element) const;
  /// The raw row of one lane.
  Value buildRow(OpBuilder &builder, Value lane) const;

private:
  bool hasFoldedHeads() const { return step.getHeads() != nullptr; }
  bool hasPlaces() const { return step.getQueryPlaces() != nullptr; }
  /// l % queries or l / queries for each lane.
  Value buildPattern(OpBuilder &builder, Type element, bool quotient) const;
  /// The number of each lane's query in the tile.
  Value buildQueries(OpBuilder &builder, Type element) const;

  mutable StepOp step;
  int64_t count, queries;
  Value firstQuery;
  OpBuilder::InsertPoint prologue;
  llvm::SmallDenseMap<Type, Value> rows;
  Value positions, heads;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_VECTOR_LANES_H
