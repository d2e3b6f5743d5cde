//===- Tensors.cpp - tensors across the C border --------------------------===//
//
// Converts views and types; what C hands over is checked, not trusted.
//
//===----------------------------------------------------------------------===//

#include "Tensors.h"

using namespace attn;
using namespace attn::exec;

// The enumerations are one, so that conversions are casts.
static_assert(int(DType::F32) == ATTN_F32 && int(DType::F64) == ATTN_F64 &&
              int(DType::F16) == ATTN_F16 && int(DType::BF16) == ATTN_BF16 &&
              int(DType::I32) == ATTN_I32 && int(DType::I64) == ATTN_I64 &&
              int(DType::I8) == ATTN_I8 && int(DType::I1) == ATTN_I1 &&
              int(DType::F8E4M3FN) == ATTN_F8E4M3FN);
static_assert(kDynamic == ATTN_DYNAMIC);

llvm::Expected<llvm::SmallVector<TensorView>>
capi::convertViews(const char *what, const AttnTensorView *views,
                   int32_t count) {
  if (count < 0)
    return makeError(ErrorKind::InvalidArgument,
                     "number of {0}s is {1}, expected none or more", what,
                     count);
  if (count > 0 && !views)
    return makeError(ErrorKind::InvalidArgument,
                     "{0}s are null, expected {1} views", what, count);
  llvm::SmallVector<TensorView> converted;
  for (int32_t index = 0; index < count; ++index) {
    const AttnTensorView &view = views[index];
    if (view.rank < 0 || view.rank > ATTN_MAX_RANK)
      return makeError(ErrorKind::InvalidArgument,
                       "{0} {1} has rank {2}, expected 0 to {3}", what, index,
                       view.rank, int(ATTN_MAX_RANK));
    if (int(view.dtype) < ATTN_F32 || int(view.dtype) > ATTN_F8E4M3FN)
      return makeError(ErrorKind::InvalidArgument,
                       "{0} {1} has element type number {2}, expected one of "
                       "AttnDType",
                       what, index, int(view.dtype));
    TensorView &added = converted.emplace_back();
    added.data = view.data;
    added.dtype = DType(view.dtype);
    added.sizes.assign(view.sizes, view.sizes + view.rank);
    added.strides.assign(view.strides, view.strides + view.rank);
  }
  return converted;
}

AttnTensorType capi::convertType(const TensorType &type) {
  AttnTensorType converted = {};
  converted.dtype = AttnDType(type.dtype);
  converted.rank = int32_t(type.getRank());
  llvm::copy(type.sizes, converted.sizes);
  return converted;
}

AttnTensorView capi::makeEmptyView(const TensorType &type) {
  AttnTensorView view = {};
  view.dtype = AttnDType(type.dtype);
  view.rank = int32_t(type.getRank());
  llvm::copy(type.sizes, view.sizes);
  llvm::copy(getContiguousStrides(type.sizes), view.strides);
  return view;
}
