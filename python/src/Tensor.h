//===- Tensor.h - Python arrays as strided views --------------------------===//
//
// Sees the memory of a Python array, whatever library made it, without a copy.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PYTHON_TENSOR_H
#define ATTN_PYTHON_TENSOR_H

#include "attn-c/Attn.h"

#include <nanobind/nanobind.h>

#include <string>

namespace attn::python {

/// A strided view of an array, and the object that keeps its memory alive.
class Tensor {
public:
  /// Views `array`: first by `__array_interface__` (NumPy, which cannot export
  /// every array by DLPack: neither read-only ones to old consumers nor
  /// bfloat16), then by `__dlpack__`. `name` is what messages call it.
  Tensor(nanobind::object array, std::string name);

  const AttnTensorView &getView() const { return view; }
  /// The element type as IR spells it: "f32", "i1".
  const char *getDType() const;
  /// The extents, as a tuple.
  nanobind::tuple getShape() const;
  const std::string &getName() const { return name; }
  /// The memory as NumPy's `__array_interface__`, read-only; types that NumPy
  /// does not have are bytes.
  nanobind::dict getInterface() const;
  /// Raises if the memory may only be read.
  void checkWritable() const;

private:
  void viewInterface(nanobind::dict interface);
  void viewDLPack(nanobind::object array);

  AttnTensorView view = {};
  std::string name;
  bool readOnly = false;
  /// Holds the memory: the array itself, or what its DLPack capsule holds.
  nanobind::object owner;
  /// What was viewed by DLPack, which is asked again for memory to write to.
  nanobind::object producer;
};

/// The name of an element type in IR.
const char *getDTypeName(AttnDType dtype);

/// An object with `__dlpack__` over the elements of `storage`, an array of
/// bfloat16 or float8_e4m3fn (which NumPy cannot export).
nanobind::object exportOpaque(nanobind::object storage);

/// Adds the class `Tensor` and `export_opaque` to the module.
void addTensor(nanobind::module_ &module);

} // namespace attn::python

#endif // ATTN_PYTHON_TENSOR_H
