//===- MaskModel.h - masks as their definitions say -----------------------===//
//
// Declares masks as plain trees with a brute-force predicate, which shares no
// code with the dialect's, and a generator of random ones.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_MASKMODEL_H
#define ATTN_TEST_UNIT_MASKMODEL_H

#include "attn/IR/AttnAttrs.h"

#include <random>
#include <string>
#include <vector>

/// A mask: its name as users type it, its numbers, and the masks inside.
struct MaskModel {
  std::string name;
  int64_t first = 0, second = 0;
  unsigned slot = 0;
  std::vector<MaskModel> inner = {};
};

/// The name of a window's unbounded side.
inline constexpr int64_t kUnbounded = mlir::attn::WindowMaskAttr::kUnbounded;

/// What a predicate is evaluated against.
struct Scene {
  int64_t rows = 0, cols = 0;
  /// o: the absolute position of row i is i + o.
  int64_t position = 0;
  int64_t batch = 0;
  /// Lengths or boundaries, by operand slot.
  std::vector<std::vector<int32_t>> operands;
};

/// The definition of each mask, key by key.
bool contains(const MaskModel &mask, const Scene &scene, int64_t row,
              int64_t col);

/// The same mask as an attribute.
mlir::attn::MaskAttrInterface buildAttribute(mlir::MLIRContext *context,
                                             const MaskModel &mask);

/// The mask as users type it.
std::string print(const MaskModel &mask);

/// Random numbers, masks and scenes; the same ones in every run.
class Generator {
public:
  explicit Generator(uint64_t seed) : engine(seed) {}

  /// A number from `low` to `high`, both included.
  int64_t draw(int64_t low, int64_t high);
  /// A mask nested at most `depth` deep, whose extents suit `extent` keys.
  /// Masks with operands name slots 0 (lens), 1 (lens of one element) and 2
  /// (docs).
  MaskModel drawMask(int depth, int64_t extent, bool withOperands);
  /// One mask of the given name.
  MaskModel drawAtom(const std::string &name, int64_t extent);
  /// Extents from 1 to `extent`, one of the alignments or any offset, and what
  /// the operands hold, also what is at the borders of what is allowed.
  Scene drawScene(int64_t extent);

private:
  std::mt19937_64 engine;
};

/// The names of all masks that are not made of masks.
const std::vector<std::string> &atomNames();

/// The number of operands that drawn masks name.
inline constexpr unsigned kNumOperands = 3;

#endif // ATTN_TEST_UNIT_MASKMODEL_H
