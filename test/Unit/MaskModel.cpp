//===- MaskModel.cpp - masks as their definitions say ---------------------===//
//
// Implements the brute-force predicate and the generator of random masks.
//
//===----------------------------------------------------------------------===//

#include "MaskModel.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ErrorHandling.h"

using namespace mlir;
using namespace mlir::attn;

/// True if masks named `name` read a number for each token.
static bool isOfTokens(const std::string &name) {
  return name == "same" || name == "order" || name == "global";
}

/// True if the rows of masks named `name` are no intervals.
static bool isScattered(const std::string &name) {
  return isOfTokens(name) || name == "stride" || name == "colmod" ||
         drawsKeys(name);
}

/// floor(a / b).
static int64_t floorDiv(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  return quotient * b > a ? quotient - 1 : quotient;
}

static bool containsAt(const MaskModel &mask, const Scene &scene, int64_t row,
                       int64_t position, int64_t col);

/// The coordinates of a point on each axis, the last one first.
static std::vector<int64_t> locate(const MaskModel &grid, int64_t point) {
  std::vector<int64_t> result;
  // Within the box, then of the box.
  for (size_t axis = grid.box.size(); axis-- > 0;) {
    result.push_back(point % grid.box[axis]);
    point /= grid.box[axis];
  }
  result.resize(grid.extents.size());
  for (size_t axis = grid.extents.size(); axis-- > 0;) {
    int64_t size = grid.box.empty() ? 1 : grid.box[axis];
    int64_t boxes = grid.extents[axis] / size;
    result[grid.extents.size() - 1 - axis] += point % boxes * size;
    point /= boxes;
  }
  return result;
}

/// The coordinates, each by a mask of its own.
static bool containsOnGrid(const MaskModel &mask, const Scene &scene,
                           int64_t position, int64_t col) {
  int64_t points = 1;
  for (int64_t extent : mask.extents)
    points *= extent;
  if (position < 0 || position >= points)
    return false;
  std::vector<int64_t> query = locate(mask, position), key = locate(mask, col);
  for (size_t axis = mask.extents.size(); axis-- > 0;) {
    Scene line = scene;
    line.rows = line.cols = mask.extents[axis];
    size_t at = mask.extents.size() - 1 - axis;
    if (!containsAt(mask.inner[axis], line, query[at], query[at], key[at]))
      return false;
  }
  return true;
}

/// mix of splitmix64, as its authors wrote it.
static uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

static uint64_t computeHash(const MaskModel &mask, const Scene &scene,
                            int64_t row, int64_t col) {
  return mix(mix(mix(mix(mask.second) ^ scene.head) ^ row) ^ col);
}

/// Whether a mask may draw a key.
static bool isCandidate(const MaskModel &mask, const Scene &scene, int64_t row,
                        int64_t position, int64_t col) {
  if (mask.hasWithin &&
      !containsAt(mask.inner.back(), scene, row, position, col))
    return false;
  return mask.name == "random" ||
         !containsAt(mask.inner[0], scene, row, position, col);
}

/// Whether a mask draws a key: fewer than r candidates have smaller hashes.
static bool isDrawn(const MaskModel &mask, const Scene &scene, int64_t row,
                    int64_t position, int64_t col) {
  if (!isCandidate(mask, scene, row, position, col))
    return false;
  uint64_t hash = computeHash(mask, scene, row, col);
  int64_t smaller = 0;
  for (int64_t other = 0; other < scene.cols && smaller < mask.first; ++other)
    smaller += computeHash(mask, scene, row, other) < hash &&
               isCandidate(mask, scene, row, position, other);
  return smaller < mask.first;
}

/// The largest hash that is drawn, or one that none exceeds.
static uint64_t computeLimit(const MaskModel &mask, const Scene &scene,
                             int64_t row, int64_t position) {
  std::vector<uint64_t> hashes;
  for (int64_t col = 0; col < scene.cols; ++col)
    if (isCandidate(mask, scene, row, position, col))
      hashes.push_back(computeHash(mask, scene, row, col));
  std::sort(hashes.begin(), hashes.end());
  return int64_t(hashes.size()) < mask.first ? ~uint64_t(0)
                                             : hashes[mask.first - 1];
}

