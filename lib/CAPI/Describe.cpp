//===- Describe.cpp - texts and files of kernels for C --------------------===//
//
// Implements the C functions that describe kernels, save them and count them.
//
//===----------------------------------------------------------------------===//

#include "KernelHandle.h"
#include "Status.h"
#include "llvm/Support/JSON.h"
#include <cstdlib>
#include <cstring>

using namespace attn;
using namespace attn::capi;

/// Copies `string` to memory of C; its zero bytes, if any, end it there.
static AttnStatus *copyOut(const std::string &string, char **text) {
  *text = static_cast<char *>(std::malloc(string.size() + 1));
  if (!*text)
    return toStatus(exec::makeError(exec::ErrorKind::OutOfMemory,
                                    "no memory for {0} bytes of text",
                                    string.size()));
  std::memcpy(*text, string.c_str(), string.size() + 1);
  return nullptr;
}

AttnStatus *attnKernelDescribe(AttnKernel *kernel, const char *what,
                               char **text) {
  if (!text)
    return makeInvalid("text is null, expected where to put the text");
  *text = nullptr;
  if (!kernel)
    return makeInvalid("kernel is null");
  if (!what)
    return makeInvalid("what is null, expected the name of a description");
  static constexpr llvm::StringLiteral names[] = {
      "source", "planned", "tiled",   "lowered", "binary",
      "llvm",   "asm",     "explain", "stats"};
  if (!llvm::is_contained(names, what))
    return makeInvalid("no description '{0}', expected one of {1:$[, ]}", what,
                       llvm::make_range(std::begin(names), std::end(names)));
  auto description = kernel->kernel->describe(what);
  if (!description)
    return toStatus(description.takeError());
  return copyOut(*description, text);
}

AttnStatus *attnKernelSave(AttnKernel *kernel, const char *path) {
  if (!kernel)
    return makeInvalid("kernel is null");
  if (!path || !*path)
    return makeInvalid("path is {0}, expected that of a file",
                       path ? "empty" : "null");
  return toStatus(kernel->kernel->save(path));
}

AttnStatus *attnGetStats(char **text) {
  if (!text)
    return makeInvalid("text is null, expected where to put the text");
  *text = nullptr;
  exec::ProcessStats stats = exec::Kernel::getProcessStats();
  std::string json;
  llvm::raw_string_ostream(json) << llvm::json::Value(
      llvm::json::Object{{"kernels_compiled", stats.kernelsCompiled},
                         {"cache_hits", stats.cacheHits},
                         {"compile_ms", stats.compileMs},
                         {"disk_failures", stats.diskFailures},
                         {"disk_hits", stats.diskHits},
                         {"disk_rejected", stats.diskRejected},
                         {"live_workspace_bytes", attn_rt_live_bytes()}});
  return copyOut(json, text);
}

void attnStringDestroy(char *text) { std::free(text); }

const char *attnGetVersion(void) { return ATTN_VERSION; }
