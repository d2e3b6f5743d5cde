//===- Npy.h - tensors in .npy files ---------------------------*- C++ -*-===//
//
// Declares the reader and the writer of NumPy's file format.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_EXECUTION_NPY_H
#define ATTN_EXECUTION_NPY_H

#include "attn/Execution/Error.h"
#include "attn/Execution/Tensor.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <optional>

namespace attn::exec {

/// Most dimensions of a tensor in a file.
inline constexpr size_t kMaxNpyRank = 8;

/// A tensor read from a file, whose bytes it owns. Fortran order becomes
/// strides.
struct NpyTensor {
  TensorView view;
  std::unique_ptr<llvm::MemoryBuffer> file;
};

/// Reads a .npy file of version 1, 2 or 3 with little-endian elements f2, f4,
/// f8, i1, i4, i8, b1, bfloat16 or float8_e4m3fn (V2 and V1, as ml_dtypes saves
/// them). Elements of type u2 (u1) are taken as bfloat16 (float8_e4m3fn) where
/// `expected` says so. Nothing is trusted: a header that does not fit its file,
/// an extent that is negative or too large, and a file shorter or longer than
/// its shape says are errors, before any memory but the file's own is taken.
llvm::Expected<NpyTensor> readNpy(llvm::StringRef path,
                                  std::optional<DType> expected = std::nullopt);

/// Writes `view` in C order, version 1; bf16 as V2, f8E4M3FN as V1. A file that
/// cannot be written completely is not left behind.
llvm::Error writeNpy(llvm::StringRef path, const TensorView &view);

} // namespace attn::exec

#endif // ATTN_EXECUTION_NPY_H
