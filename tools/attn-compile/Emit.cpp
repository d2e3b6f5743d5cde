//===- Emit.cpp - the forms that attn-compile writes ----------------------===//
//
// Compiles as far as a form asks for, and writes it.
//
//===----------------------------------------------------------------------===//

#include "Emit.h"
#include "../driver/Driver.h"
#include "Header.h"
#include "attn/Execution/Compiler.h"
#include "attn/Pipelines/Pipelines.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace llvm;
using namespace attn::exec;

/// Forms that come after the stages of the compiler.
static constexpr StringLiteral kFinalForms[] = {"llvm", "asm", "obj", "shared",
                                                "header"};

static llvm::Error checkForm(StringRef form, StringRef output) {
  ArrayRef<StringRef> stages = mlir::attn::getStageNames();
  if (!is_contained(stages, form) && !is_contained(kFinalForms, form))
    return makeError(
        ErrorKind::InvalidArgument,
        "--emit={0}, expected {1:$[, ]} or one of {2:$[, ]}", form,
        make_range(stages.begin(), stages.end()),
        make_range(std::begin(kFinalForms), std::end(kFinalForms)));
  if (form == "shared" && output == "-")
    return makeError(ErrorKind::InvalidArgument,
                     "--emit=shared cannot go to stdout, expected -o FILE");
  return llvm::Error::success();
}

/// The signatures of all kernels of a module in stage source.
static Expected<std::vector<Signature>>
getSignatures(const Compilation &compilation) {
  std::vector<Signature> signatures;
  for (auto function : compilation.getModule().getOps<mlir::func::FuncOp>()) {
    if (!function.isPublic() || function.isExternal())
      continue;
    auto signature = compilation.getSignature(function.getName());
    if (!signature)
      return signature.takeError();
    signatures.push_back(std::move(*signature));
  }
  if (signatures.empty())
    return makeError(ErrorKind::Compile,
                     "the module has no public function, expected one whose "
                     "parameters and results are tensors");
  return signatures;
}

/// Writes machine code or LLVM IR of a module in stage binary.
static llvm::Error emitCodeAs(Compilation &compilation, StringRef form,
                              StringRef output) {
  LLVMContext context;
  auto module = compilation.buildLLVM(context);
  if (!module)
    return module.takeError();
  if (form == "llvm")
    return attn::driver::writeOutput(
        output, [&](raw_ostream &os) { (*module)->print(os, nullptr); });
  auto machine = compilation.buildMachine();
  if (!machine)
    return machine.takeError();
  auto code = emitCode(**module, **machine, /*assembly=*/form == "asm");
  if (!code)
    return code.takeError();
  if (form == "shared")
    return linkShared(**code, output);
  return attn::driver::writeOutput(
      output, [&](raw_ostream &os) { os << (*code)->getBuffer(); });
}

llvm::Error attn::compile::emit(StringRef file, StringRef target, StringRef fp,
                                StringRef form, StringRef output) {
  if (llvm::Error error = checkForm(form, output))
    return error;
  Expected<std::string> text = attn::driver::readText(file);
  if (!text)
    return text.takeError();
  auto compilation = Compilation::parse(*text, file);
  if (!compilation)
    return compilation.takeError();
  auto signatures = getSignatures(**compilation);
  if (!signatures)
    return signatures.takeError();
  if (form == "header")
    return attn::driver::writeOutput(
        output, [&](raw_ostream &os) { writeHeader(os, *signatures); });
  bool isFinal = is_contained(kFinalForms, form);
  if (llvm::Error error =
          (*compilation)->runTo(isFinal ? "binary" : form, target, fp))
    return error;
  if (isFinal)
    return emitCodeAs(**compilation, form, output);
  return attn::driver::writeOutput(
      output, [&](raw_ostream &os) { os << (*compilation)->print(); });
}
