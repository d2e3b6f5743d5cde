//===- MatrixLibrary.h - oneDNN, where there is one -----------------------===//
//
// The library for products of matrices, loaded when first needed.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_MATRIXLIBRARY_H
#define ATTN_RUNTIME_MATRIXLIBRARY_H

#include <cstdint>

namespace attn::rt {

/// A matrix in memory, the elements of each row side by side, rows `stride`
/// elements apart; `transposed` if that holds of its columns instead.
struct Matrix {
  void *data;
  int64_t stride;
  bool transposed;
};

/// Whether the library multiplies matrices of f32.
bool canMultiplyFloats();

/// Whether the library multiplies matrices of bf16 on this processor.
bool canMultiplyBFloats();

/// c = a b on the calling thread alone, for a of `rows` x `depth` elements and
/// b of `depth` x `columns`; c is not transposed. False if the library could
/// not.
bool multiplyFloats(int64_t rows, int64_t depth, int64_t columns,
                    const Matrix &a, const Matrix &b, const Matrix &c);

/// The same for bf16, summed in f32; a is not transposed.
bool multiplyBFloats(int64_t rows, int64_t depth, int64_t columns,
                     const Matrix &a, const Matrix &b, const Matrix &c);

} // namespace attn::rt

#endif // ATTN_RUNTIME_MATRIXLIBRARY_H
