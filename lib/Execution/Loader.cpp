//===- Loader.cpp - object files into the process -------------------------===//
//
// Implements linking through ORC, in milliseconds: kernels from disk wait for
// nothing else.
//
//===----------------------------------------------------------------------===//

#include "Loader.h"
#include "HalfConversions.h"
#include "attn-rt/abi.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm::orc;

namespace {

/// Stands where ORC wants a compiler of IR, of which there is none to compile.
class NoCompiler : public IRCompileLayer::IRCompiler {
public:
  NoCompiler() : IRCompiler(IRSymbolMapper::ManglingOptions()) {}
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
  operator()(llvm::Module &) override {
    return llvm::createStringError("kernels are loaded as objects only");
  }
};

} // namespace

llvm::Expected<std::unique_ptr<LLJIT>>
attn::exec::load(llvm::StringRef object) {
  llvm::Triple triple(llvm::sys::getProcessTriple());
  llvm::Expected<std::unique_ptr<LLJIT>> jit =
      LLJITBuilder()
          .setJITTargetMachineBuilder(JITTargetMachineBuilder(triple))
          .setDataLayout(llvm::DataLayout(triple.computeDataLayout()))
          .setCompileFunctionCreator([](JITTargetMachineBuilder) {
            return std::make_unique<NoCompiler>();
          })
          .setPlatformSetUp(setUpInactivePlatform)
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
  add("attn_rt_cell_rows", attn_rt_cell_rows);
  add("attn_rt_cell_columns", attn_rt_cell_columns);
  add("attn_rt_alloc", attn_rt_alloc);
  add("attn_rt_free", attn_rt_free);
  add("attn_rt_matmul", attn_rt_matmul);
  add("attn_rt_record_tiles", attn_rt_record_tiles);
  add("attn_rt_request_amx", attn_rt_request_amx);
#if defined(__x86_64__)
  add("__truncsfhf2", truncateFloatToHalf);
  add("__extendhfsf2", extendHalfToFloat);
#endif
  if (llvm::Error error = library.define(absoluteSymbols(std::move(runtime))))
    return error;
  // memcpy, memset and the math library.
  auto process = DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*jit)->getDataLayout().getGlobalPrefix());
  if (!process)
    return process.takeError();
  library.addGenerator(std::move(*process));
  if (llvm::Error error = (*jit)->addObjectFile(
          llvm::MemoryBuffer::getMemBufferCopy(object, "kernel")))
    return error;
  return jit;
}
