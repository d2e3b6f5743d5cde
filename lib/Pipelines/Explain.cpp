//===- Explain.cpp - decisions as remarks ---------------------------------===//
//
// Connects MLIR's remark engine to diagnostics or to a callback.
//
//===----------------------------------------------------------------------===//

#include "attn/Pipelines/Explain.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Remarks.h"
#include <cstring>

using namespace mlir;

namespace {

/// Hands each remark to a callback.
class CallbackStreamer : public remark::detail::MLIRRemarkStreamerBase {
public:
  explicit CallbackStreamer(std::function<void(Location, StringRef)> sink)
      : sink(std::move(sink)) {}

  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    std::string text;
    for (const auto &arg : remark.getArgs())
      text += arg.val;
    sink(remark.getLocation(), text);
  }

private:
  std::function<void(Location, StringRef)> sink;
};

} // namespace

void attn::collectRemarks(MLIRContext &context,
                          std::function<void(Location, StringRef)> sink) {
  remark::RemarkCategories categories;
  // `all` by itself selects nothing: it widens the kinds that are selected.
  categories.passed = categories.missed = categories.analysis =
      categories.failed = "attn";
  // Fails only for a malformed pattern of categories, and this one is not.
  (void)remark::enableOptimizationRemarks(
      context, std::make_unique<CallbackStreamer>(std::move(sink)),
      std::make_unique<remark::RemarkEmittingPolicyAll>(), categories);
}

void attn::explain(MLIRContext &context) {
  collectRemarks(context,
                 [](Location loc, StringRef text) { emitRemark(loc) << text; });
}

bool attn::takeExplainFlag(int &argc, char **argv) {
  bool found = false;
  int kept = 0;
  for (int k = 0; k < argc; ++k) {
    if (std::strcmp(argv[k], "--attn-explain") == 0)
      found = true;
    else
      argv[kept++] = argv[k];
  }
  argc = kept;
  return found;
}
