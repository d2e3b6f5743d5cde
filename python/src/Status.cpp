//===- Status.cpp - errors of the C API as Python exceptions --------------===//
//
// Implements the way from status codes to exception classes.
//
//===----------------------------------------------------------------------===//

#include "Status.h"

namespace nb = nanobind;
using namespace attn::python;

void attn::python::raise(const char *name, const std::string &message) {
  nb::object type = nb::module_::import_("attn.errors").attr(name);
  PyErr_SetString(type.ptr(), message.c_str());
  throw nb::python_error();
}

/// The class of attn.errors for a kind of failure.
static const char *getExceptionName(AttnStatusCode code) {
  switch (code) {
  case ATTN_SHAPE_ERROR:
    return "ShapeError";
  case ATTN_COMPILE_ERROR:
    return "CompileError";
  case ATTN_UNSUPPORTED:
    return "UnsupportedError";
  case ATTN_OUT_OF_MEMORY:
    return "OutOfMemoryError";
  case ATTN_OK:
  case ATTN_INVALID_ARGUMENT:
    break;
  }
  return "ArgumentError";
}

void attn::python::check(AttnStatus *status) {
  if (!status)
    return;
  const char *name = getExceptionName(attnStatusGetCode(status));
  std::string message = attnStatusGetMessage(status);
  attnStatusDestroy(status);
  raise(name, message);
}
