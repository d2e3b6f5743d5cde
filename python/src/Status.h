//===- Status.h - errors of the C API as Python exceptions ----------------===//
//
// Turns a status of the C API into the exception of attn.errors it stands for.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PYTHON_STATUS_H
#define ATTN_PYTHON_STATUS_H

#include "attn-c/Attn.h"

#include <nanobind/nanobind.h>

#include <string>

namespace attn::python {

/// Throws the exception class `name` of attn.errors with `message`.
[[noreturn]] void raise(const char *name, const std::string &message);

/// Takes over `status` and throws its exception unless it is success.
void check(AttnStatus *status);

} // namespace attn::python

#endif // ATTN_PYTHON_STATUS_H
