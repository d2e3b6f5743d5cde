//===- Kernel.cpp - compile and describe kernels --------------------------===//
//
// Implements kernels from text, through the compiler or from disk, and what a
// kernel tells about itself. KernelRun.cpp runs it.
//
//===----------------------------------------------------------------------===//

#include "attn/Execution/Kernel.h"
#include "DiskCache.h"
#include "KernelCache.h"
#include "Loader.h"
#include "attn/IR/AttnAttrs.h"
#include "attn/TargetInfo/TargetInfo.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/JSON.h"
#include <chrono>

using namespace ::attn::exec;

Kernel::Kernel() = default;
Kernel::~Kernel() = default;

/// Turns any LLVM error into a compile error.
static llvm::Error wrap(llvm::Error error, const char *what) {
  return makeError(ErrorKind::Compile, "{0}: {1}", what,
                   llvm::toString(std::move(error)));
}

/// Refuses to load code that this processor would trap on.
static llvm::Error checkRunnable(const Compilation &compilation) {
  mlir::ModuleOp module = compilation.getModule();
  auto target = module->getAttrOfType<mlir::attn::TargetAttr>(
      mlir::attn::kTargetAttrName);
  if (!target)
    return llvm::Error::success();
  if (std::optional<std::string> missing =
          mlir::attn::findWhatHostLacks(target))
    return makeError(ErrorKind::Unsupported,
                     "code for {0} cannot run on this processor, which lacks "
                     "{1}: expected target host or one it includes",
                     target.getCpu(), *missing);
  return llvm::Error::success();
}

/// Milliseconds since `start`.
static double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now() - start)
      .count();
}

llvm::Error Kernel::link(llvm::StringRef object) {
  auto loaded = load(object);
  if (!loaded)
    return wrap(loaded.takeError(), "loading the kernel failed");
  jit = std::move(*loaded);
  auto find = [&](llvm::StringRef suffix, Entry &entry) -> llvm::Error {
    auto address = jit->lookup((signature.name + suffix).str());
    if (!address)
      return wrap(address.takeError(), "looking up the kernel failed");
    entry = address->toPtr<Entry>();
    return llvm::Error::success();
  };
  if (llvm::Error error = find(".entry", kernel))
    return error;
  return find(".shapes.entry", shapes);
}

llvm::Error Kernel::compile(DiskCache &cache) {
  auto compilation = Compilation::parse(text, options.name);
  if (!compilation)
    return compilation.takeError();
  Compilation &c = **compilation;
  llvm::Expected<Signature> found = c.getSignature(options.entry);
  if (!found)
    return found.takeError();
  CacheEntry entry;
  entry.signature = *found;
  if (options.reference) {
    // The oracle is functional.
    llvm::fill(entry.signature.sharedInputs, -1);
    if (llvm::Error error = c.runReference())
      return error;
  } else {
    if (llvm::Error error = c.runTo("planned", options.target, options.fp))
      return error;
    entry.isa = c.getIsa();
    entry.schedule = c.getSchedule();
    if (llvm::Error error = checkRunnable(c))
      return error;
    if (llvm::Error error = c.runTo("binary", options.target, options.fp))
      return error;
    for (const std::string &remark : c.getRemarks())
      entry.explanation += remark + "\n";
  }
  entry.messages = c.getMessages(entry.signature.name);

  auto machine = c.buildMachine();
  if (!machine)
    return machine.takeError();
  llvm::LLVMContext llvmContext;
  auto module = c.buildLLVM(llvmContext);
  if (!module)
    return module.takeError();
  auto start = std::chrono::steady_clock::now();
  auto object = emitCode(**module, **machine, /*assembly=*/false);
  if (!object)
    return object.takeError();
  entry.object = (*object)->getBuffer().str();
  take(entry);
  if (llvm::Error error = link(entry.object))
    return error;
  times = c.times;
  times.emit = since(start);
  // What cannot be linked is not worth keeping.
  cache.store(entry);
  return llvm::Error::success();
}

void Kernel::take(const CacheEntry &entry) {
  signature = entry.signature;
  messages = entry.messages;
  isa = entry.isa;
  schedule = entry.schedule;
  explanation = entry.explanation;
}

