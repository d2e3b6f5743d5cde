//===- Pipelines.h - the named pipelines -----------------------*- C++ -*-===//
//
// Declares the sequences of passes between stages: exactly what the JIT runs,
// and what `attn-opt` offers by flag.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PIPELINES_PIPELINES_H
#define ATTN_PIPELINES_PIPELINES_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace mlir::attn {

/// What a user may say about a compilation.
struct CompileOptions : PassPipelineOptions<CompileOptions> {
  Option<std::string> target{*this, "target",
                             llvm::cl::desc("host, or the name of a CPU"),
                             llvm::cl::init("host")};
  Option<std::string> fp{
      *this, "fp",
      llvm::cl::desc("strict, or reassoc to allow other roundings"),
      llvm::cl::init("reassoc")};
};

/// source to planned: decompositions, masks, target, schedules.
void buildPlanPipeline(OpPassManager &manager, const CompileOptions &options);
/// planned to tiled: grids, loops over keys, only the blocks that matter.
void buildTilePipeline(OpPassManager &manager);
/// tiled to lowered: buffers, vectors, polynomials.
void buildCPUPipeline(OpPassManager &manager);
/// lowered to binary: the LLVM dialect.
void buildLLVMPipeline(OpPassManager &manager);
/// source to binary.
void buildCompileCPUPipeline(OpPassManager &manager,
                             const CompileOptions &options);
/// source to the f64 oracle in the LLVM dialect.
void buildReferencePipeline(OpPassManager &manager);

/// The stages by name, in order: source, planned, tiled, lowered, binary.
ArrayRef<StringRef> getStageNames();
/// Appends the passes from stage `from` up to stage `to`, by index.
void buildStages(OpPassManager &manager, unsigned from, unsigned to,
                 const CompileOptions &options);

/// Registers `--attn-plan`, `--attn-tile`, `--attn-cpu`, `--attn-to-llvm`,
/// `--attn-compile-cpu`, `--attn-reference`, and every pass of the dialect.
void registerPasses();

/// The dialects and interfaces that any input or pipeline may use.
void registerDialects(DialectRegistry &registry);

} // namespace mlir::attn

#endif // ATTN_PIPELINES_PIPELINES_H
