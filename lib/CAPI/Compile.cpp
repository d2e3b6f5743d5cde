//===- Compile.cpp - kernels and their types in C -------------------------===//
//
// Implements the C functions that make kernels and tell what they take.
//
//===----------------------------------------------------------------------===//

#include "KernelHandle.h"
#include "Status.h"
#include "Tensors.h"

using namespace attn;
using namespace attn::capi;

AttnStatus *attnKernelCompile(const char *text, size_t length,
                              const char *entry, const char *target,
                              AttnKernel **kernel) {
  if (!kernel)
    return makeInvalid("kernel is null, expected where to put the handle");
  *kernel = nullptr;
  if (!text)
    return makeInvalid("text is null, expected a module");
  exec::KernelOptions options;
  if (entry)
    options.entry = entry;
  if (target)
    options.target = target;
  // The parser looks for the zero that ends a std::string.
  std::string copy(text, length);
  auto compiled = exec::Kernel::get(copy, options);
  if (!compiled)
    return toStatus(compiled.takeError());
  *kernel = new AttnKernel{std::move(*compiled)};
  return nullptr;
}

void attnKernelRelease(AttnKernel *kernel) { delete kernel; }

int32_t attnKernelGetNumInputs(const AttnKernel *kernel) {
  return kernel ? int32_t(kernel->kernel->getSignature().inputs.size()) : 0;
}

int32_t attnKernelGetNumResults(const AttnKernel *kernel) {
  return kernel ? int32_t(kernel->kernel->getSignature().results.size()) : 0;
}

int32_t attnKernelGetSharedInput(const AttnKernel *kernel, int32_t index) {
  if (!kernel)
    return -1;
  llvm::ArrayRef<int64_t> shared = kernel->kernel->getSignature().sharedInputs;
  return index >= 0 && size_t(index) < shared.size() ? int32_t(shared[index])
                                                     : -1;
}

/// Puts the type number `index` of `types` into `type`.
static AttnStatus *getType(const char *what,
                           llvm::ArrayRef<exec::TensorType> types,
                           int32_t index, AttnTensorType *type) {
  if (!type)
    return makeInvalid("type is null, expected where to put the type");
  if (index < 0 || size_t(index) >= types.size())
    return makeInvalid("{0} index is {1}, expected 0 to {2}", what, index,
                       int64_t(types.size()) - 1);
  *type = convertType(types[index]);
  return nullptr;
}

AttnStatus *attnKernelGetInputType(const AttnKernel *kernel, int32_t index,
                                   AttnTensorType *type) {
  if (!kernel)
    return makeInvalid("kernel is null");
  return getType("input", kernel->kernel->getSignature().inputs, index, type);
}

AttnStatus *attnKernelGetResultType(const AttnKernel *kernel, int32_t index,
                                    AttnTensorType *type) {
  if (!kernel)
    return makeInvalid("kernel is null");
  return getType("result", kernel->kernel->getSignature().results, index, type);
}