llvm::Expected<std::shared_ptr<Kernel>>
Kernel::make(llvm::StringRef text, const KernelOptions &options) {
  auto start = std::chrono::steady_clock::now();
  std::shared_ptr<Kernel> kernel(new Kernel());
  kernel->text = text.str();
  kernel->options = options;
  DiskCache cache(text, options);
  if (std::optional<CacheEntry> entry = cache.load()) {
    kernel->take(*entry);
    if (llvm::Error error = kernel->link(entry->object))
      cache.reject(llvm::toString(std::move(error)));
  }
  if (cache.getOutcome().hit)
    kernel->times.load = since(start);
  else if (llvm::Error error = kernel->compile(cache))
    return error;
  kernel->disk = cache.getOutcome();
  return kernel;
}

llvm::Expected<std::shared_ptr<Kernel>>
Kernel::get(llvm::StringRef text, const KernelOptions &options) {
  std::string key = (options.entry + "\n" + options.target + "\n" + options.fp +
                     "\n" + (options.reference ? "r" : "k") + "\n" + text)
                        .str();
  bool hit = false;
  auto kernel =
      KernelCache::get().lookup(key, [&] { return make(text, options); }, hit);
  if (kernel && hit)
    ++(*kernel)->hits;
  return kernel;
}

llvm::Expected<std::shared_ptr<Kernel>>
Kernel::getFile(llvm::StringRef path, const KernelOptions &options) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return makeError(ErrorKind::InvalidArgument, "cannot read '{0}': {1}", path,
                     buffer.getError().message());
  return get((*buffer)->getBuffer(), options);
}

ProcessStats Kernel::getProcessStats() { return KernelCache::get().getStats(); }

//===----------------------------------------------------------------------===//
// What a kernel tells
//===----------------------------------------------------------------------===//

llvm::Expected<std::string> Kernel::describe(llvm::StringRef what) const {
  if (what == "explain") {
    // Found out now: the explanation may come from a disk of another machine.
    bool loops =
        llvm::StringRef(explanation).contains(mlir::attn::kLibraryRemark) &&
        !attn_rt_has_library();
    return explanation + (loops ? "no library for products of matrices was "
                                  "found: loops compute them\n"
                                : "");
  }
  if (what == "stats") {
    llvm::json::Object stats{
        {"kernel", signature.name},
        {"isa", isa},
        {"schedule", schedule},
        {"compile_ms", times.total()},
        {"passes_ms", times.passes},
        {"optimise_ms", times.optimise},
        {"emit_ms", times.emit},
        {"load_ms", times.load},
        {"disk_hit", disk.hit},
        {"disk_rejected", disk.rejected},
        {"disk_failed", disk.failed},
        {"cache_hit", hits.load() > 0},
        {"cache_hits", hits.load()},
        {"kernels_compiled", getProcessStats().kernelsCompiled}};
    std::string out;
    llvm::raw_string_ostream(out) << llvm::json::Value(std::move(stats));
    return out;
  }
  bool code = what == "llvm" || what == "asm";
  auto compilation = Compilation::parse(text, options.name);
  if (!compilation)
    return compilation.takeError();
  Compilation &c = **compilation;
  if (options.reference && code) {
    if (llvm::Error error = c.runReference())
      return error;
  } else if (llvm::Error error =
                 c.runTo(code ? "binary" : what, options.target, options.fp)) {
    return error;
  }
  if (!code)
    return c.print();
  llvm::LLVMContext llvmContext;
  auto module = c.buildLLVM(llvmContext);
  if (!module)
    return module.takeError();
  if (what == "llvm") {
    std::string out;
    llvm::raw_string_ostream os(out);
    (*module)->print(os, nullptr);
    return out;
  }
  auto machine = c.buildMachine();
  if (!machine)
    return machine.takeError();
  auto assembly = emitCode(**module, **machine, /*assembly=*/true);
  if (!assembly)
    return assembly.takeError();
  return (*assembly)->getBuffer().str();
}

llvm::Error Kernel::save(llvm::StringRef path) const {
  auto compilation = Compilation::parse(text, options.name);
  if (!compilation)
    return compilation.takeError();
  if (llvm::Error error =
          (*compilation)->runTo("binary", options.target, options.fp))
    return error;
  llvm::LLVMContext llvmContext;
  auto module = (*compilation)->buildLLVM(llvmContext);
  if (!module)
    return module.takeError();
  auto machine = (*compilation)->buildMachine();
  if (!machine)
    return machine.takeError();
  auto object = emitCode(**module, **machine, /*assembly=*/false);
  if (!object)
    return object.takeError();
  return linkShared(**object, path);
}
