//===- Session.cpp - one call of attn-run ---------------------------------===//
//
// Compiles, runs, compares and reports, in that order; the first failure ends
// it.
//
//===----------------------------------------------------------------------===//

#include "Session.h"
#include "../driver/Driver.h"
#include "Compare.h"
#include "Elements.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include <chrono>

using namespace llvm;
using namespace attn::exec;
using namespace attn::run;

namespace {

/// What happened, for the report.
struct Outcome {
  RunCounters counters = {};
  double minMs = 0, medianMs = 0;
};

} // namespace

static SmallVector<TensorView> getViews(ArrayRef<NpyTensor> tensors) {
  return map_to_vector(tensors, [](const NpyTensor &x) { return x.view; });
}

/// Memory for the results of `kernel` on `inputs`.
static Expected<SmallVector<NpyTensor>>
allocateResults(const Kernel &kernel, ArrayRef<TensorView> inputs) {
  auto types = kernel.inferResults(inputs);
  if (!types)
    return types.takeError();
  SmallVector<NpyTensor> results;
  for (auto [number, type] : enumerate(*types)) {
    auto tensor = allocate("result " + std::to_string(number), type);
    if (!tensor)
      return tensor.takeError();
    results.push_back(std::move(*tensor));
  }
  return results;
}

/// Copies inputs that `kernel` updates to the memory of the results that
/// continue them, and stands those in for them: what was read or made up stays
/// as it was.
static void shareMemory(const Kernel &kernel,
                        MutableArrayRef<TensorView> inputs,
                        ArrayRef<TensorView> results) {
  for (auto [result, input] :
       zip_equal(results, kernel.getSignature().sharedInputs)) {
    if (input < 0)
      continue;
    copyElements(inputs[input], result);
    inputs[input] = result;
  }
}

static Expected<Outcome> runRepeatedly(const Kernel &kernel,
                                       ArrayRef<TensorView> inputs,
                                       ArrayRef<TensorView> results,
                                       const Settings &settings) {
  Outcome outcome;
  std::vector<double> times;
  for (int64_t run = 0; run < settings.repeat; ++run) {
    auto start = std::chrono::steady_clock::now();
    auto counters = kernel.run(inputs, results, settings.threads);
    if (!counters)
      return counters.takeError();
    times.push_back(std::chrono::duration<double, std::milli>(
                        std::chrono::steady_clock::now() - start)
                        .count());
    outcome.counters = *counters;
  }
  llvm::sort(times);
  outcome.minMs = times.front();
  outcome.medianMs = times[times.size() / 2];
  return outcome;
}

/// Runs the oracle and compares all results with its own; reports each, and
/// ends in an error that names the first element that is off.
static llvm::Error compareWithReference(StringRef text, const Kernel &kernel,
                                        const KernelFacts &facts,
                                        ArrayRef<TensorView> inputs,
                                        ArrayRef<TensorView> results,
                                        const Settings &settings) {
  KernelOptions options = settings.kernel;
  options.entry = kernel.getSignature().name;
  options.reference = true;
  auto oracle = Kernel::get(text, options);
  if (!oracle)
    return oracle.takeError();
  auto exact = allocateResults(**oracle, inputs);
  if (!exact)
    return exact.takeError();
  auto ran = (*oracle)->run(inputs, getViews(*exact), settings.threads);
  if (!ran)
    return ran.takeError();
  Magnitudes magnitudes = getMagnitudes(facts, inputs);
  llvm::Error failure = llvm::Error::success();
  for (auto [number, result] : enumerate(results)) {
    const TensorView &wanted = (*exact)[number].view;
    Tolerance tolerance =
        getTolerance(wanted, facts.isLogSumExp[number], magnitudes);
    Difference difference = compare(result, wanted, tolerance);
    outs() << "result " << number << ": largest error "
           << format("%.3g", difference.largest) << ", allowed "
           << format("%.3g", difference.allowed) << '\n';
    if (difference.exceeded)
      failure = joinErrors(
          std::move(failure),
          makeError(ErrorKind::InvalidArgument,
                    "result {0} differs from the reference: element {1} is "
                    "{2:f9}, expected {3:f9}",
                    number, printIndices(difference.indices), difference.actual,
                    difference.exact));
  }
  return failure;
}

