//===- Module.cpp - the extension module attn._attn -----------------------===//
//
// Binds the C API; the package attn is written on top of it in Python.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "Memory.h"
#include "Tensor.h"

#include "attn-c/Attn.h"

#include <nanobind/nanobind.h>

namespace nb = nanobind;

NB_MODULE(_attn, module) {
  module.doc() = "Bindings of the attention compiler's C API.";
  module.attr("version") = attnGetVersion();
  attn::python::addMemory(module);
  attn::python::addTensor(module);
  attn::python::addKernel(module);
}
