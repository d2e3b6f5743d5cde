//===- CPUChunk.cpp - linear attention on a CPU, by chunks ----------------===//
//
// Cuts linear attention into chunks of tokens. A token costs C (D + E) / 2
// multiply-adds against those of its chunk, and 2 D E with the state: long
// chunks cost arithmetic, short ones leave register tiles idle at their
// diagonal, and pass over the state more often. A register tile is two vectors
// wide and as tall as leaves registers for what it multiplies. Where states are
// too few for the threads of a machine, tokens are cut into parts, of which all
// but the last are folded twice.
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
/// Tokens of a part, and the number of states that needs no parts.
static constexpr int64_t kSplit = 4096, kManyStates = 8;

/// The states there are, as far as that is known.
static int64_t countStates(LinearOp op) {
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  auto key = cast<RankedTensorType>(op.getKey().getType());
  unsigned dim = op.hasBatch() ? 1 : 0;
  int64_t heads = (op.hasStatePerHead() ? query : key).getDimSize(dim);
  bool hasKnownBatch = dim == 1 && !query.isDynamicDim(0);
  return hasKnownBatch ? heads * query.getDimSize(0) : heads;
}

/// True if there is known to be one part at most, of tokens and so of queries.
static bool isOnePart(LinearOp op) {
  auto key = cast<RankedTensorType>(op.getKey().getType());
  int64_t tokens = key.getDimSize(key.getRank() - 2);
  return op.getCausal() && !ShapedType::isDynamic(tokens) && tokens <= kSplit;
}

Choice attn::chooseCPUChunk(LinearOp op, TargetAttr target) {
  const IsaFacts &isa = *lookupIsa(target.getIsa());
  int64_t lanes = isa.vectorBits / op.getAccumulatorType().getWidth();
  int64_t rows = isa.registers >= 32 ? kRows : kFewRows;
  int64_t tokens = llvm::alignTo(kTokens, lanes);
  bool hasFewStates = countStates(op) < kManyStates && !isOnePart(op);
  int64_t split = hasFewStates && !op.getDelta() && !op.getDocs() ? kSplit : 0;
  Choice choice;
  choice.schedule = ScheduleAttr::get(op.getContext(), tokens, tokens, lanes,
                                      rows, Form::Chunk, split);
  choice.why = llvm::formatv(
      "chunks of {0} tokens, the state padded to {1} columns: products by "
      "register tiles of {2} rows by two vectors of {1}",
      tokens, lanes, rows);
  if (split)
    choice.why +=
        llvm::formatv("; parts of {0} tokens, as there are few states", split);
  else if (hasFewStates)
    choice.why +=
        llvm::formatv("; few states, but {0} not cut into parts of tokens",
                      op.getDelta() ? "the delta rule is" : "documents are");
  return choice;
}
