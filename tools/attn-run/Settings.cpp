//===- Settings.cpp - numbers on the command line -------------------------===//
//
// Implements `--dim` and `--values`.
//
//===----------------------------------------------------------------------===//

#include "Settings.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace attn::exec;
using namespace attn::run;

/// A number without sign, or nothing.
static std::optional<int64_t> parseNumber(StringRef text) {
  int64_t number;
  if (text.empty() || !isDigit(text[0]) || text.getAsInteger(10, number))
    return std::nullopt;
  return number;
}

Expected<Extents> Extents::parse(ArrayRef<std::string> texts) {
  Extents extents;
  for (const std::string &list : texts)
    for (StringRef text : split(list, ',')) {
      Setting setting;
      setting.text = text.str();
      auto [place, value] = text.split('=');
      bool valid = true;
      if (!text.contains('=')) {
        value = text;
      } else {
        auto [parameter, dim] = place.split('.');
        setting.dim = parseNumber(dim);
        setting.parameter = parseNumber(parameter);
        valid = setting.dim && (setting.parameter || parameter == "*");
      }
      std::optional<int64_t> extent = parseNumber(value);
      if (!valid || !extent)
        return makeError(ErrorKind::InvalidArgument,
                         "--dim={0} is not understood, expected N, *.DIM=N or "
                         "PARAMETER.DIM=N with numbers of at least 0",
                         text);
      setting.extent = *extent;
      extents.settings.push_back(std::move(setting));
    }
  return extents;
}

llvm::Error Extents::applyOne(const Setting &setting, ArrayRef<TensorType> open,
                              MutableArrayRef<TensorType> types) {
  bool used = false;
  for (auto [number, type] : enumerate(open))
    for (auto [dim, size] : enumerate(type.sizes)) {
      bool meant =
          (!setting.parameter || *setting.parameter == int64_t(number)) &&
          (!setting.dim || *setting.dim == int64_t(dim));
      if (!meant || size != kDynamic)
        continue;
      used = true;
      types[number].sizes[dim] = setting.extent;
    }
  if (used)
    return llvm::Error::success();
  return makeError(ErrorKind::InvalidArgument,
                   "--dim={0} fits no parameter: none has such a dynamic "
                   "dimension",
                   setting.text);
}

llvm::Error Extents::apply(MutableArrayRef<TensorType> types) const {
  SmallVector<TensorType> open(types.begin(), types.end());
  // The more special overwrite the others.
  for (int rank : {0, 1, 2})
    for (const Setting &setting : settings)
      if (bool(setting.dim) + bool(setting.parameter) == rank)
        if (llvm::Error error = applyOne(setting, open, types))
          return error;
  for (auto [number, type] : enumerate(types))
    for (auto [dim, size] : enumerate(type.sizes))
      if (size == kDynamic)
        return makeError(ErrorKind::InvalidArgument,
                         "parameter {0} has type {1}: expected --dim={0}.{2}=N "
                         "for its dimension {2}, or --dim=N for all",
                         number, type.str(), dim);
  return llvm::Error::success();
}

Expected<std::map<int64_t, SmallVector<double>>>
attn::run::parseValues(ArrayRef<std::string> settings) {
  std::map<int64_t, SmallVector<double>> values;
  for (StringRef text : settings) {
    auto [place, list] = text.split('=');
    std::optional<int64_t> parameter = parseNumber(place);
    SmallVector<double> numbers;
    bool valid = parameter && !list.empty();
    for (StringRef item : split(list, ',')) {
      double number = 0;
      valid &= !item.getAsDouble(number);
      numbers.push_back(number);
    }
    if (!valid)
      return makeError(ErrorKind::InvalidArgument,
                       "--values={0} is not understood, expected "
                       "PARAMETER=X,X,… with numbers",
                       text);
    values[*parameter] = std::move(numbers);
  }
  return values;
}
