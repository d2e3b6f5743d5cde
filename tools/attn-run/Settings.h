//===- Settings.h - numbers on the command line ----------------*- C++ -*-===//
//
// Declares the parsers of `--dim` and `--values`.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_RUN_SETTINGS_H
#define ATTN_TOOLS_ATTN_RUN_SETTINGS_H

#include "attn/Execution/Error.h"
#include "attn/Execution/Tensor.h"
#include "llvm/ADT/SmallVector.h"
#include <map>
#include <optional>

namespace attn::run {

/// Extents for the dynamic dimensions of parameters.
class Extents {
public:
  /// Reads settings `N`, `*.DIM=N` or `PARAMETER.DIM=N`, separated by commas;
  /// the more special one wins, and of equals the last.
  static llvm::Expected<Extents> parse(llvm::ArrayRef<std::string> settings);

  /// The type of a parameter with all extents known. Settings that no dynamic
  /// dimension of the parameters takes are errors.
  llvm::Error apply(llvm::MutableArrayRef<exec::TensorType> types) const;

private:
  /// One setting; a missing number stands for any.
  struct Setting {
    std::string text;
    std::optional<int64_t> parameter, dim;
    int64_t extent = 0;
  };
  /// Sets what `setting` means in `types`, where `open` is dynamic.
  static llvm::Error applyOne(const Setting &setting,
                              llvm::ArrayRef<exec::TensorType> open,
                              llvm::MutableArrayRef<exec::TensorType> types);

  llvm::SmallVector<Setting> settings;
};

/// Elements of parameters by number: from settings `PARAMETER=X,X,…`.
llvm::Expected<std::map<int64_t, llvm::SmallVector<double>>>
parseValues(llvm::ArrayRef<std::string> settings);

} // namespace attn::run

#endif // ATTN_TOOLS_ATTN_RUN_SETTINGS_H
