//===- Inputs.cpp - what a kernel is run on -------------------------------===//
//
// Reads inputs, or makes them up: normal numbers, matrices that keep the size
// of what they multiply, integers of 8 bits and scales for them, lengths,
// boundaries and offsets that fit the keys, a small number a token, and what
// keeps the states of linear attention bounded.
//
//===----------------------------------------------------------------------===//

#include "Inputs.h"
#include "Elements.h"
#include "Random.h"
#include "Settings.h"
#include <cmath>

using namespace llvm;
using namespace attn::exec;
using namespace attn::run;

/// The standard deviation of whole numbers in -127 … 127, all as likely.
static constexpr double kInt8Deviation = 73.6;

/// "input 0" and the like, for messages.
static std::string nameInput(int64_t number) {
  return "input " + std::to_string(number);
}

static Expected<SmallVector<Input>> readInputs(const Signature &signature,
                                               const InputSettings &settings) {
  if (!settings.dims.empty() || !settings.values.empty())
    return makeError(ErrorKind::InvalidArgument,
                     "--dim and --values are for inputs that are made up, "
                     "expected none with --input");
  if (settings.files.size() != signature.inputs.size())
    return makeError(ErrorKind::InvalidArgument,
                     "kernel '{0}' takes {1} inputs, got {2} files: expected "
                     "--input once for each, in order",
                     signature.name, signature.inputs.size(),
                     settings.files.size());
  SmallVector<Input> inputs;
  for (auto [file, type] : zip_equal(settings.files, signature.inputs)) {
    Expected<NpyTensor> tensor = readNpy(file, type.dtype);
    if (!tensor)
      return tensor.takeError();
    inputs.push_back({std::move(*tensor), file});
  }
  return inputs;
}

/// Fills `view` with the elements `next` gives, in row-major order.
static void fillFrom(const TensorView &view, function_ref<double()> next) {
  forEachElement(view, [&](char *data, ArrayRef<int64_t>) {
    storeElement(data, view.dtype, next());
    return true;
  });
}

/// The mean of minus a decay: states remember some ten tokens.
static constexpr double kForgetting = 0.1;

/// Fills `view` with rows of norm 1, in any direction.
static void fillWithDirections(const TensorView &view, Random &random) {
  SmallVector<double> row(view.sizes.back());
  size_t next = row.size();
  fillFrom(view, [&] {
    if (next == row.size()) {
      double squares = 0;
      for (double &element : row) {
        element = random.nextNormal();
        squares += element * element;
      }
      for (double &element : row)
        element /= std::sqrt(squares);
      next = 0;
    }
    return row[next++];
  });
}

static llvm::Error fillWithValues(int64_t number, const TensorView &view,
                                  ArrayRef<double> values) {
  int64_t count = getNumElements(view.sizes);
  if (values.size() != 1 && int64_t(values.size()) != count)
    return makeError(ErrorKind::InvalidArgument,
                     "--values gives {0} elements for {1}, expected 1 or {2}",
                     values.size(), nameInput(number), count);
  int bits = view.dtype == DType::I8 ? 8 : 32;
  if (!isFloat(view.dtype))
    for (double value : values)
      if (value != std::trunc(value) ||
          std::fabs(value) >= std::ldexp(1.0, bits - 1))
        return makeError(ErrorKind::InvalidArgument,
                         "--values gives {0} for {1} of type {2}, expected "
                         "whole numbers of {3} bits",
                         value, nameInput(number), view.getType().str(), bits);
  size_t next = 0;
  fillFrom(view, [&] { return values[values.size() == 1 ? 0 : next++]; });
  return llvm::Error::success();
}

/// Numbers that make sense for integers that count keys.
static llvm::Error fillWithPositions(int64_t number, const TensorView &view,
                                     Role role, int64_t keys, Random &random) {
  SmallVector<double> positions(getNumElements(view.sizes));
  for (double &position : positions)
    position = double(random.nextBelow(keys + 1));
  if (role == Role::Boundaries && !positions.empty()) {
    positions.front() = 0;
    if (positions.size() > 1)
      positions.back() = double(keys);
    llvm::sort(positions);
  }
  size_t next = 0;
  fillFrom(view, [&] { return positions[next++]; });
  return llvm::Error::success();
}

Expected<SmallVector<Input>>
attn::run::makeInputs(const Signature &signature, const KernelFacts &facts,
                      const InputSettings &settings) {
  if (!settings.files.empty())
    return readInputs(signature, settings);
  Expected<Extents> extents = Extents::parse(settings.dims);
  if (!extents)
    return extents.takeError();
  auto values = parseValues(settings.values);
  if (!values)
    return values.takeError();
  SmallVector<TensorType> types(signature.inputs.begin(),
                                signature.inputs.end());
  if (llvm::Error error = extents->apply(types))
    return error;
  for (auto &[number, list] : *values)
    if (number >= int64_t(types.size()))
      return makeError(ErrorKind::InvalidArgument,
                       "--values={0}=… names no parameter, kernel '{1}' takes "
                       "{2}",
                       number, signature.name, types.size());

  SmallVector<Input> inputs;
  for (auto [number, type] : enumerate(types)) {
    Expected<NpyTensor> tensor = allocate(nameInput(number), type);
    if (!tensor)
      return tensor.takeError();
    const TensorView &view = tensor->view;
    const ParameterFacts &parameter = facts.parameters[number];
    std::string origin = "seed " + std::to_string(settings.seed);
    // A stream a parameter: its numbers do not depend on the others' extents.
    Random random(settings.seed, number);
    if (auto given = values->find(number); given != values->end()) {
      if (llvm::Error error = fillWithValues(number, view, given->second))
        return error;
      origin = "--values";
    } else if (parameter.role == Role::Decays) {
      fillFrom(view, [&] { return kForgetting * std::log(random.nextUnit()); });
    } else if (parameter.role == Role::Rates) {
      fillFrom(view, [&] { return random.nextUnit(); });
    } else if (parameter.role == Role::Directions) {
      fillWithDirections(view, random);
    } else if (isFloat(type.dtype)) {
      double deviation = 1;
      if (parameter.role == Role::Projection)
        deviation = 1 / std::sqrt(double(std::max<int64_t>(type.sizes[0], 1)));
      if (parameter.role == Role::Scales && parameter.keys >= 0 &&
          types[parameter.keys].dtype == DType::I8)
        deviation = 1 / kInt8Deviation;
      fillFrom(view, [&] { return deviation * random.nextNormal(); });
    } else if (parameter.role == Role::Quantised && type.dtype == DType::I8) {
      fillFrom(view, [&] { return double(random.nextBelow(255)) - 127; });
    } else if (parameter.role == Role::Tokens) {
      fillFrom(view, [&] { return double(random.nextBelow(4)); });
    } else if (parameter.keys >= 0) {
      const TensorType &keys = types[parameter.keys];
      if (llvm::Error error =
              fillWithPositions(number, view, parameter.role,
                                keys.sizes[keys.getRank() - 2], random))
        return error;
    } else {
      return makeError(ErrorKind::InvalidArgument,
                       "input {0} of type {1} holds integers whose meaning is "
                       "not known, expected --values={0}=X,X,… or --input",
                       number, type.str());
    }
    inputs.push_back({std::move(*tensor), origin});
  }
  return inputs;
}
