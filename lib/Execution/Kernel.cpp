//===- Kernel.cpp - compile and describe kernels --------------------------===//
//
// Implements compilation into the process through ORC, and what a kernel tells
// about itself. KernelRun.cpp runs it.
//
//===----------------------------------------------------------------------===//

#include "attn/Execution/Kernel.h"
#include "KernelCache.h"
#include "attn/TargetInfo/TargetInfo.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/JSON.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace ::attn::exec;

Kernel::Kernel() = default;
Kernel::~Kernel() = default;

/// Turns any LLVM error into a compile error.
static llvm::Error wrap(llvm::Error error, const char *what) {
  return makeError(ErrorKind::Compile, "{0}: {1}", what,
                   llvm::toString(std::move(error)));
}

/// The order of instruction sets: a process may run what is not above its own.
static int getIsaLevel(llvm::StringRef isa) {
  if (isa == "avx512")
    return 2;
  return isa == "avx2" ? 1 : 0;
}

/// Refuses to load code that this processor would trap on.
static llvm::Error checkRunnable(const Compilation &compilation) {
  mlir::ModuleOp module = compilation.getModule();
  auto target = module->getAttrOfType<mlir::attn::TargetAttr>(
      mlir::attn::kTargetAttrName);
  if (!target)
    return llvm::Error::success();
  llvm::Triple wanted(target.getTriple()), host(llvm::sys::getProcessTriple());
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  int level = features.lookup("avx512f") && features.lookup("avx512dq") &&
                      features.lookup("avx512vl")
                  ? 2
              : features.lookup("avx2") && features.lookup("fma") ? 1
                                                                  : 0;
  if (wanted.getArch() != host.getArch() ||
      getIsaLevel(target.getIsa()) > level)
    return makeError(ErrorKind::Unsupported,
                     "code for {0} on {1} cannot run on this processor, "
                     "expected target host or one it includes",
                     target.getIsa(), target.getTriple());
  return llvm::Error::success();
}

/// A linker for one object, with the runtime's functions in reach.
static llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>>
load(std::unique_ptr<llvm::MemoryBuffer> object,
     const llvm::TargetMachine &machine) {
  using namespace llvm::orc;
  llvm::Expected<std::unique_ptr<LLJIT>> jit =
      LLJITBuilder()
          .setJITTargetMachineBuilder(
              JITTargetMachineBuilder(machine.getTargetTriple()))
          .create();
  if (!jit)
    return jit.takeError();
  JITDylib &library = (*jit)->getMainJITDylib();
  SymbolMap runtime;
  auto add = [&](llvm::StringRef name, auto *function) {
    runtime[(*jit)->mangleAndIntern(name)] = {
        ExecutorAddr::fromPtr(function),
        llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  };
  add("attn_rt_parallel_for", attn_rt_parallel_for);
  add("attn_rt_alloc", attn_rt_alloc);
  add("attn_rt_free", attn_rt_free);
  add("attn_rt_record_tiles", attn_rt_record_tiles);
  if (llvm::Error error = library.define(absoluteSymbols(std::move(runtime))))
    return error;
  // memcpy, memset and the math library.
  auto process = DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*jit)->getDataLayout().getGlobalPrefix());
  if (!process)
    return process.takeError();
  library.addGenerator(std::move(*process));
  if (llvm::Error error = (*jit)->addObjectFile(std::move(object)))
    return error;
  return jit;
}

llvm::Expected<std::shared_ptr<Kernel>>
Kernel::compile(llvm::StringRef text, const KernelOptions &options) {
  std::shared_ptr<Kernel> kernel(new Kernel());
  kernel->text = text.str();
  kernel->options = options;
  auto compilation = Compilation::parse(text, options.name);
  if (!compilation)
    return compilation.takeError();
  Compilation &c = **compilation;
  llvm::Expected<Signature> signature = c.getSignature(options.entry);
  if (!signature)
    return signature.takeError();
  kernel->signature = *signature;
  if (options.reference) {
    if (llvm::Error error = c.runReference())
      return error;
  } else {
    if (llvm::Error error = c.runTo("planned", options.target))
      return error;
    kernel->isa = c.getIsa();
    kernel->schedule = c.getSchedule();
    if (llvm::Error error = checkRunnable(c))
      return error;
    if (llvm::Error error = c.runTo("binary", options.target))
      return error;
    for (const std::string &remark : c.getRemarks())
      kernel->explanation += remark + "\n";
  }
  kernel->messages = c.getMessages(kernel->signature.name);

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
  auto jit = load(std::move(*object), **machine);
  if (!jit)
    return wrap(jit.takeError(), "loading the kernel failed");
  kernel->jit = std::move(*jit);
  auto find = [&](llvm::StringRef suffix) -> llvm::Expected<Entry> {
    auto address = kernel->jit->lookup((kernel->signature.name + suffix).str());
    if (!address)
      return wrap(address.takeError(), "looking up the kernel failed");
    return address->toPtr<Entry>();
  };
  llvm::Expected<Entry> entry = find(".entry"), shapes = find(".shapes.entry");
  if (!entry)
    return llvm::joinErrors(entry.takeError(), shapes.takeError());
  if (!shapes)
    return shapes.takeError();
  kernel->kernel = *entry;
  kernel->shapes = *shapes;
  c.times.emit = std::chrono::duration<double, std::milli>(
                     std::chrono::steady_clock::now() - start)
                     .count();
  kernel->times = c.times;
  return kernel;
}

llvm::Expected<std::shared_ptr<Kernel>>
Kernel::get(llvm::StringRef text, const KernelOptions &options) {
  std::string key = (options.entry + "\n" + options.target + "\n" +
                     (options.reference ? "r" : "k") + "\n" + text)
                        .str();
  bool hit = false;
  auto kernel = KernelCache::get().lookup(
      key, [&] { return compile(text, options); }, hit);
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
  if (what == "explain")
    return explanation;
  if (what == "stats") {
    llvm::json::Object stats{
        {"kernel", signature.name},
        {"isa", isa},
        {"schedule", schedule},
        {"compile_ms", times.total()},
        {"passes_ms", times.passes},
        {"optimise_ms", times.optimise},
        {"emit_ms", times.emit},
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
                 c.runTo(code ? "binary" : what, options.target)) {
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
  if (llvm::Error error = (*compilation)->runTo("binary", options.target))
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
