//===- CPUChunk.cpp - linear attention on a CPU, by chunks ----------------===//
//
// Cuts linear attention into chunks of tokens. In order a token costs
// multiply-adds with those of its chunk, and 2 D E with the state: long chunks
// cost arithmetic, short ones pass over the state more often. A register tile
// is two vectors wide and as tall as leaves registers for what it multiplies.
// Where states are too few for the threads of a machine, tokens are cut into
// parts, of which all but the last are folded twice; else columns are, into as
// many parts as a run has threads for, each of which repeats the weights.
//
//===----------------------------------------------------------------------===//

#include "Strategies.h"
#include "attn/TargetInfo/TargetInfo.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// Tokens of a chunk: in order the fewest that fill register tiles, which took
/// the least time at all widths from 16 to 128 and for all rules; without order
/// nothing is multiplied but with the state, over which there are few passes.
static constexpr int64_t kOrderedTokens = 16, kTokens = 64;
/// Rows of a register tile with 32 vector registers (16 of them sums), and with
/// fewer (12 sums of 16 registers).
static constexpr int64_t kRows = 8, kFewRows = 6;
/// Tokens of a part, and the number of states that needs no parts.
static constexpr int64_t kSplit = 4096, kManyStates = 8;

/// Vectors of the least part of a state's columns: those of a register tile.
static constexpr int64_t kVectors = 2;
/// Multiply-adds with the state in the time of which an element of a key or
/// query is copied, decayed and multiplied by those of its chunk; and where
/// channels decay. Measured by kernels of 32 to 128 columns.
static constexpr int64_t kSharedProducts = 48, kSharedProductsOfChannels = 80;

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

/// Work that the parts of a state repeat, in units of that of one column: rows
/// of D elements for each head of queries, and for what the delta rule takes
/// back. A column is folded into D rows, and read by D rows and C / 2 weights
/// as often.
static int64_t countSharedColumns(LinearOp op, int64_t tokens) {
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  auto key = cast<RankedTensorType>(op.getKey().getType());
  unsigned dim = op.hasBatch() ? 1 : 0;
  int64_t heads =
      op.hasStatePerHead() ? 1 : query.getDimSize(dim) / key.getDimSize(dim);
  int64_t reads = heads + op.getDelta(), width = key.getShape().back();
  bool isChannel =
      op.getDecay() &&
      cast<RankedTensorType>(op.getDecay().getType()).getRank() > dim + 2;
  int64_t products = isChannel ? kSharedProductsOfChannels : kSharedProducts;
  return llvm::divideCeil(products * reads * width,
                          width + reads * (width + tokens / 2));
}

/// Why the columns of a state cannot be cut into parts of `least`; empty if
/// they can.
static std::string whyNoColumns(LinearOp op, int64_t least) {
  if (!op.getCausal())
    return "without order there are sums of keys alone";
  if (op.getNormalize())
    return "normalize divides all columns of a state by one";
  if (op.getStateWidth() <= least)
    return llvm::formatv("{0} columns of a state are one part",
                         op.getStateWidth());
  return "";
}

Choice attn::chooseCPUChunk(LinearOp op, TargetAttr target) {
  const IsaFacts &isa = *lookupIsa(target.getIsa());
  int64_t lanes = isa.vectorBits / op.getAccumulatorType().getWidth();
  int64_t rows = isa.registers >= 32 ? kRows : kFewRows;
  int64_t tokens =
      llvm::alignTo(op.getCausal() ? kOrderedTokens : kTokens, lanes);
  bool hasFewStates = countStates(op) < kManyStates && !isOnePart(op);
  int64_t split = hasFewStates && !op.getDelta() && !op.getDocs() ? kSplit : 0;
  int64_t columns = kVectors * lanes, shared = countSharedColumns(op, tokens);
  std::string whyNot = whyNoColumns(op, columns);
  if (split || !whyNot.empty())
    columns = shared = 0;
  Choice choice;
  choice.schedule = ScheduleAttr::get(op.getContext(), tokens, tokens, lanes,
                                      rows, Form::Chunk, split)
                        .withColumns(columns, shared);
  choice.why = llvm::formatv(
      "chunks of {0} tokens, the state padded to {1} columns: products by "
      "register tiles of {2} rows by two vectors of {1}",
      tokens, lanes, rows);
  if (op.getDocs() && !op.getNewState())
    choice.why += "; documents side by side";
  if (split)
    choice.why +=
        llvm::formatv("; parts of {0} tokens, as there are few states", split);
  else if (columns)
    choice.why += llvm::formatv(
        "; where threads ask for it, parts of {0} columns or more, each of "
        "which repeats work of the time of {1}",
        columns, shared);
  else if (hasFewStates)
    choice.why +=
        llvm::formatv("; few states, but columns are not cut: {0}", whyNot);
  return choice;
}
