//===- attn-opt.cpp - run passes on attention IR --------------------------===//
//
// The optimiser driver: every pass and pipeline by flag. `--attn-explain`
// prints the decisions of the compiler as remarks.
//
//===----------------------------------------------------------------------===//

#include "attn/Pipelines/Explain.h"
#include "attn/Pipelines/Pipelines.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::attn::registerDialects(registry);
  mlir::attn::registerPasses();
  mlir::registerTransformsPasses();
  // Not an option of the generic driver, so it is taken off the line here.
  if (mlir::attn::takeExplainFlag(argc, argv))
    mlir::attn::explainOnLoad(registry);
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv, "attention compiler optimiser\n", registry));
}
