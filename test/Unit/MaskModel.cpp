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

bool contains(const MaskModel &mask, const Scene &scene, int64_t row,
              int64_t col) {
  const std::string &name = mask.name;
  int64_t position = row + scene.position;
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
  auto holds = [&](const MaskModel &inner) {
    return contains(inner, scene, row, col);
  };
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
  if (name == "window")
    return name + "<" + show(mask.first) + ", " + show(mask.second) + ">";
  if (name == "lens" || name == "docs")
    return name + "(%" + std::to_string(mask.slot) + ")";
  if (name == "all" || name == "any" || name == "not")
    return name + "(" + llvm::join(llvm::map_range(mask.inner, print), ", ") +
           ")";
  return mask.first ? name + "<" + show(mask.first) + ">" : name;
}

const std::vector<std::string> &atomNames() {
  static const std::vector<std::string> names = {
      "full",      "empty", "causal",    "window", "near", "cols",
      "cols_last", "rows",  "rows_last", "lens",   "docs"};
  return names;
}

int64_t Generator::draw(int64_t low, int64_t high) {
  // Distributions differ between libraries; the remainder does not.
  return low + int64_t(engine() % uint64_t(high - low + 1));
}

MaskModel Generator::drawAtom(const std::string &name, int64_t extent) {
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
  } else if (name != "full" && name != "empty" && name != "causal") {
    mask.first = draw(1, extent + 1);
  }
  return mask;
}

MaskModel Generator::drawMask(int depth, int64_t extent, bool withOperands) {
  MaskModel mask;
  int64_t kind = depth == 0 ? 0 : draw(0, 4);
  if (kind <= 1) {
    // Masks with operands stand last among the names.
    const std::vector<std::string> &names = atomNames();
    return drawAtom(names[draw(0, names.size() - (withOperands ? 1 : 3))],
                    extent);
  }
  mask.name = kind == 2 ? "all" : kind == 3 ? "any" : "not";
  int64_t count = kind == 4 ? 1 : draw(draw(0, 9) == 0 ? 0 : 2, 3);
  for (int64_t k = 0; k < count; ++k)
    mask.inner.push_back(drawMask(depth - 1, extent, withOperands));
  return mask;
}

Scene Generator::drawScene(int64_t extent) {
  Scene scene;
  scene.rows = draw(1, extent);
  scene.cols = draw(0, 9) == 0 ? 1 : draw(1, extent);
  switch (draw(0, 3)) {
  case 0:
    scene.position = 0;
    break;
  case 1:
    scene.position = scene.cols - scene.rows;
    break;
  case 2:
    scene.cols = scene.rows;
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
  return scene;
}