/// The limits of all masks that draw keys inside of `mask`, whose rows and keys
/// `blocks` counts in blocks of `units`, one in the other.
static void addLimits(const MaskModel &mask, Scene &scene, const Scene &blocks,
                      std::vector<int64_t> units) {
  auto coordinate = [&](int64_t place) {
    for (int64_t unit : units)
      place = floorDiv(place, unit);
    return place;
  };
  if (drawsKeys(mask.name)) {
    std::vector<int64_t> limits;
    for (int64_t row = 0; row < scene.rows; ++row)
      limits.push_back(computeLimit(mask, blocks, coordinate(row),
                                    coordinate(row + scene.position)));
    scene.limits.resize(
        std::max<size_t>(scene.limits.size(), mask.slot - kNumOperands + 1));
    scene.limits[mask.slot - kNumOperands] = limits;
  }
  Scene inner = blocks;
  if (mask.name == "block") {
    units.push_back(mask.first);
    inner.rows = -floorDiv(-blocks.rows, mask.first);
    inner.cols = -floorDiv(-blocks.cols, mask.first);
  }
  // No mask on an axis of a grid draws keys.
  if (mask.name != "grid")
    for (const MaskModel &element : mask.inner)
      addLimits(element, scene, inner, units);
}

bool contains(const MaskModel &mask, const Scene &scene, int64_t row,
              int64_t col) {
  return containsAt(mask, scene, row, row + scene.position, col);
}

static bool containsAt(const MaskModel &mask, const Scene &scene, int64_t row,
                       int64_t position, int64_t col) {
  const std::string &name = mask.name;
  if (name == "full")
    return true;
  if (name == "empty")
    return false;
  if (name == "causal")
    return col <= position;
  if (name == "window") {
    bool left = mask.first == kUnbounded || position - mask.first <= col;
    bool right = mask.second == kUnbounded || col <= position + mask.second;
    return left && right;
  }
  if (name == "near") {
    int64_t start = position - mask.first / 2;
    if (start > scene.cols - mask.first)
      start = scene.cols - mask.first;
    if (start < 0)
      start = 0;
    return start <= col && col < start + mask.first;
  }
  if (name == "cols")
    return col < mask.first;
  if (name == "cols_last")
    return col >= scene.cols - mask.first;
  if (name == "rows")
    return row < mask.first;
  if (name == "rows_last")
    return row >= scene.rows - mask.first;
  if (name == "lens") {
    const std::vector<int32_t> &lengths = scene.operands[mask.slot];
    return col < lengths[lengths.size() == 1 ? 0 : scene.batch];
  }
  if (name == "docs") {
    const std::vector<int32_t> &bounds = scene.operands[mask.slot];
    for (size_t k = 0; k + 1 < bounds.size(); ++k)
      if (bounds[k] <= row && row < bounds[k + 1])
        return bounds[k] <= col && col < bounds[k + 1];
    return false;
  }
  if (name == "stride")
    return std::abs(position - col) % mask.first == 0;
  if (name == "colmod")
    return col % mask.first >= mask.first - mask.second;
  if (readsOperand(name)) {
    int32_t ofRow = scene.operands[mask.slot].at(row);
    int32_t ofCol = scene.operands[mask.slot].at(col);
    if (name == "same")
      return ofRow == ofCol;
    return name == "order" ? ofCol <= ofRow : ofRow || ofCol;
  }
  auto holds = [&](const MaskModel &inner) {
    return containsAt(inner, scene, row, position, col);
  };
  if (drawsKeys(name)) {
    if (name == "plus_random" && holds(mask.inner[0]))
      return true;
    return isDrawn(mask, scene, row, position, col);
  }
  if (name == "block") {
    Scene blocks = scene;
    blocks.rows = -floorDiv(-scene.rows, mask.first);
    blocks.cols = -floorDiv(-scene.cols, mask.first);
    return containsAt(mask.inner[0], blocks, floorDiv(row, mask.first),
                      floorDiv(position, mask.first),
                      floorDiv(col, mask.first));
  }
  if (name == "grid")
    return containsOnGrid(mask, scene, position, col);
  if (name == "per_head")
    return holds(mask.inner[scene.head]);
  if (name == "all")
    return llvm::all_of(mask.inner, holds);
  if (name == "any")
    return llvm::any_of(mask.inner, holds);
  if (name == "not")
    return !holds(mask.inner[0]);
  llvm_unreachable("a mask without a definition");
}

