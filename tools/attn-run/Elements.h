//===- Elements.h - elements of tensors as numbers -------------*- C++ -*-===//
//
// Declares access to elements of any type, one by one: for filling and for
// comparing, where clarity counts and speed does not.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_RUN_ELEMENTS_H
#define ATTN_TOOLS_ATTN_RUN_ELEMENTS_H

#include "attn/Execution/Error.h"
#include "attn/Execution/Npy.h"
#include "attn/Execution/Tensor.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace attn::run {

/// Most elements of a tensor that a program makes by itself.
inline constexpr int64_t kMaxElements = int64_t(1) << 31;

/// Memory for a tensor of `type`, not filled. `what` ("input 0") names it in
/// errors: extents that are negative, too many elements, too little memory.
llvm::Expected<exec::NpyTensor> allocate(const std::string &what,
                                         const exec::TensorType &type);

/// The element at `data`.
double loadElement(const char *data, exec::DType type);
/// Rounds `value` into the element at `data`.
void storeElement(char *data, exec::DType type, double value);

/// Calls `visit` with the address and the indices of each element, in row-major
/// order, until it returns false.
void forEachElement(
    const exec::TensorView &view,
    llvm::function_ref<bool(char *, llvm::ArrayRef<int64_t>)> visit);

/// Copies the elements of `from` to `to`, which has the same type.
void copyElements(const exec::TensorView &from, const exec::TensorView &to);

/// The largest absolute value among the finite elements; 0 for none.
double getLargest(const exec::TensorView &view);

/// True for f32, f64, f16, bf16, f8E4M3FN.
bool isFloat(exec::DType type);

} // namespace attn::run

#endif // ATTN_TOOLS_ATTN_RUN_ELEMENTS_H
