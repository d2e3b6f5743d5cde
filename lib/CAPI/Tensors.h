//===- Tensors.h - tensors across the C border -----------------*- C++ -*-===//
//
// Declares the checked conversions of views and types.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CAPI_TENSORS_H
#define ATTN_LIB_CAPI_TENSORS_H

#include "attn-c/Attn.h"
#include "attn/Execution/Error.h"
#include "attn/Execution/Tensor.h"

namespace attn::capi {

/// Converts `count` views; `what` ("input", "result") names them in messages.
llvm::Expected<llvm::SmallVector<exec::TensorView>>
convertViews(const char *what, const AttnTensorView *views, int32_t count);

/// The C form of a type, whose rank is at most `ATTN_MAX_RANK`.
AttnTensorType convertType(const exec::TensorType &type);

/// A view of `type` without memory, with contiguous strides.
AttnTensorView makeEmptyView(const exec::TensorType &type);

} // namespace attn::capi

#endif // ATTN_LIB_CAPI_TENSORS_H
