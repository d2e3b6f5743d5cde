//===- PackedRows.h - operands of tiles in memory --------------*- C++ -*-===//
//
// Declares how rows of Q, K and V become operands of tiles: read where they
// lie, copied with padding, or rearranged in pairs.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_AMX_PACKEDROWS_H
#define ATTN_LIB_CPU_AMX_PACKEDROWS_H

#include "Vector/VectorBuilder.h"

namespace mlir::attn {

/// A range of rows.
struct RowRange {
  Value lo, hi;
};

/// The rows of `source` as a buffer with contiguous rows of `width` elements in
/// which all of `outer` may be read: `source` itself where `readable` holds and
/// its rows are contiguous, else `copy`, filled with the rows `inner` and with
/// zeros around them. `readable` is null if a copy is needed in any case.
/// `places` says which rows are meant, `factors` what multiplies them in the
/// copy, or is null.
Value buildReadableRows(VectorBuilder &b, Value source, Value places,
                        Value factors, Value copy, RowRange inner,
                        RowRange outer, Value readable);

/// Copies row `from` of `source`, times `factor` unless that is null, to row
/// `to` of `copy`, zeros beyond its width. Numbers of eight bits are exact in
/// bf16.
void buildPaddedRow(VectorBuilder &b, Value source, ValueRange from,
                    Value factor, Value copy, Value to);
/// Makes row `to` of `copy` zeros.
void buildZeroRow(VectorBuilder &b, Value copy, Value to);

/// bf16 elements of a quad: four pairs, 128 bits.
inline constexpr int64_t kQuad = 8;

/// The transpose of a square of 16 x 16 elements of 32 bits, where a pair of
/// bf16 is one, as rows of type `row`. `loadQuad` gives elements [4 quad, 4
/// quad + 4) of a row, as any vector of 128 bits.
SmallVector<Value> buildTransposedSquare(
    VectorBuilder &b, VectorType row,
    llvm::function_ref<Value(int64_t row, int64_t quad)> loadQuad);

/// Interleaves two vectors of 16 elements to row `row` of `buffer`, quad by
/// quad, where `getPlaceOfQuad` says.
void buildInterleavedQuads(VectorBuilder &b, Value even, Value odd,
                           Value buffer, Value row);
int64_t getPlaceOfQuad(int64_t quad);

/// Rows of tile operands: 16 pairs.
VectorType getPairsType(OpBuilder &builder);
/// A vector of `length` elements of `buffer`.
Value buildLoad(VectorBuilder &b, int64_t length, Value buffer,
                ValueRange indices);

/// (a0, b0, a1, b1, …) in bf16 from vectors of f32, of each the upper half:
/// exact for what is rounded already, but for subnormal numbers.
Value buildPairs(VectorBuilder &b, Value even, Value odd);
/// A vector of f32 whose upper halves are `vector` rounded to bf16, halves away
/// from zero. It holds finite numbers, or NaN as arithmetic makes it.
Value buildRoundedUpperHalf(VectorBuilder &b, Value vector);
/// `vector` with zeros for its lower halves.
Value buildUpperHalf(VectorBuilder &b, Value vector);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_AMX_PACKEDROWS_H
