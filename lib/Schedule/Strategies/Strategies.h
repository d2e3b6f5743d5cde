//===- Strategies.h - ways to cut mechanisms -------------------*- C++ -*-===//
//
// Declares the strategies, one file each.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_SCHEDULE_STRATEGIES_STRATEGIES_H
#define ATTN_LIB_SCHEDULE_STRATEGIES_STRATEGIES_H

#include "attn/IR/GridTiles.h"

namespace mlir::attn {

/// A choice and the sentence that explains it.
struct Choice {
  ScheduleAttr schedule;
  std::string why;
};

/// Softmax attention on a CPU, queries in lanes.
Choice chooseCPUTransposed(SdpaOp op, TargetAttr target);

/// A decoding step on a CPU, rows of keys and values in lanes; none where the
/// vectors are too short to hold the queries of a panel.
std::optional<Choice> chooseCPURow(SdpaOp op, TargetAttr target);

/// Linear attention on a CPU, a chunk of tokens at a time.
Choice chooseCPUChunk(LinearOp op, TargetAttr target);

/// Linear attention on a CPU, one token after the other.
Choice chooseCPURecurrent(LinearOp op, TargetAttr target);

/// `keyBlock`, or the largest number below that divides the pages that keys and
/// values of `op` come in.
int64_t limitToPages(SdpaOp op, int64_t keyBlock);

/// About `rows` neighbouring queries that always lie in one row of the blocks
/// that the mask of `op` lists: at most as many, or a whole block where its
/// parts are far fewer; `rows` if it lists none.
int64_t limitToLists(SdpaOp op, int64_t rows);

/// The box of at most `queries` points of a grid that the queries of a tile
/// take, if the mask of `op` is a grid or a conjunction with one, and that is
/// the best way to find their keys.
std::optional<BoxChoice> chooseBoxOfGrid(SdpaOp op, int64_t queries);

/// About `most` keys for a block, a multiple of `unit`, so that the keys of a
/// tile are blocks of equal length: a short last one takes as long as a whole.
int64_t chooseBlockOfBox(const BoxChoice &box, int64_t most, int64_t unit);

/// The sentence about a box.
std::string explainBox(const BoxChoice &box);

/// How many neighbouring heads, which share keys, the tiles of up to `queries`
/// queries fold in the forms transposed and amx.
int64_t countFoldedHeads(SdpaOp op, int64_t queries);

/// The end of a sentence about a schedule with tiles of `heads` heads.
std::string explainHeads(int64_t heads);

/// Few queries of heads that are folded by the choice for many; none where that
/// would be no other.
std::optional<Choice> chooseFewOfHeads(SdpaOp op, const Choice &many);

/// Keys of the parts that are folded side by side, whole blocks; 0 where heads
/// and batch are known to be many.
int64_t choosePartOfKeys(SdpaOp op, int64_t keyBlock);

/// The most queries of a head that one cell can have, if there is a limit: M,
/// or those of a block that the mask lists.
std::optional<int64_t> getMostRows(SdpaOp op);

/// Many queries on AMX tiles; none where the target has no tiles, or where they
/// do not take the problem, for a reason that is added to `whyNot`.
std::optional<Choice> chooseCPUAmx(SdpaOp op, TargetAttr target,
                                   std::string &whyNot);

} // namespace mlir::attn

#endif // ATTN_LIB_SCHEDULE_STRATEGIES_STRATEGIES_H
