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

/// A mask: its name as users type it, its numbers, and the masks inside. Masks
/// that draw keys have how many and the seed; the last mask inside holds the
/// candidates, if `hasWithin`.
struct MaskModel {
  std::string name;
  int64_t first = 0, second = 0;
  unsigned slot = 0;
  std::vector<MaskModel> inner = {};
  /// The extents of a grid.
  std::vector<int64_t> extents = {};
  /// Those of a box, or nothing in raster order.
  std::vector<int64_t> box = {};
  bool hasWithin = false;
};

/// True if `mask` is a grid or has one inside.
bool hasGrid(const MaskModel &mask);

/// The name of a window's unbounded side.
inline constexpr int64_t kUnbounded = mlir::attn::WindowMaskAttr::kUnbounded;

/// What a predicate is evaluated against.
struct Scene {
  int64_t rows = 0, cols = 0;
  /// o: the absolute position of row i is i + o.
  int64_t position = 0;
  int64_t batch = 0;
  /// The first head, and how many heads a range of queries covers.
  int64_t head = 0, numHeads = 1;
  /// Lengths, boundaries or numbers of tokens, by operand slot.
  std::vector<std::vector<int32_t>> operands;
  /// For each mask that draws keys, by operand slot from `kNumOperands` on: the
  /// largest hash that it draws for each row of the first head.
  std::vector<std::vector<int64_t>> limits;
};

/// The definition of each mask, key by key, for the first head of `scene`.
bool contains(const MaskModel &mask, const Scene &scene, int64_t row,
              int64_t col);

/// The heads of every scene, and the points of every grid.
inline constexpr int64_t kHeads = 3, kPoints = 24;

/// The same mask as an attribute.
mlir::attn::MaskAttrInterface buildAttribute(mlir::MLIRContext *context,
                                             const MaskModel &mask);

/// The mask as users type it.
std::string print(const MaskModel &mask);

/// Whether some, and whether every, head of `scene` has a row see a key.
struct Heads {
  bool some = false, every = true;

  Heads(const MaskModel &model, Scene scene, int64_t row, int64_t col) {
    for (int64_t end = scene.head + scene.numHeads; scene.head < end;
         ++scene.head) {
      bool holds = contains(model, scene, row, col);
      some |= holds;
      every &= holds;
    }
  }
};

/// Which masks are drawn.
struct MaskKinds {
  /// Masks that read operands; masks whose rows are no intervals; grids, and
  /// among them those in the order of boxes.
  bool operands = true, scattered = true, grids = true, boxes = true;
  /// On an axis of a grid, its points.
  int64_t axis = 0;
  /// Masks that draw keys.
  bool draws = true;
};

/// Random numbers, masks and scenes; the same ones in every run.
class Generator {
public:
  explicit Generator(uint64_t seed) : engine(seed) {}

  /// A number from `low` to `high`, both included.
  int64_t draw(int64_t low, int64_t high);
  /// A mask nested at most `depth` deep, whose extents suit `extent` keys.
  /// Masks with operands name slots 0 (lens), 1 (lens of one element), 2
  /// (docs) and 3 (numbers of tokens), those that draw keys one each from
  /// `kNumOperands` on.
  MaskModel drawMask(int depth, int64_t extent, MaskKinds kinds);
  /// One mask of the given name.
  MaskModel drawAtom(const std::string &name, int64_t extent,
                     MaskKinds kinds = {});
  /// A mask of the given name around masks nested at most `depth` deep.
  MaskModel drawFunctor(const std::string &name, int depth, int64_t extent,
                        MaskKinds kinds);
  /// Extents from 1 to `extent` that suit `mask`, one of the alignments or any
  /// offset, and what the operands hold, also what is at the borders of what is
  /// allowed.
  Scene drawScene(int64_t extent, const MaskModel &mask);

private:
  std::mt19937_64 engine;
};

/// The names of all masks that are not made of masks.
const std::vector<std::string> &atomNames();

/// The names of masks that give masks inside other coordinates or heads.
const std::vector<std::string> &functorNames();

/// True if masks named `name` draw keys.
bool drawsKeys(const std::string &name);

/// Gives each mask inside of `mask` that draws keys a slot of its own.
void numberDraws(MaskModel &mask);

/// True if masks named `name` read an operand.
bool readsOperand(const std::string &name);

/// The number of operands that drawn masks name, besides limits of hashes.
inline constexpr unsigned kNumOperands = 4;

#endif // ATTN_TEST_UNIT_MASKMODEL_H
