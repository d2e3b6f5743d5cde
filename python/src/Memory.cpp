//===- Memory.cpp - memory for results ------------------------------------===//
//
// Implements the owner of memory that arrays lie in.
//
//===----------------------------------------------------------------------===//

#include "Memory.h"
#include "Status.h"

namespace nb = nanobind;
using namespace attn::python;

Memory::Memory(uint64_t bytes) : bytes(bytes) {
  check(attnMemoryCreate(bytes, &data));
}

Memory::~Memory() { attnMemoryDestroy(data); }

nb::dict Memory::getInterface() const {
  nb::dict interface;
  interface["version"] = 3;
  interface["typestr"] = "|u1";
  interface["shape"] = nb::make_tuple(bytes);
  interface["data"] = nb::make_tuple(reinterpret_cast<uintptr_t>(data), false);
  return interface;
}

void attn::python::addMemory(nb::module_ &module) {
  nb::class_<Memory>(module, "Memory", "Bytes for a result.")
      .def(nb::init<uint64_t>(), nb::arg("bytes"))
      .def_prop_ro("__array_interface__", &Memory::getInterface);
}
