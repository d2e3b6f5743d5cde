//===- RowCopies.h - rows of keys and values, copied -----------*- C++ -*-===//
//
// Declares the copy of a block's rows that cannot be read where they lie.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_TRANSPOSED_ROWCOPIES_H
#define ATTN_LIB_CPU_TRANSPOSED_ROWCOPIES_H

#include "Vector/VectorBuilder.h"

namespace mlir::attn {

/// Rows of numbers, what each is multiplied by, and which of them are meant:
/// scales may be null, and so may places, for the first ones.
struct RowSource {
  Value rows, scales, places;
};

/// Copies `count` rows to the first of `target`, as the accumulator type: by
/// vectors as far as elements of a row are neighbours and fill them.
void buildRowCopies(VectorBuilder &b, RowSource source, Value count,
                    Value target);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_TRANSPOSED_ROWCOPIES_H
