//===- ChunkRows.h - rows of a chunk in scratch memory ---------*- C++ -*-===//
//
// Declares how rows of any strides and type enter and leave the buffers that
// products of a chunk are computed from: whole vectors of the accumulator's
// type, with zeros where there is no data.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_LINEAR_CHUNKROWS_H
#define ATTN_LIB_CPU_LINEAR_CHUNKROWS_H

#include "Vector/VectorBuilder.h"

namespace mlir::attn {

/// Extent `dim` of `buffer`.
Value buildExtent(VectorBuilder &b, Value buffer, unsigned dim);

/// Rows [row, row + count) of `[m, width]`, or of head `head` of `[G, m,
/// width]`.
Value buildRowsOf(VectorBuilder &b, Value tensor, Value head, OpFoldResult row,
                  OpFoldResult count);

/// Asks for the cache line that is some rows behind `row`, at `column`: rows of
/// one tensor follow each other, and those of the next chunk are needed soon.
void prefetchRow(VectorBuilder &b, Value view, Value row, Value column);

/// A vector of the elements of `view`, whose rows are of neighbours, as
/// accumulators.
Value buildVectorIn(VectorBuilder &b, Value view, ValueRange place);

/// `then` where `condition` holds, else `otherwise`.
void buildEither(VectorBuilder &b, Value condition,
                 llvm::function_ref<void(VectorBuilder &)> then,
                 llvm::function_ref<void(VectorBuilder &)> otherwise);

/// Rows `[count, width]` of `source`, times `factor`, to `rows`, zeros beyond
/// the width, and beyond the count if `fillsUp`: `rows` is static, its rows
/// whole vectors.
void buildRowsIn(VectorBuilder &b, Value source, Value count, Value rows,
                 double factor = 1, bool fillsUp = true);

/// The first `count` rows of `rows` to `[count, width]` of `out`, each times
/// its element of `factors` if given.
void buildRowsOut(VectorBuilder &b, Value rows, Value count, Value out,
                  Value factors = {});

/// Rows [begin, end) of `rows`, whole vectors of them, to the same columns of
/// `columns`, which has as many rows as they have columns.
void buildTransposedRows(VectorBuilder &b, Value rows, Value begin, Value end,
                         Value columns);

/// Row `row` of `rows` times `factor`, a scalar.
void buildScaledRow(VectorBuilder &b, Value rows, Value row, Value factor);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_LINEAR_CHUNKROWS_H
