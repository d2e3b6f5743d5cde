//===- Compiler.cpp - parse and run stages --------------------------------===//
//
// Implements a compilation up to the LLVM dialect; Codegen.cpp goes on.
//
//===----------------------------------------------------------------------===//

#include "attn/Execution/Compiler.h"
#include "attn/IR/AttnOps.h"
#include "attn/IR/Inplace.h"
#include "attn/Pipelines/Explain.h"
#include "attn/Pipelines/Pipelines.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include <chrono>

using namespace mlir;
using namespace ::attn::exec;

namespace {

/// Deepest nesting of brackets that a text may have. The parser recurses on
/// them, so hostile nesting would exhaust the stack; real IR stays below 20.
constexpr int kMaxNesting = 256;

/// The deepest nesting of brackets, outside of strings and comments.
int computeNesting(StringRef text) {
  int depth = 0, deepest = 0;
  for (size_t k = 0; k < text.size(); ++k) {
    char c = text[k];
    if (c == '"') {
      for (++k; k < text.size() && text[k] != '"' && text[k] != '\n'; ++k)
        if (text[k] == '\\')
          ++k;
    } else if (c == '/' && k + 1 < text.size() && text[k + 1] == '/') {
      while (k < text.size() && text[k] != '\n')
        ++k;
    } else if (c == '-' && k + 1 < text.size() && text[k + 1] == '>') {
      ++k;
    } else if (c == '(' || c == '[' || c == '{' || c == '<') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ')' || c == ']' || c == '}' || c == '>') {
      depth = std::max(depth - 1, 0);
    }
  }
  return deepest;
}

/// "file:line:column: error: text", notes indented below.
void printDiagnostic(std::string &out, Diagnostic &diagnostic) {
  llvm::raw_string_ostream os(out);
  auto one = [&](Diagnostic &d, StringRef kind) {
    if (auto loc = llvm::dyn_cast<FileLineColLoc>(d.getLocation()))
      os << loc.getFilename().getValue() << ':' << loc.getLine() << ':'
         << loc.getColumn() << ": ";
    os << kind << ": " << d.str() << '\n';
  };
  one(diagnostic, "error");
  for (Diagnostic &note : diagnostic.getNotes())
    one(note, "note");
}

std::optional<DType> getDType(Type type) {
  if (type.isF32())
    return DType::F32;
  if (type.isF64())
    return DType::F64;
  if (type.isF16())
    return DType::F16;
  if (type.isBF16())
    return DType::BF16;
  if (type.isInteger(32))
    return DType::I32;
  if (type.isInteger(64))
    return DType::I64;
  if (type.isInteger(8))
    return DType::I8;
  if (type.isInteger(1))
    return DType::I1;
  if (llvm::isa<Float8E4M3FNType>(type))
    return DType::F8E4M3FN;
  return std::nullopt;
}

/// The run-time type of a tensor, if there is one.
std::optional<::attn::exec::TensorType> getTensorType(Type type) {
  auto tensor = llvm::dyn_cast<RankedTensorType>(type);
  if (!tensor || tensor.getEncoding() || tensor.getRank() > 8)
    return std::nullopt;
  std::optional<DType> dtype = getDType(tensor.getElementType());
  if (!dtype)
    return std::nullopt;
  ::attn::exec::TensorType result;
  result.dtype = *dtype;
  for (int64_t size : tensor.getShape())
    result.sizes.push_back(ShapedType::isDynamic(size) ? kDynamic : size);
  return result;
}

} // namespace

Compilation::Compilation() {
  DialectRegistry registry;
  mlir::attn::registerDialects(registry);
  context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  // Targets are attributes of it, whatever ops the text has.
  context->loadDialect<mlir::attn::AttnDialect>();
  // A message says what was expected; the whole op again would bury it.
  context->printOpOnDiagnostic(false);
  context->getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      printDiagnostic(diagnostics, diagnostic);
    return success();
  });
  mlir::attn::collectRemarks(*context, [this](Location, StringRef text) {
    remarks.push_back(text.str());
  });
}

Compilation::~Compilation() = default;

llvm::Error Compilation::takeDiagnostics(const char *what) {
  std::string text = std::move(diagnostics);
  diagnostics.clear();
  StringRef trimmed = StringRef(text).rtrim();
  return llvm::make_error<Error>(
      ErrorKind::Compile, trimmed.empty() ? std::string(what) : trimmed.str());
}

llvm::Expected<std::unique_ptr<Compilation>>
Compilation::parse(StringRef text, StringRef name) {
  if (int nesting = computeNesting(text); nesting > kMaxNesting)
    return makeError(ErrorKind::Compile,
                     "{0}: brackets nest {1} deep, expected at most {2}", name,
                     nesting, kMaxNesting);
  if (text.contains('\0'))
    return makeError(ErrorKind::Compile,
                     "{0}: contains a zero byte, expected MLIR text", name);
  std::unique_ptr<Compilation> compilation(new Compilation());
  ParserConfig config(compilation->context.get());
  compilation->module = parseSourceString<ModuleOp>(text, config, name);
  if (!compilation->module)
    return compilation->takeDiagnostics("the text is not a module");
  return compilation;
}

