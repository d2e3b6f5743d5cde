//===- Run.cpp - running kernels from C -----------------------------------===//
//
// Implements the C functions that infer results and run.
//
//===----------------------------------------------------------------------===//

#include "KernelHandle.h"
#include "Status.h"
#include "Tensors.h"

using namespace attn;
using namespace attn::capi;

AttnStatus *attnKernelInferResults(AttnKernel *kernel,
                                   const AttnTensorView *inputs,
                                   int32_t numInputs, AttnTensorView *results,
                                   int32_t numResults) {
  if (!kernel)
    return makeInvalid("kernel is null");
  auto views = convertViews("input", inputs, numInputs);
  if (!views)
    return toStatus(views.takeError());
  auto types = kernel->kernel->inferResults(*views);
  if (!types)
    return toStatus(types.takeError());
  if (numResults < 0 || size_t(numResults) != types->size())
    return makeInvalid("kernel '{0}' gives {1} results, got room for {2}",
                       kernel->kernel->getSignature().name, types->size(),
                       numResults);
  if (!results)
    return makeInvalid("results are null, expected room for {0} views",
                       numResults);
  for (auto [index, type] : llvm::enumerate(*types))
    results[index] = makeEmptyView(type);
  return nullptr;
}

AttnStatus *attnKernelRun(AttnKernel *kernel, const AttnTensorView *inputs,
                          int32_t numInputs, const AttnTensorView *results,
                          int32_t numResults, int64_t threads,
                          AttnRunStats *stats) {
  if (!kernel)
    return makeInvalid("kernel is null");
  auto inputViews = convertViews("input", inputs, numInputs);
  if (!inputViews)
    return toStatus(inputViews.takeError());
  auto resultViews = convertViews("result", results, numResults);
  if (!resultViews)
    return toStatus(resultViews.takeError());
  auto counters = kernel->kernel->run(*inputViews, *resultViews, threads);
  if (!counters)
    return toStatus(counters.takeError());
  if (stats)
    *stats = {counters->threads,         counters->tiles_total,
              counters->tiles_visited,   counters->tiles_partial,
              counters->workspace_bytes, counters->library_products};
  return nullptr;
}
