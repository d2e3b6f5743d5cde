//===- ScoreVectorizer.h - score programs on vectors -----------*- C++ -*-===//
//
// Declares the vectorisation of score programs, and of predicates, over lanes
// of queries.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_VECTOR_SCOREVECTORIZER_H
#define ATTN_LIB_CPU_VECTOR_SCOREVECTORIZER_H

#include "attn/IR/AttnOps.h"

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

/// Arguments of a predicate: head, query and key may be vectors of indices, the
/// arrays are memrefs.
struct PredicateArguments {
  Value batch, head, query, key;
  SmallVector<Value> arrays;
  /// As in `ScoreArguments`.
  bool queriesRise = false;
};

/// The predicate on vectors of `lanes` pairs, an i1 each, in the same way.
/// Indices of reads are held within their arrays.
Value vectorizePredicate(OpBuilder &builder, PredicateOp predicate,
                         const PredicateArguments &arguments, int64_t lanes);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_VECTOR_SCOREVECTORIZER_H
