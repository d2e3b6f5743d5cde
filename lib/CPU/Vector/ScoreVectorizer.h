//===- ScoreVectorizer.h - score programs on vectors -----------*- C++ -*-===//
//
// Declares the vectorisation of score programs over lanes of queries.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_VECTOR_SCOREVECTORIZER_H
#define ATTN_LIB_CPU_VECTOR_SCOREVECTORIZER_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Region.h"

namespace mlir::attn {

/// Arguments of a score program: the score and the query index are vectors, the
/// rest is one for all lanes.
struct ScoreArguments {
  Value score, batch, head, query, key;
  /// True if the query rises by 1 from lane to lane, but at the end of a tile.
  bool queriesRise = false;
};

/// Builds the program on vectors and returns what it yields. Values that depend
/// on no lane stay scalar; reads of captured buffers at lane-dependent indices
/// are loads of neighbours or gathers. Fails, with an error, on an op that is
/// neither elementwise nor such a read.
FailureOr<Value> vectorizeScore(OpBuilder &builder, Region &score,
                                const ScoreArguments &arguments);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_VECTOR_SCOREVECTORIZER_H