MaskAttrInterface buildAttribute(MLIRContext *context, const MaskModel &mask) {
  const std::string &name = mask.name;
  SmallVector<MaskAttrInterface> inner;
  for (const MaskModel &element : mask.inner)
    inner.push_back(buildAttribute(context, element));
  if (name == "full")
    return FullMaskAttr::get(context);
  if (name == "empty")
    return EmptyMaskAttr::get(context);
  if (name == "causal")
    return CausalMaskAttr::get(context);
  if (name == "window")
    return WindowMaskAttr::get(context, mask.first, mask.second);
  if (name == "near")
    return NearMaskAttr::get(context, mask.first);
  if (name == "cols")
    return ColsMaskAttr::get(context, mask.first);
  if (name == "cols_last")
    return ColsLastMaskAttr::get(context, mask.first);
  if (name == "rows")
    return RowsMaskAttr::get(context, mask.first);
  if (name == "rows_last")
    return RowsLastMaskAttr::get(context, mask.first);
  if (name == "lens")
    return LensMaskAttr::get(context, mask.slot);
  if (name == "docs")
    return DocsMaskAttr::get(context, mask.slot);
  if (name == "stride")
    return StrideMaskAttr::get(context, mask.first);
  if (name == "colmod")
    return ColmodMaskAttr::get(context, mask.first, mask.second);
  if (name == "same")
    return SameMaskAttr::get(context, mask.slot);
  if (name == "order")
    return OrderMaskAttr::get(context, mask.slot);
  if (name == "global")
    return GlobalMaskAttr::get(context, mask.slot);
  if (name == "block")
    return BlockMaskAttr::get(context, mask.first, inner[0]);
  if (name == "per_head")
    return PerHeadMaskAttr::get(context, inner);
  MaskAttrInterface within = mask.hasWithin ? inner.back() : nullptr;
  if (name == "random")
    return RandomMaskAttr::get(context, mask.first, mask.second, within,
                               {mask.slot});
  if (name == "plus_random")
    return PlusRandomMaskAttr::get(context, mask.first, mask.second, inner[0],
                                   within, {mask.slot});
  if (name == "grid")
    return GridMaskAttr::get(context, mask.extents, inner, mask.box);
  if (name == "all")
    return AllMaskAttr::get(context, inner);
  if (name == "any")
    return AnyMaskAttr::get(context, inner);
  if (name == "not")
    return NotMaskAttr::get(context, inner[0]);
  llvm_unreachable("a mask without an attribute");
}

std::string print(const MaskModel &mask) {
  auto show = [](int64_t number) {
    return number == kUnbounded ? std::string("*") : std::to_string(number);
  };
  const std::string &name = mask.name;
  std::string inner = llvm::join(llvm::map_range(mask.inner, print), ", ");
  if (name == "window" || name == "colmod")
    return name + "<" + show(mask.first) + ", " + show(mask.second) + ">";
  if (readsOperand(name))
    return name + "(%" + std::to_string(mask.slot) + ")";
  if (name == "all" || name == "any" || name == "not")
    return name + "(" + inner + ")";
  if (drawsKeys(name))
    return name + "<" + show(mask.first) + ", " + show(mask.second) + ", [" +
           inner + "]" + (mask.hasWithin ? " within the last>" : ">");
  if (name == "block")
    return name + "<" + show(mask.first) + ", " + inner + ">";
  if (name == "per_head")
    return name + "[" + inner + "]";
  if (name == "grid")
    return name + "<[" + llvm::join(llvm::map_range(mask.extents, show), ", ") +
           "], [" + inner + "]" +
           (mask.box.empty()
                ? ""
                : ", box [" +
                      llvm::join(llvm::map_range(mask.box, show), ", ") + "]") +
           ">";
  return mask.first ? name + "<" + show(mask.first) + ">" : name;
}

