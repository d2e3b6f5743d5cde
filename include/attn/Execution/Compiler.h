//===- Compiler.h - from text to machine code ------------------*- C++ -*-===//
//
// Declares the steps of a compilation that drivers and the JIT share: parse,
// run stages, translate, optimise, emit.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_EXECUTION_COMPILER_H
#define ATTN_EXECUTION_COMPILER_H

#include "attn/Execution/Error.h"
#include "attn/Execution/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>

namespace attn::exec {

/// Wall-clock milliseconds of the parts of a compilation; `load` is that of
/// taking the kernel from disk instead.
struct CompileTimes {
  double passes = 0, optimise = 0, emit = 0, load = 0;
  double total() const { return passes + optimise + emit + load; }
};

/// One module on its way through the stages, with its own MLIR context; every
/// diagnostic ends in the error of the step that caused it.
class Compilation {
public:
  /// Parses a module. `name` is what diagnostics call the text.
  static llvm::Expected<std::unique_ptr<Compilation>>
  parse(llvm::StringRef text, llvm::StringRef name = "<input>");

  /// Runs the passes up to stage "source", "planned", "tiled", "lowered" or
  /// "binary" for `target`. Stages only go forward.
  llvm::Error runTo(llvm::StringRef stage, llvm::StringRef target,
                    llvm::StringRef fp);
  /// Lowers to the f64 oracle instead, to the LLVM dialect.
  llvm::Error runReference();

  /// The module as text.
  std::string print() const;
  /// The decisions so far, one a line.
  llvm::ArrayRef<std::string> getRemarks() const { return remarks; }
  /// The messages of shape checks of kernel `name`, known from stage planned
  /// on.
  llvm::SmallVector<std::string> getMessages(llvm::StringRef name) const;

  /// The signature of public function `entry`, or of the only one if empty.
  /// Call in stage source.
  llvm::Expected<Signature> getSignature(llvm::StringRef entry) const;
  /// The schedule of the module's first mechanism, as text; known in stage
  /// planned.
  std::string getSchedule() const;
  /// The isa of the target, from stage planned on.
  std::string getIsa() const;

  /// Translates stage binary to LLVM IR, optimised for its target.
  llvm::Expected<std::unique_ptr<llvm::Module>>
  buildLLVM(llvm::LLVMContext &context);
  /// The machine of the module's target, in stage binary (the host's for the
  /// reference).
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> buildMachine() const;

  CompileTimes times;
  mlir::ModuleOp getModule() const { return *module; }
  ~Compilation();

private:
  Compilation();
  llvm::Error run(llvm::function_ref<void(mlir::OpPassManager &)> build);
  llvm::Error takeDiagnostics(const char *what);

  std::unique_ptr<mlir::MLIRContext> context;
  std::string diagnostics;
  llvm::SmallVector<std::string> remarks;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  unsigned stage = 0;
};

/// Assembly text or an object file of an optimised module.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
emitCode(llvm::Module &module, llvm::TargetMachine &machine, bool assembly);

/// Links an object file and the runtime into a shared library at `path` with
/// the system's C compiler.
llvm::Error linkShared(const llvm::MemoryBuffer &object, llvm::StringRef path);

} // namespace attn::exec

#endif // ATTN_EXECUTION_COMPILER_H
