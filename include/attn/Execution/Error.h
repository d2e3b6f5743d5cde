//===- Error.h - errors of compiling and running ---------------*- C++ -*-===//
//
// Declares the error that carries its kind to C and Python.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_EXECUTION_ERROR_H
#define ATTN_EXECUTION_ERROR_H

#include "llvm/Support/Error.h"
#include "llvm/Support/FormatVariadic.h"
#include <string>

namespace attn::exec {

/// Kinds of failure; the values are those of `AttnStatusCode`.
enum class ErrorKind {
  InvalidArgument = 1,
  Shape = 2,
  Compile = 3,
  Unsupported = 4,
  OutOfMemory = 5
};

/// A failure and its message: lower case, with the values and what was
/// expected.
class Error : public llvm::ErrorInfo<Error> {
public:
  static char ID;

  Error(ErrorKind kind, std::string message)
      : kind(kind), message(std::move(message)) {}

  ErrorKind getKind() const { return kind; }
  const std::string &getMessage() const { return message; }
  void log(llvm::raw_ostream &os) const override { os << message; }
  std::error_code convertToErrorCode() const override {
    return llvm::inconvertibleErrorCode();
  }

private:
  ErrorKind kind;
  std::string message;
};

/// An error with a formatted message.
template <typename... Ts>
llvm::Error makeError(ErrorKind kind, const char *format, Ts &&...values) {
  return llvm::make_error<Error>(
      kind, llvm::formatv(format, std::forward<Ts>(values)...).str());
}

} // namespace attn::exec

#endif // ATTN_EXECUTION_ERROR_H
