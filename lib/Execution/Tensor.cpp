//===- Tensor.cpp - types and views of tensors at run time ----------------===//
//
// Implements names, sizes and strides.
//
//===----------------------------------------------------------------------===//

#include "attn/Execution/Tensor.h"
#include "attn/Execution/Error.h"
#include "llvm/Support/MathExtras.h"

using namespace ::attn::exec;

char Error::ID = 0;

llvm::StringRef attn::exec::getName(DType type) {
  static constexpr llvm::StringRef names[] = {
      "f32", "f64", "f16", "bf16", "i32", "i64", "i8", "i1", "f8E4M3FN"};
  return names[unsigned(type)];
}

int64_t attn::exec::getSize(DType type) {
  static constexpr int64_t sizes[] = {4, 8, 2, 2, 4, 8, 1, 1, 1};
  return sizes[unsigned(type)];
}

std::string TensorType::str() const {
  std::string text;
  for (int64_t size : sizes)
    text += (size == kDynamic ? "?" : std::to_string(size)) + "x";
  return text + getName(dtype).str();
}

llvm::SmallVector<int64_t, 4>
attn::exec::getContiguousStrides(llvm::ArrayRef<int64_t> sizes) {
  llvm::SmallVector<int64_t, 4> strides(sizes.size(), 1);
  for (int64_t dim = int64_t(sizes.size()) - 2; dim >= 0; --dim)
    strides[dim] = strides[dim + 1] * std::max<int64_t>(sizes[dim + 1], 1);
  return strides;
}

int64_t attn::exec::getNumElements(llvm::ArrayRef<int64_t> sizes) {
  int64_t count = 1;
  bool empty = false;
  for (int64_t size : sizes) {
    if (size < 0)
      return -1;
    empty |= size == 0;
    if (size > 0 && llvm::MulOverflow(count, size, count))
      return -1;
  }
  return empty ? 0 : count;
}