bool drawsKeys(const std::string &name) {
  return name == "random" || name == "plus_random";
}

static void numberDraws(MaskModel &mask, unsigned &slot) {
  if (drawsKeys(mask.name))
    mask.slot = slot++;
  for (MaskModel &inner : mask.inner)
    numberDraws(inner, slot);
}

void numberDraws(MaskModel &mask) {
  unsigned slot = kNumOperands;
  numberDraws(mask, slot);
}

bool hasGrid(const MaskModel &mask) {
  return mask.name == "grid" || llvm::any_of(mask.inner, hasGrid);
}

const std::vector<std::string> &atomNames() {
  static const std::vector<std::string> names = {
      "full",      "empty", "causal",    "window", "near",   "cols",
      "cols_last", "rows",  "rows_last", "stride", "colmod", "lens",
      "docs",      "same",  "order",     "global"};
  return names;
}

const std::vector<std::string> &functorNames() {
  static const std::vector<std::string> names = {"block", "per_head", "grid",
                                                 "random", "plus_random"};
  return names;
}

bool readsOperand(const std::string &name) {
  return isOfTokens(name) || name == "lens" || name == "docs";
}

int64_t Generator::draw(int64_t low, int64_t high) {
  // Distributions differ between libraries; the remainder does not.
  return low + int64_t(engine() % uint64_t(high - low + 1));
}

MaskModel Generator::drawAtom(const std::string &name, int64_t extent,
                              MaskKinds kinds) {
  MaskModel mask;
  mask.name = name;
  auto reach = [&]() -> int64_t {
    // Far reaches are legal, and the arithmetic must bear them.
    const int64_t special[] = {kUnbounded, 0, 2147483647};
    int64_t kind = draw(0, 9);
    return kind < 3 ? special[kind] : draw(0, extent);
  };
  if (name == "window") {
    mask.first = reach();
    mask.second = reach();
  } else if (name == "lens") {
    mask.slot = draw(0, 1);
  } else if (name == "docs") {
    mask.slot = 2;
  } else if (isOfTokens(name)) {
    mask.slot = 3;
  } else if (name == "stride") {
    mask.first = draw(0, 19) ? draw(1, 7) : 2147483647;
  } else if (name == "colmod") {
    mask.first = draw(0, 19) ? draw(1, 7) : 2147483647;
    mask.second = draw(1, mask.first);
  } else if (name == "near" && kinds.axis) {
    // Odd, and no more than there are.
    mask.first = 2 * draw(0, (kinds.axis - 1) / 2) + 1;
  } else if (name != "full" && name != "empty" && name != "causal") {
    mask.first = draw(1, extent + 1);
  }
  return mask;
}

MaskModel Generator::drawFunctor(const std::string &name, int depth,
                                 int64_t extent, MaskKinds kinds) {
  static const std::vector<int64_t> shapes[] = {
      {4, 6}, {6, 4}, {2, 3, 4}, {24}, {3, 8}, {1, 24}, {2, 12}, {8, 1, 3}};
  MaskModel mask;
  mask.name = name;
  if (name == "per_head") {
    for (int64_t head = 0; head < kHeads; ++head)
      mask.inner.push_back(head && draw(0, 1) ? mask.inner.back()
                                              : drawMask(depth, extent, kinds));
    numberDraws(mask);
    return mask;
  }
  // Only grids of all keys fit any scene.
  kinds.grids = false;
  if (drawsKeys(name)) {
    mask.first = draw(1, draw(0, 7) ? 4 : extent + 1);
    mask.second = draw(0, 1) ? draw(0, 9) : int64_t(engine());
    mask.hasWithin = draw(0, 1);
    // Definitions of draws from draws of draws take their time.
    kinds.draws = depth == 1;
    for (int64_t k = mask.hasWithin + (name == "plus_random"); k > 0; --k)
      mask.inner.push_back(drawMask(depth, extent, kinds));
    numberDraws(mask);
    return mask;
  }
  if (name == "block") {
    mask.first = draw(0, 19) ? draw(1, 7) : 2147483647;
    kinds.axis = (kinds.axis + mask.first - 1) / mask.first;
    mask.inner.push_back(drawMask(depth, extent / mask.first + 1, kinds));
    numberDraws(mask);
    return mask;
  }
  kinds.draws = false;
  mask.extents = shapes[draw(0, std::size(shapes) - 1)];
  for (int64_t points : mask.extents) {
    kinds.axis = points;
    mask.inner.push_back(drawMask(depth, points, kinds));
  }
  if (kinds.boxes && draw(0, 1))
    for (int64_t points : mask.extents) {
      int64_t size = draw(1, points);
      while (points % size != 0)
        --size;
      mask.box.push_back(size);
    }
  return mask;
}

