//===- KernelHandle.h - a kernel behind a C handle -------------*- C++ -*-===//
//
// Declares what an AttnKernel holds.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CAPI_KERNELHANDLE_H
#define ATTN_LIB_CAPI_KERNELHANDLE_H

#include "attn-c/Attn.h"
#include "attn/Execution/Kernel.h"

/// One reference to a kernel.
struct AttnKernel {
  std::shared_ptr<attn::exec::Kernel> kernel;
};

#endif // ATTN_LIB_CAPI_KERNELHANDLE_H
