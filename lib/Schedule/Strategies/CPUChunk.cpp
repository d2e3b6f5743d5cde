//===- CPUChunk.cpp - linear attention on a CPU, by chunks ----------------===//
//
// Cuts linear attention into chunks of tokens. A token costs C (D + E) / 2
// multiply-adds against those of its chunk, and 2 D E with the state: long
// chunks cost arithmetic, short ones leave register tiles idle at their
// diagonal, and pass over the state more often. A register tile is two vectors
// wide and as tall as leaves registers for what it multiplies.
//
//===----------------------------------------------------------------------===//

#include "Strategies.h"
#include "attn/TargetInfo/TargetInfo.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// Tokens of a chunk.
static constexpr int64_t kTokens = 64;
/// Rows of a register tile with 32 vector registers (16 of them sums), and with
/// fewer (12 sums of 16 registers).
static constexpr int64_t kRows = 8, kFewRows = 6;

Choice attn::chooseCPUChunk(LinearOp op, TargetAttr target) {
  const IsaFacts &isa = *lookupIsa(target.getIsa());
  int64_t lanes = isa.vectorBits / op.getAccumulatorType().getWidth();
  int64_t rows = isa.registers >= 32 ? kRows : kFewRows;
  int64_t tokens = llvm::alignTo(kTokens, lanes);
  Choice choice;
  choice.schedule = ScheduleAttr::get(op.getContext(), tokens, tokens, lanes,
                                      rows, Form::Chunk, /*split=*/0);
  choice.why = llvm::formatv(
      "chunks of {0} tokens, the state padded to {1} columns: products by "
      "register tiles of {2} rows by two vectors of {1}",
      tokens, lanes, rows);
  return choice;
}
