//===- Tensor.h - types and views of tensors at run time -------*- C++ -*-===//
//
// Declares what a host hands to a kernel: strided views of memory it owns.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_EXECUTION_TENSOR_H
#define ATTN_EXECUTION_TENSOR_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>

namespace attn::exec {

/// Element types; i1 takes one byte, 0 or 1.
enum class DType { F32, F64, F16, BF16, I32, I64, I8, I1, F8E4M3FN };

/// "f32", "bf16", …
llvm::StringRef getName(DType type);
/// Bytes of one element.
int64_t getSize(DType type);

/// The extent of a dimension known only at run time.
inline constexpr int64_t kDynamic = -1;

/// Element type and extents of a parameter or result.
struct TensorType {
  DType dtype = DType::F32;
  llvm::SmallVector<int64_t, 4> sizes;

  int64_t getRank() const { return sizes.size(); }
  /// "2x8x?x64xf32", as in IR.
  std::string str() const;
};

/// A strided view. Strides count elements; any sign, any alignment.
struct TensorView {
  void *data = nullptr;
  DType dtype = DType::F32;
  llvm::SmallVector<int64_t, 4> sizes;
  llvm::SmallVector<int64_t, 4> strides;

  TensorType getType() const { return {dtype, sizes}; }
};

/// Row-major strides of `sizes`.
llvm::SmallVector<int64_t, 4>
getContiguousStrides(llvm::ArrayRef<int64_t> sizes);

/// The number of elements, or -1 where it exceeds 63 bits or an extent is
/// negative.
int64_t getNumElements(llvm::ArrayRef<int64_t> sizes);

/// Parameters and results of a kernel.
struct Signature {
  std::string name;
  llvm::SmallVector<TensorType, 4> inputs;
  llvm::SmallVector<TensorType, 2> results;
  /// For each result the input whose memory it shares, or -1.
  llvm::SmallVector<int64_t, 2> sharedInputs;
};

} // namespace attn::exec

#endif // ATTN_EXECUTION_TENSOR_H
