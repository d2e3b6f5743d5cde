//===- CPURecurrent.cpp - linear attention on a CPU, by tokens ------------===//
//
// Cuts linear attention into single tokens: decoding steps, whose time is that
// of reading and writing the state once. A chunk computes products with rows
// that are not there, and passes over the state three times, so the recurrence
// is ahead while tokens are few.
//
//===----------------------------------------------------------------------===//

#include "Strategies.h"
#include "attn/TargetInfo/TargetInfo.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::attn;

/// The most tokens that go one by one.
static constexpr int64_t kTokens = 8;

Choice attn::chooseCPURecurrent(LinearOp op, TargetAttr target) {
  const IsaFacts &isa = *lookupIsa(target.getIsa());
  int64_t lanes = isa.vectorBits / op.getAccumulatorType().getWidth();
  // A multiple of a panel, as schedules have it.
  int64_t tokens = std::max(kTokens, lanes);
  Choice choice;
  choice.schedule = ScheduleAttr::get(op.getContext(), tokens, tokens, lanes,
                                      /*rows=*/1, Form::Recurrent, /*split=*/0);
  choice.why = llvm::formatv("up to {0} tokens one by one, {1} columns of the "
                             "state in a vector",
                             tokens, lanes);
  return choice;
}
