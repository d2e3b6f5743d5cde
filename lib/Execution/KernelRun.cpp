//===- KernelRun.cpp - run kernels ----------------------------------------===//
//
// Checks what a host hands over, packs it as the kernel expects it, and runs.
//
//===----------------------------------------------------------------------===//

#include "attn/Execution/Kernel.h"
#include <cstring>

using namespace ::attn::exec;

namespace {

/// Words of a report before the extents: a check's number, four values.
constexpr int64_t kReportHeader = 5;

/// A memref descriptor: base, aligned base, offset, sizes, strides.
llvm::SmallVector<int64_t, 12> packDescriptor(const TensorView &view) {
  llvm::SmallVector<int64_t, 12> words;
  int64_t base = reinterpret_cast<intptr_t>(view.data);
  words.append({base, base, 0});
  words.append(view.sizes.begin(), view.sizes.end());
  words.append(view.strides.begin(), view.strides.end());
  return words;
}

/// "input 1" or the like, for messages.
std::string nameOf(const char *what, unsigned index) {
  return std::string(what) + " " + std::to_string(index);
}

llvm::Error checkType(const std::string &what, const TensorView &view,
                      const TensorType &type) {
  if (view.dtype != type.dtype)
    return makeError(ErrorKind::Shape, "{0} has element type {1}, expected {2}",
                     what, getName(view.dtype), type.str());
  if (view.sizes.size() != type.sizes.size() ||
      view.strides.size() != view.sizes.size())
    return makeError(ErrorKind::Shape,
                     "{0} has rank {1}, expected rank {2} ({3})", what,
                     view.sizes.size(), type.sizes.size(), type.str());
  for (auto [dim, size] : llvm::enumerate(type.sizes))
    if (size != kDynamic && size != view.sizes[dim])
      return makeError(
          ErrorKind::Shape,
          "{0} has type {1}, expected {2}: extent {3} of dimension "
          "{4} must be {5}",
          what, view.getType().str(), type.str(), view.sizes[dim], dim, size);
  int64_t elements = getNumElements(view.sizes);
  if (elements < 0)
    return makeError(
        ErrorKind::Shape,
        "{0} has type {1}, expected no negative extent and a number "
        "of elements that fits 63 bits",
        what, view.getType().str());
  if (elements > 0 && !view.data)
    return makeError(ErrorKind::InvalidArgument,
                     "{0} has a null pointer for {1} elements", what, elements);
  return llvm::Error::success();
}

/// The first and the last byte that a view can touch; empty for no elements.
std::pair<intptr_t, intptr_t> getExtent(const TensorView &view) {
  intptr_t lo = reinterpret_cast<intptr_t>(view.data), hi = lo;
  for (auto [size, stride] : llvm::zip_equal(view.sizes, view.strides)) {
    if (size == 0)
      return {0, 0};
    int64_t reach = (size - 1) * stride * getSize(view.dtype);
    (reach < 0 ? lo : hi) += reach;
  }
  return {lo, hi + getSize(view.dtype)};
}

} // namespace

llvm::Error Kernel::checkInputs(llvm::ArrayRef<TensorView> inputs) const {
  if (inputs.size() != signature.inputs.size())
    return makeError(ErrorKind::InvalidArgument,
                     "kernel '{0}' takes {1} inputs, got {2}", signature.name,
                     signature.inputs.size(), inputs.size());
  for (auto [index, view] : llvm::enumerate(inputs))
    if (llvm::Error error =
            checkType(nameOf("input", index), view, signature.inputs[index]))
      return error;
  return llvm::Error::success();
}

llvm::Expected<llvm::SmallVector<TensorType, 2>>
Kernel::inferResults(llvm::ArrayRef<TensorView> inputs) const {
  if (llvm::Error error = checkInputs(inputs))
    return error;
  llvm::SmallVector<TensorType, 2> results = signature.results;
  int64_t words = kReportHeader;
  for (const TensorType &type : results)
    words += type.getRank();
  // Number of the failed check, its four values, then all extents.
  llvm::SmallVector<int64_t> report(words, 0);
  llvm::SmallVector<llvm::SmallVector<int64_t, 12>> descriptors;
  for (const TensorView &view : inputs)
    descriptors.push_back(packDescriptor(view));
  TensorView buffer{report.data(), DType::I64, {words}, {1}};
  descriptors.push_back(packDescriptor(buffer));
  llvm::SmallVector<void *> arguments;
  for (auto &descriptor : descriptors)
    arguments.push_back(descriptor.data());
  shapes(arguments.data());
  if (int64_t number = report[0]) {
    if (number < 0 || size_t(number) > messages.size())
      return makeError(ErrorKind::Shape, "check {0} of kernel '{1}' failed",
                       number, signature.name);
    return llvm::make_error<Error>(
        ErrorKind::Shape,
        llvm::formatv(false, messages[number - 1].c_str(), report[1], report[2],
                      report[3], report[4])
            .str());
  }
  const int64_t *extent = report.data() + kReportHeader;
  for (TensorType &type : results)
    for (int64_t &size : type.sizes)
      size = *extent++;
  return results;
}

llvm::Expected<RunCounters> Kernel::run(llvm::ArrayRef<TensorView> inputs,
                                        llvm::ArrayRef<TensorView> results,
                                        int64_t threads) const {
  if (threads < 0)
    return makeError(ErrorKind::InvalidArgument,
                     "threads is {0}, expected 0 for the default or more",
                     threads);
  auto expected = inferResults(inputs);
  if (!expected)
    return expected.takeError();
  if (results.size() != expected->size())
    return makeError(ErrorKind::InvalidArgument,
                     "kernel '{0}' gives {1} results, got room for {2}",
                     signature.name, expected->size(), results.size());
  for (auto [index, view] : llvm::enumerate(results)) {
    if (llvm::Error error =
            checkType(nameOf("result", index), view, (*expected)[index]))
      return error;
    auto [lo, hi] = getExtent(view);
    for (auto [other, input] : llvm::enumerate(inputs)) {
      if (signature.sharedInputs[index] == int64_t(other)) {
        if (view.data != input.data || view.strides != input.strides)
          return makeError(ErrorKind::InvalidArgument,
                           "result {0} continues input {1} in place, expected "
                           "the same memory and strides for both",
                           index, other);
        continue;
      }
      auto [inLo, inHi] = getExtent(input);
      if (lo < inHi && inLo < hi)
        return makeError(ErrorKind::InvalidArgument,
                         "result {0} overlaps input {1} in memory, expected "
                         "memory of its own",
                         index, other);
    }
  }
  llvm::SmallVector<llvm::SmallVector<int64_t, 12>> descriptors;
  for (const TensorView &view : inputs)
    descriptors.push_back(packDescriptor(view));
  for (const TensorView &view : results)
    descriptors.push_back(packDescriptor(view));
  llvm::SmallVector<void *> arguments;
  for (auto &descriptor : descriptors)
    arguments.push_back(descriptor.data());

  RunCounters counters;
  attn_rt_launch_begin(threads);
  kernel(arguments.data());
  attn_rt_launch_end(&counters);
  counters.library_products = attn_rt_library_products();
  if (counters.amx_refused)
    return makeError(ErrorKind::Unsupported,
                     "kernel '{0}' uses AMX, which the system does not let "
                     "this process use ({1}): expected Linux 5.16 or newer to "
                     "grant it, or a target without AMX",
                     signature.name, std::strerror(counters.amx_refused));
  if (counters.failed)
    return makeError(ErrorKind::OutOfMemory,
                     "kernel '{0}' could not allocate its workspace",
                     signature.name);
  return counters;
}
