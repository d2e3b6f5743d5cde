//===- Compare.cpp - results against the f64 oracle -----------------------===//
//
// Implements tolerances and comparisons.
//
//===----------------------------------------------------------------------===//

#include "Compare.h"
#include "Elements.h"
#include <cmath>
#include <unistd.h>

using namespace llvm;
using namespace attn::exec;
using namespace attn::run;

/// The number of rows of a view of rank 2 or more, as queries and keys have it.
static int64_t getRows(const TensorView &view) {
  return view.sizes.size() < 2 ? 1 : view.sizes[view.sizes.size() - 2];
}

/// The largest absolute value of an element of `view` times the scale of its
/// row, among the finite ones.
static double getLargestScaled(const TensorView &view,
                               const TensorView &scales) {
  double largest = 0;
  int64_t size = getSize(scales.dtype);
  forEachElement(view, [&](char *data, ArrayRef<int64_t> indices) {
    const char *scale = static_cast<const char *>(scales.data);
    for (auto [index, stride] : zip(indices.drop_back(), scales.strides))
      scale += index * stride * size;
    double value = std::fabs(loadElement(data, view.dtype) *
                             loadElement(scale, scales.dtype));
    if (std::isfinite(value))
      largest = std::max(largest, value);
    return true;
  });
  return largest;
}

Magnitudes attn::run::getMagnitudes(const KernelFacts &facts,
                                    ArrayRef<TensorView> inputs) {
  Magnitudes magnitudes;
  if (facts.valuesAreParameters) {
    magnitudes.values = 0;
    for (const ValueFacts &value : facts.values)
      magnitudes.values =
          std::max(*magnitudes.values,
                   value.scales < 0 ? getLargest(inputs[value.values])
                                    : getLargestScaled(inputs[value.values],
                                                       inputs[value.scales]));
  }
  for (const ScoreFacts &score : facts.scores)
    if (score.keys >= 0)
      magnitudes.keys = std::max(magnitudes.keys, getRows(inputs[score.keys]));
  return magnitudes;
}

Tolerance attn::run::getTolerance(const TensorView &exact, bool isLogSumExp,
                                  const Magnitudes &magnitudes) {
  bool isDouble = exact.dtype == DType::F64;
  if (isLogSumExp) {
    double bound = isDouble ? 1e-12 : 1e-5;
    return {bound, bound};
  }
  double largest = getLargest(exact);
  double values = magnitudes.values.value_or(8 * largest);
  if (isDouble)
    return {1e-12 * values, 0};
  double bound =
      4e-6 * values * std::sqrt(std::max(double(magnitudes.keys) / 1024, 1.0));
  if (exact.dtype == DType::F16)
    bound += 0x1p-10 * largest;
  if (exact.dtype == DType::BF16)
    bound += 0x1p-7 * largest;
  return {bound, 0};
}

Difference attn::run::compare(const TensorView &actual, const TensorView &exact,
                              Tolerance tolerance) {
  Difference difference;
  double worst = -1;
  // Both are contiguous results of one type.
  const char *other = static_cast<const char *>(exact.data);
  forEachElement(actual, [&](char *data, ArrayRef<int64_t> indices) {
    double got = loadElement(data, actual.dtype);
    double wanted = loadElement(other, exact.dtype);
    other += getSize(exact.dtype);
    double error, allowed = 0;
    if (std::isfinite(wanted)) {
      error = std::fabs(got - wanted);
      allowed = tolerance.absolute + tolerance.relative * std::fabs(wanted);
    } else {
      bool same = got == wanted || (std::isnan(got) && std::isnan(wanted));
      error = same ? 0 : INFINITY;
    }
    // A NaN that should be a number compares false with everything.
    bool off = !(error <= allowed);
    if (error - allowed > worst || worst == -1 || std::isnan(error)) {
      worst = error - allowed;
      difference.largest = error;
      difference.allowed = allowed;
    }
    if (off && !difference.exceeded) {
      difference.exceeded = true;
      difference.indices.assign(indices.begin(), indices.end());
      difference.actual = got;
      difference.exact = wanted;
    }
    return true;
  });
  return difference;
}

std::string attn::run::printIndices(ArrayRef<int64_t> indices) {
  return formatv("[{0:$[, ]}]", make_range(indices.begin(), indices.end()));
}

llvm::Error attn::run::checkOracleFits(const KernelFacts &facts,
                                       ArrayRef<TensorView> inputs) {
  double bytes = 0;
  for (const ScoreFacts &score : facts.scores) {
    if (score.queries < 0 || score.keys < 0)
      continue;
    const TensorView &queries = inputs[score.queries];
    double count = double(getRows(queries)) * getRows(inputs[score.keys]);
    for (int64_t size : drop_end(ArrayRef<int64_t>(queries.sizes), 2))
      count *= double(size);
    if (score.heads)
      count *= double(score.heads);
    // The scores, scaled, masked and exponentiated.
    bytes += 4 * 8 * count;
  }
  double memory = double(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  if (bytes <= memory)
    return llvm::Error::success();
  return makeError(ErrorKind::OutOfMemory,
                   "--compare=reference would write down scores of {0:e2} "
                   "bytes, this machine has {1:e2}: expected shorter inputs",
                   bytes, memory);
}
