//===- Memory.h - memory for results ---------------------------*- C++ -*-===//
//
// Owns memory that NumPy arrays lie in.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PYTHON_MEMORY_H
#define ATTN_PYTHON_MEMORY_H

#include <nanobind/nanobind.h>

#include <cstdint>

namespace attn::python {

/// Bytes for a result, which are used again once nothing refers to them.
class Memory {
public:
  explicit Memory(uint64_t bytes);
  Memory(const Memory &) = delete;
  ~Memory();

  /// The bytes as NumPy's `__array_interface__`.
  nanobind::dict getInterface() const;

private:
  void *data = nullptr;
  uint64_t bytes;
};

/// Adds the class `Memory` to the module.
void addMemory(nanobind::module_ &module);

} // namespace attn::python

#endif // ATTN_PYTHON_MEMORY_H