llvm::Error Compilation::run(llvm::function_ref<void(OpPassManager &)> build) {
  auto start = std::chrono::steady_clock::now();
  PassManager manager(context.get());
  // Each stage verifies what it hands on. Verifying after every pass would take
  // half as long again as the passes; attn-opt does it.
  manager.enableVerifier(false);
  build(manager);
  LogicalResult result = manager.run(*module);
  times.passes += std::chrono::duration<double, std::milli>(
                      std::chrono::steady_clock::now() - start)
                      .count();
  if (failed(result))
    return takeDiagnostics("a pass failed without saying why");
  return llvm::Error::success();
}

llvm::Error Compilation::runTo(StringRef name, StringRef target, StringRef fp) {
  ArrayRef<StringRef> names = mlir::attn::getStageNames();
  unsigned to = llvm::find(names, name) - names.begin();
  if (to == names.size())
    return makeError(ErrorKind::InvalidArgument,
                     "unknown stage '{0}', expected source, planned, tiled, "
                     "lowered or binary",
                     name);
  mlir::attn::CompileOptions options;
  options.target = target.str();
  options.fp = fp.str();
  unsigned from = stage;
  stage = std::max(stage, to);
  return run([&](OpPassManager &manager) {
    mlir::attn::buildStages(manager, from, to, options);
  });
}

llvm::Error Compilation::runReference() {
  stage = mlir::attn::getStageNames().size() - 1;
  return run(mlir::attn::buildReferencePipeline);
}

std::string Compilation::print() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  getModule().print(os);
  os << '\n';
  return text;
}

llvm::SmallVector<std::string> Compilation::getMessages(StringRef name) const {
  llvm::SmallVector<std::string> messages;
  Operation *shapes =
      SymbolTable::lookupSymbolIn(getModule(), (name + ".shapes").str());
  if (!shapes)
    return messages;
  if (auto texts = shapes->getAttrOfType<ArrayAttr>("attn.messages"))
    for (auto text : texts.getAsRange<StringAttr>())
      messages.push_back(text.str());
  return messages;
}

llvm::Expected<Signature> Compilation::getSignature(StringRef entry) const {
  llvm::SmallVector<func::FuncOp> kernels;
  for (auto function : getModule().getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      kernels.push_back(function);
  std::string names;
  func::FuncOp chosen;
  for (func::FuncOp kernel : kernels) {
    names += (names.empty() ? "" : ", ") + kernel.getName().str();
    if (kernel.getName() == entry || (entry.empty() && kernels.size() == 1))
      chosen = kernel;
  }
  if (kernels.empty())
    return makeError(ErrorKind::Compile,
                     "the module has no public function, expected one whose "
                     "parameters and results are tensors");
  if (!chosen && entry.empty())
    return makeError(ErrorKind::InvalidArgument,
                     "the module has {0} public functions, expected the name "
                     "of one of: {1}",
                     kernels.size(), names);
  if (!chosen)
    return makeError(ErrorKind::InvalidArgument,
                     "the module has no kernel '{0}', expected one of: {1}",
                     entry, names);

  Signature signature;
  signature.name = chosen.getName().str();
  auto convert = [&](TypeRange types, const char *what,
                     auto &out) -> llvm::Error {
    for (auto [index, type] : llvm::enumerate(types)) {
      std::optional<::attn::exec::TensorType> tensor = getTensorType(type);
      if (!tensor) {
        std::string text;
        llvm::raw_string_ostream(text) << type;
        return makeError(
            ErrorKind::Compile,
            "kernel '{0}': {1} {2} has type {3}, expected a ranked "
            "tensor of f32, f64, f16, bf16, i64, i32, i8, i1 or f8E4M3FN "
            "and at most 8 dimensions",
            signature.name, what, index, text);
      }
      out.push_back(*tensor);
    }
    return llvm::Error::success();
  };
  if (llvm::Error error =
          convert(chosen.getArgumentTypes(), "parameter", signature.inputs))
    return error;
  if (llvm::Error error =
          convert(chosen.getResultTypes(), "result", signature.results))
    return error;
  for (unsigned index = 0; index < chosen.getNumResults(); ++index) {
    std::optional<unsigned> input =
        mlir::attn::findInplaceArgument(chosen, index);
    signature.sharedInputs.push_back(input ? int64_t(*input) : -1);
  }
  if (signature.results.empty())
    return makeError(ErrorKind::Compile,
                     "kernel '{0}' returns nothing, expected at least one "
                     "tensor",
                     signature.name);
  return signature;
}

std::string Compilation::getSchedule() const {
  std::string text;
  getModule().walk([&](mlir::attn::MechanismOpInterface op) {
    if (!op.getScheduleAttr())
      return WalkResult::advance();
    llvm::raw_string_ostream(text) << op.getScheduleAttr();
    return WalkResult::interrupt();
  });
  return text;
}

std::string Compilation::getIsa() const {
  auto target = getModule()->getAttrOfType<mlir::attn::TargetAttr>(
      mlir::attn::kTargetAttrName);
  return target ? target.getIsa().str() : "";
}
