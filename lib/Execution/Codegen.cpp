//===- Codegen.cpp - LLVM IR to machine code ------------------------------===//
//
// Translates, optimises and emits.
//
//===----------------------------------------------------------------------===//

#include "attn/Execution/Compiler.h"
#include "attn/IR/AttnAttrs.h"
#include "attn/TargetInfo/TargetInfo.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/Intrinsics.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include <chrono>
#include <mutex>

using namespace ::attn::exec;

/// All back ends: kernels may be emitted for machines that are not this one.
static void initializeTargets() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    llvm::InitializeAllAsmParsers();
  });
}

static double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now() - start)
      .count();
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
Compilation::buildMachine() const {
  initializeTargets();
  auto target = getModule()->getAttrOfType<mlir::attn::TargetAttr>(
      mlir::attn::kTargetAttrName);
  if (!target) {
    // The oracle is lowered without a target; it runs here.
    mlir::FailureOr<mlir::attn::TargetAttr> host =
        mlir::attn::resolveTarget(context.get(), "host", [&]() {
          return mlir::emitError(getModule().getLoc());
        });
    if (mlir::failed(host))
      return makeError(ErrorKind::Unsupported, "the host is not supported");
    target = *host;
  }
  std::string message;
  llvm::Triple triple(target.getTriple());
  const llvm::Target *found =
      llvm::TargetRegistry::lookupTarget(triple, message);
  if (!found)
    return makeError(ErrorKind::Unsupported, "no back end for '{0}': {1}",
                     target.getTriple(), message);
  std::unique_ptr<llvm::TargetMachine> machine(found->createTargetMachine(
      triple, target.getCpu(), target.getFeatures(), llvm::TargetOptions(),
      llvm::Reloc::PIC_, std::nullopt, llvm::CodeGenOptLevel::Aggressive));
  if (!machine)
    return makeError(ErrorKind::Unsupported, "no machine for '{0}'",
                     target.getTriple());
  return machine;
}

/// Lets machines without fused multiply-add use two instructions where the
/// intrinsic that insists on fusing would call the math library.
static void relaxFusedMultiplyAdds(llvm::Module &module) {
  for (llvm::Function &function : llvm::make_early_inc_range(module)) {
    if (function.getIntrinsicID() != llvm::Intrinsic::fma)
      continue;
    function.replaceAllUsesWith(llvm::Intrinsic::getOrInsertDeclaration(
        &module, llvm::Intrinsic::fmuladd, {function.getReturnType()}));
    function.eraseFromParent();
  }
}

/// The CPU whose timing LLVM schedules for, where that of `cpu` is not the one
/// to take; else empty. Models that expect a load to take long, and those that
/// expect nothing, load all queries of a step before the first multiply-add and
/// so spill two accumulators of the register tile at every step; these do not.
static llvm::StringRef getSchedulingCpu(llvm::StringRef cpu) {
  return llvm::StringSwitch<llvm::StringRef>(cpu)
      .Cases({"x86-64-v4", "skylake-avx512", "cascadelake", "cooperlake"},
             "sapphirerapids")
      .Cases({"cannonlake", "icelake-client", "icelake-server", "rocketlake",
              "tigerlake"},
             "sapphirerapids")
      .Cases({"generic", "neoverse-n1"}, "neoverse-v1")
      .Default("");
}

/// What LLVM's passes have left to do. What is worth unrolling is unrolled
/// already, what decides speed is vectors, and functions are cut where they are
/// called through pointers: most of -O3 finds nothing. This takes a third of
/// its time, for code that is as fast. Loops over single elements, which copy
/// rows whose strides are known at run time only, are LLVM's to vectorise:
/// without it short problems, and decoding at ragged widths, take up to twice
/// as long.
static constexpr llvm::StringLiteral kPasses =
    "function(simplifycfg,early-cse<memssa>,instcombine<no-verify-fixpoint>,"
    "loop-mssa(loop-rotate,licm),loop-vectorize,early-cse<memssa>,"
    "instcombine<no-verify-fixpoint>,loop-mssa(licm),simplifycfg)";

llvm::Expected<std::unique_ptr<llvm::Module>>
Compilation::buildLLVM(llvm::LLVMContext &llvmContext) {
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine = buildMachine();
  if (!machine)
    return machine.takeError();
  auto start = std::chrono::steady_clock::now();
  std::unique_ptr<llvm::Module> translated =
      mlir::translateModuleToLLVMIR(*module, llvmContext, "attn");
  if (!translated)
    return takeDiagnostics("translation to LLVM IR failed");
  translated->setTargetTriple((*machine)->getTargetTriple());
  translated->setDataLayout((*machine)->createDataLayout());
  llvm::StringRef schedulingCpu = getSchedulingCpu((*machine)->getTargetCPU());
  for (llvm::Function &function : *translated) {
    if (function.isDeclaration())
      continue;
    // Some CPUs prefer half their width for scalar code made vector; what is
    // vector here was measured to win at full width.
    function.addFnAttr("prefer-vector-width", "512");
    // What --emit=llvm prints then compiles for the same machine anywhere.
    function.addFnAttr("target-cpu", (*machine)->getTargetCPU());
    if (llvm::StringRef features = (*machine)->getTargetFeatureString();
        !features.empty())
      function.addFnAttr("target-features", features);
    if (!schedulingCpu.empty())
      function.addFnAttr("tune-cpu", schedulingCpu);
    // Only entry points are called from outside.
    if (!function.getName().ends_with(".entry"))
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
  }

  relaxFusedMultiplyAdds(*translated);

  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(machine->get());
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  llvm::ModulePassManager passes;
  llvm::cantFail(builder.parsePassPipeline(passes, kPasses));
  passes.run(*translated, modules);
  times.optimise += since(start);
  return translated;
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
attn::exec::emitCode(llvm::Module &module, llvm::TargetMachine &machine,
                     bool assembly) {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  auto kind = assembly ? llvm::CodeGenFileType::AssemblyFile
                       : llvm::CodeGenFileType::ObjectFile;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, kind))
    return makeError(ErrorKind::Unsupported, "target '{0}' cannot emit {1}",
                     machine.getTargetTriple().str(),
                     assembly ? "assembly" : "objects");
  passes.run(module);
  return std::make_unique<llvm::SmallVectorMemoryBuffer>(std::move(bytes),
                                                         false);
}