static void printInputs(const Signature &signature, ArrayRef<Input> inputs,
                        ArrayRef<TensorView> results) {
  outs() << signature.name << '\n';
  for (auto [number, input] : enumerate(inputs))
    outs() << "  input " << number << "  " << input.tensor.view.getType().str()
           << "  (" << input.origin << ")\n";
  for (auto [number, result] : enumerate(results))
    outs() << "  result " << number << "  " << result.getType().str() << '\n';
}

static void printOutcome(const Outcome &outcome, int64_t repeat) {
  const RunCounters &counters = outcome.counters;
  outs() << format("time %.3f ms min, %.3f ms median of %lld on %lld threads\n",
                   outcome.minMs, outcome.medianMs, (long long)repeat,
                   (long long)counters.threads)
         << "tiles " << counters.tiles_visited << " of " << counters.tiles_total
         << " visited, " << counters.tiles_partial << " partial; workspace "
         << counters.workspace_bytes << " bytes\n";
}

/// The counters as JSON: what the kernel says about itself, and this run.
static llvm::Error writeStats(const Kernel &kernel, const Outcome &outcome,
                              const Settings &settings) {
  auto text = kernel.describe("stats");
  if (!text)
    return text.takeError();
  auto value = json::parse(*text);
  if (!value)
    return value.takeError();
  json::Object &object = *value->getAsObject();
  const RunCounters &counters = outcome.counters;
  object["threads"] = counters.threads;
  object["tiles_total"] = counters.tiles_total;
  object["tiles_visited"] = counters.tiles_visited;
  object["tiles_partial"] = counters.tiles_partial;
  object["workspace_bytes"] = counters.workspace_bytes;
  object["library_products"] = counters.library_products;
  object["repeat"] = settings.repeat;
  object["min_ms"] = outcome.minMs;
  object["median_ms"] = outcome.medianMs;
  return attn::driver::writeOutput(settings.stats, [&](raw_ostream &os) {
    os << formatv("{0:2}", *value) << '\n';
  });
}

llvm::Error attn::run::runSession(const Settings &settings) {
  if (!settings.compare.empty() && settings.compare != "reference")
    return makeError(ErrorKind::InvalidArgument,
                     "--compare={0}, expected reference", settings.compare);
  Expected<std::string> text = attn::driver::readText(settings.file);
  if (!text)
    return text.takeError();
  KernelOptions options = settings.kernel;
  options.name = settings.file;

  auto compilation = Compilation::parse(*text, settings.file);
  if (!compilation)
    return compilation.takeError();
  auto signature = (*compilation)->getSignature(options.entry);
  if (!signature)
    return signature.takeError();
  if (settings.outputs.size() > signature->results.size())
    return makeError(ErrorKind::InvalidArgument,
                     "kernel '{0}' gives {1} results, got {2} files: expected "
                     "--output at most once for each",
                     signature->name, signature->results.size(),
                     settings.outputs.size());
  KernelFacts facts =
      getKernelFacts((*compilation)->getModule(), signature->name);
  auto inputs = makeInputs(*signature, facts, settings.inputs);
  if (!inputs)
    return inputs.takeError();
  auto inputViews =
      map_to_vector(*inputs, [](const Input &x) { return x.tensor.view; });
  if (!settings.compare.empty())
    if (llvm::Error error = checkOracleFits(facts, inputViews))
      return error;

  auto kernel = Kernel::get(*text, options);
  if (!kernel)
    return kernel.takeError();
  auto results = allocateResults(**kernel, inputViews);
  if (!results)
    return results.takeError();
  SmallVector<TensorView> resultViews = getViews(*results);
  printInputs(*signature, *inputs, resultViews);
  auto runViews = inputViews;
  shareMemory(**kernel, runViews, resultViews);
  auto outcome = runRepeatedly(**kernel, runViews, resultViews, settings);
  if (!outcome)
    return outcome.takeError();
  printOutcome(*outcome, settings.repeat);

  for (auto [path, view] : zip(settings.outputs, resultViews))
    if (llvm::Error error = writeNpy(path, view))
      return error;
  if (!settings.compare.empty())
    if (llvm::Error error = compareWithReference(
            *text, **kernel, facts, inputViews, resultViews, settings))
      return error;
  if (!settings.stats.empty())
    return writeStats(**kernel, *outcome, settings);
  return llvm::Error::success();
}
