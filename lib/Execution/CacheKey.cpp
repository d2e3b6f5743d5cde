//===- CacheKey.cpp - what the code of a kernel depends on ----------------===//
//
// Computes the key of a kernel from text alone: no context, no parser.
//
//===----------------------------------------------------------------------===//

#include "BuildId.h"
#include "DiskCache.h"
#include "attn/TargetInfo/TargetInfo.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/SHA256.h"
#include "llvm/TargetParser/Host.h"

using namespace ::attn::exec;

/// This processor, whatever the target: what may run here is part of a key, so
/// that machines may share a directory.
static const std::string &getHost() {
  static const std::string host = [] {
    std::vector<std::string> features;
    for (const auto &feature : llvm::sys::getHostCPUFeatures())
      if (feature.getValue())
        features.push_back(feature.getKey().str());
    llvm::sort(features);
    return llvm::sys::getHostCPUName().str() + " " + llvm::join(features, ",");
  }();
  return host;
}

std::optional<CacheKey>
attn::exec::computeCacheKey(llvm::StringRef text,
                            const KernelOptions &options) {
  // The oracle is compiled for the host, whatever the target.
  llvm::Expected<mlir::attn::TargetFacts> target =
      mlir::attn::resolveTargetFacts(options.reference ? "host"
                                                       : options.target);
  if (!target) {
    // Compiling says what is wrong with the name.
    llvm::consumeError(target.takeError());
    return std::nullopt;
  }
  if (getBuildIds().empty())
    return std::nullopt;
  llvm::SHA256 hash;
  // Each field with its size: no two lists of fields are the same bytes.
  auto add = [&](llvm::StringRef field) {
    hash.update((llvm::Twine(field.size()) + ":").str());
    hash.update(field);
  };
  for (llvm::StringRef field :
       {llvm::StringRef(ATTN_VERSION), llvm::StringRef(LLVM_VERSION_STRING),
        llvm::StringRef(getBuildIds()), llvm::StringRef(getHost()),
        llvm::StringRef(target->isa), llvm::StringRef(target->triple),
        llvm::StringRef(target->cpu), llvm::StringRef(target->features)})
    add(field);
  for (int64_t fact :
       {target->vectorBits, target->registers, target->l1, target->l2,
        int64_t(target->tiles), int64_t(options.reference)})
    add(std::to_string(fact));
  add(options.fp);
  add(options.entry);
  add(text);
  return hash.final();
}