MaskModel Generator::drawMask(int depth, int64_t extent, MaskKinds kinds) {
  MaskModel mask;
  bool draws = kinds.scattered && kinds.draws;
  int64_t kind = depth == 0 ? 0 : draw(0, draws ? 9 : 7);
  if (kind <= 1) {
    std::vector<std::string> names;
    for (const std::string &name : atomNames())
      if ((kinds.operands || !readsOperand(name)) &&
          (kinds.scattered || !isScattered(name)))
        names.push_back(name);
    return drawAtom(names[draw(0, names.size() - 1)], extent, kinds);
  }
  if (kind >= 5) {
    const std::string &name =
        functorNames()[kind == 7 && !kinds.grids ? 0 : kind - 5];
    return drawFunctor(name, depth - 1, extent, kinds);
  }
  mask.name = kind == 2 ? "all" : kind == 3 ? "any" : "not";
  int64_t count = kind == 4 ? 1 : draw(draw(0, 9) == 0 ? 0 : 2, 3);
  for (int64_t k = 0; k < count; ++k)
    mask.inner.push_back(drawMask(depth - 1, extent, kinds));
  numberDraws(mask);
  return mask;
}

Scene Generator::drawScene(int64_t extent, const MaskModel &mask) {
  Scene scene;
  scene.rows = draw(1, extent);
  scene.cols = draw(0, 9) == 0 ? 1 : draw(1, extent);
  if (hasGrid(mask)) {
    scene.cols = kPoints;
    // Most queries of most scenes stand on the grid.
    scene.rows = draw(0, 3) ? draw(1, kPoints) : scene.rows;
  }
  switch (draw(0, 3)) {
  case 0:
    scene.position = 0;
    break;
  case 1:
    scene.position = scene.cols - scene.rows;
    break;
  case 2:
    if (!hasGrid(mask))
      scene.cols = scene.rows;
    else
      scene.rows = scene.cols;
    break;
  default:
    scene.position = draw(-extent, extent);
  }
  int64_t batches = draw(2, 3);
  scene.batch = draw(0, batches - 1);
  scene.operands.resize(kNumOperands);
  for (int64_t b = 0; b < batches; ++b)
    scene.operands[0].push_back(draw(0, scene.cols));
  scene.operands[1].push_back(draw(0, scene.cols));
  // From no boundary at all to many, with empty documents; rows before the
  // first and behind the last lie in none.
  std::vector<int32_t> &bounds = scene.operands[2];
  for (int64_t k = draw(0, 6); k > 0; --k)
    bounds.push_back(draw(0, scene.cols));
  if (draw(0, 1)) {
    bounds.push_back(0);
    bounds.push_back(scene.cols);
  }
  std::sort(bounds.begin(), bounds.end());
  // A number for each row and key, sorted or not.
  std::vector<int32_t> &tokens = scene.operands[3];
  int64_t least = draw(-2, 0);
  for (int64_t k = std::max(scene.rows, scene.cols); k > 0; --k)
    tokens.push_back(draw(least, 3));
  if (draw(0, 2) == 0)
    std::sort(tokens.begin(), tokens.end());
  scene.head = draw(0, kHeads - 1);
  scene.numHeads = draw(1, kHeads - scene.head);
  addLimits(mask, scene, scene, {});
  return scene;
}
