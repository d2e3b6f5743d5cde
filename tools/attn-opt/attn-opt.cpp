//===- attn-opt.cpp - run passes on attention IR --------------------------===//
//
// The optimiser driver: every pass and pipeline by flag. `--attn-explain`
// prints the decisions of the compiler as remarks.
//
//===----------------------------------------------------------------------===//

#include "attn/Pipelines/Explain.h"
#include "attn/Pipelines/Pipelines.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;

/// The generic driver sets up remarks of its own after parsing; ours replace
/// them when the passes are put together.
static MlirOptMainConfig makeExplainingConfig() {
  MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  MlirOptMainConfig generic = config;
  config.setPassPipelineSetupFn([generic](PassManager &manager) {
    attn::explain(*manager.getContext());
    return generic.setupPassPipeline(manager);
  });
  return config;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  DialectRegistry registry;
  attn::registerDialects(registry);
  attn::registerPasses();
  registerTransformsPasses();
  // Not an option of the generic driver, so it is taken off the line here.
  bool explain = attn::takeExplainFlag(argc, argv);
  auto [inputName, outputName] = registerAndParseCLIOptions(
      argc, argv, "attention compiler optimiser\n", registry);
  if (!explain)
    return asMainReturnCode(
        MlirOptMain(argc, argv, inputName, outputName, registry));

  std::string error;
  auto input = openInputFile(inputName, &error);
  auto output = input ? openOutputFile(outputName, &error) : nullptr;
  if (!output) {
    llvm::errs() << "error: " << error << '\n';
    return 1;
  }
  if (failed(MlirOptMain(output->os(), std::move(input), registry,
                         makeExplainingConfig())))
    return 1;
  output->keep();
  return 0;
}
