//===- Elements.cpp - elements of tensors as numbers ----------------------===//
//
// Implements loads and stores of any element type.
//
//===----------------------------------------------------------------------===//

#include "Elements.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/APInt.h"
#include <cmath>
#include <cstring>
#include <unistd.h>

using namespace llvm;
using namespace attn::exec;

bool attn::run::isFloat(DType type) {
  return type == DType::F32 || type == DType::F64 || type == DType::F16 ||
         type == DType::BF16 || type == DType::F8E4M3FN;
}

Expected<NpyTensor> attn::run::allocate(const std::string &what,
                                        const TensorType &type) {
  int64_t elements = getNumElements(type.sizes);
  if (elements < 0 || elements > kMaxElements)
    return makeError(ErrorKind::InvalidArgument,
                     "{0} would be {1}, expected at most 2^31 elements", what,
                     type.str());
  // The system may promise memory that it does not have.
  int64_t memory = int64_t(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  int64_t bytes = elements * getSize(type.dtype);
  std::unique_ptr<WritableMemoryBuffer> buffer;
  if (bytes <= memory)
    buffer = WritableMemoryBuffer::getNewUninitMemBuffer(bytes, what);
  if (!buffer)
    return makeError(ErrorKind::OutOfMemory,
                     "{0} would be {1}, and there is no memory for its {2} "
                     "bytes",
                     what, type.str(), bytes);
  NpyTensor tensor;
  tensor.view = {buffer->getBufferStart(), type.dtype, type.sizes,
                 getContiguousStrides(type.sizes)};
  tensor.file = std::move(buffer);
  return tensor;
}

/// Reads a `T` from memory of any alignment.
template <typename T> static T read(const char *data) {
  T value;
  std::memcpy(&value, data, sizeof(T));
  return value;
}

template <typename T> static void write(char *data, T value) {
  std::memcpy(data, &value, sizeof(T));
}

/// The format of a type of 8 or 16 bits.
static const fltSemantics &getSemantics(DType type) {
  if (type == DType::F8E4M3FN)
    return APFloat::Float8E4M3FN();
  return type == DType::F16 ? APFloat::IEEEhalf() : APFloat::BFloat();
}

static uint64_t roundTo(const fltSemantics &semantics, double value) {
  APFloat rounded(value);
  bool inexact;
  rounded.convert(semantics, APFloat::rmNearestTiesToEven, &inexact);
  return rounded.bitcastToAPInt().getZExtValue();
}

double attn::run::loadElement(const char *data, DType type) {
  switch (type) {
  case DType::F32:
    return read<float>(data);
  case DType::F64:
    return read<double>(data);
  case DType::F16:
  case DType::BF16:
    return APFloat(getSemantics(type), APInt(16, read<uint16_t>(data)))
        .convertToDouble();
  case DType::F8E4M3FN:
    return APFloat(getSemantics(type), APInt(8, read<uint8_t>(data)))
        .convertToDouble();
  case DType::I32:
    return read<int32_t>(data);
  case DType::I64:
    return double(read<int64_t>(data));
  case DType::I8:
    return read<int8_t>(data);
  case DType::I1:
    return *data != 0;
  }
  llvm_unreachable("all types are above");
}

void attn::run::storeElement(char *data, DType type, double value) {
  switch (type) {
  case DType::F32:
    return write<float>(data, float(value));
  case DType::F64:
    return write<double>(data, value);
  case DType::F16:
  case DType::BF16:
    return write<uint16_t>(data, uint16_t(roundTo(getSemantics(type), value)));
  case DType::F8E4M3FN:
    return write<uint8_t>(data, uint8_t(roundTo(getSemantics(type), value)));
  case DType::I32:
    return write<int32_t>(data, int32_t(value));
  case DType::I64:
    return write<int64_t>(data, int64_t(value));
  case DType::I8:
    return write<int8_t>(data, int8_t(value));
  case DType::I1:
    return write<uint8_t>(data, value != 0);
  }
  llvm_unreachable("all types are above");
}

void attn::run::forEachElement(
    const TensorView &view,
    function_ref<bool(char *, ArrayRef<int64_t>)> visit) {
  if (getNumElements(view.sizes) <= 0)
    return;
  SmallVector<int64_t, 4> indices(view.sizes.size(), 0);
  char *data = static_cast<char *>(view.data);
  int64_t size = getSize(view.dtype);
  while (visit(data, indices)) {
    // Counts up the last dimension, and carries into those before it.
    int64_t dim = int64_t(indices.size()) - 1;
    for (; dim >= 0; --dim) {
      data += view.strides[dim] * size;
      if (++indices[dim] < view.sizes[dim])
        break;
      data -= indices[dim] * view.strides[dim] * size;
      indices[dim] = 0;
    }
    if (dim < 0)
      return;
  }
}

void attn::run::copyElements(const TensorView &from, const TensorView &to) {
  int64_t bytes = getSize(from.dtype);
  forEachElement(to, [&](char *data, ArrayRef<int64_t> indices) {
    int64_t offset = 0;
    for (auto [index, stride] : zip_equal(indices, from.strides))
      offset += index * stride;
    std::memcpy(data, static_cast<const char *>(from.data) + offset * bytes,
                bytes);
    return true;
  });
}

double attn::run::getLargest(const TensorView &view) {
  double largest = 0;
  forEachElement(view, [&](char *data, ArrayRef<int64_t>) {
    double value = std::fabs(loadElement(data, view.dtype));
    if (std::isfinite(value))
      largest = std::max(largest, value);
    return true;
  });
  return largest;
}
