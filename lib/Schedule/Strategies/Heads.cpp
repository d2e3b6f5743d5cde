//===- Heads.cpp - heads that share keys, in one tile ---------------------===//
//
// Chooses how many heads the tiles of the forms transposed and amx fold. Panels
// are then full where a head has few queries, and keys are read, and values
// laid out, once for all of them: bf16 on AMX, 8 queries of each of 4 heads
// takes 0.3 of the time of heads by themselves, 64 queries 0.8; f32 on AVX-512
// 0.25 and 0.9. From a tile of queries a head on it is the same.
//
//===----------------------------------------------------------------------===//

#include "Strategies.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::attn;

/// Queries of a tile of few where panels are of 16: whole panels of 32 take
/// less time from there on.
static constexpr int64_t kNarrowPanel = 16, kNarrowQueries = 64;

int64_t attn::countFoldedHeads(SdpaOp op, int64_t queries) {
  // Of a list a tile has a block, which fills panels; queries of a box have
  // places. A tile of heads that see different keys sees the keys of all, and a
  // score program reads for each lane what it reads once for a head.
  if (op.getListedBlocks() || chooseBoxOfGrid(op, queries) ||
      op.getMask().getTraits().tellsHeadsApart || !op.getScore().empty())
    return 1;
  int64_t alike = op.countAlikeHeads(), heads = std::min(alike, queries);
  while (alike % heads != 0)
    --heads;
  return heads;
}

std::string attn::explainHeads(int64_t heads) {
  if (heads == 1)
    return "";
  return llvm::formatv("; {0} heads that share keys are one tile", heads);
}

std::optional<Choice> attn::chooseFewOfHeads(SdpaOp op, const Choice &many) {
  ScheduleAttr schedule = many.schedule;
  int64_t heads = schedule.getHeads();
  int64_t split = choosePartOfKeys(op, schedule.getKeyBlock());
  bool isNarrow = schedule.getForm() == Form::AMX && heads <= kNarrowPanel;
  if (heads == 1 || (split == 0 && !isNarrow))
    return std::nullopt;
  int64_t panel = isNarrow ? kNarrowPanel : schedule.getPanel();
  int64_t queries = isNarrow ? kNarrowQueries : schedule.getQueryBlock();
  Choice few;
  few.schedule =
      ScheduleAttr::get(op.getContext(), queries, schedule.getKeyBlock(), panel,
                        schedule.getRows(), schedule.getForm(), split)
          .withHeads(heads);
  few.why = llvm::formatv(
      "up to {0} queries of {1} heads that share keys fill panels of {2}: the "
      "form of many queries{3}",
      queries, heads, panel,
      split ? llvm::formatv(", parts of {0} keys", split).str() : "");
  return few;
}
