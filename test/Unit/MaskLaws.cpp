//===- MaskLaws.cpp - the laws of masks on random compositions ------------===//
//
// attn-mask-laws [CASE]: holds the IR that masks build to the definitions of
// the masks, for one case or for all. Evaluates that IR directly, so that a
// failure is the mask's and nobody else's.
//
//===----------------------------------------------------------------------===//

#include "MaskPrograms.h"
#include "MaskShares.h"

#include "attn/IR/AttnDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace mlir;
using namespace mlir::attn;

namespace {

constexpr int kCompositions = 2000;
constexpr int kScenes = 6;
constexpr int kRanges = 4;
constexpr int64_t kExtent = 40;

/// Ends the process with what went wrong where.
[[noreturn]] void fail(const MaskModel &mask, const Scene &scene,
                       const std::string &what) {
  std::fprintf(stderr, "failed: %s\n  mask %s\n  M %lld N %lld o %lld b %lld\n",
               what.c_str(), print(mask).c_str(), (long long)scene.rows,
               (long long)scene.cols, (long long)scene.position,
               (long long)scene.batch);
  for (const std::vector<int32_t> &operand : scene.operands) {
    std::fprintf(stderr, "  operand");
    for (int32_t element : operand)
      std::fprintf(stderr, " %d", element);
    std::fprintf(stderr, "\n");
  }
  std::exit(1);
}

/// A composition, what it means, and numbers to try it with.
struct Trial {
  Generator &random;
  MaskModel model;
  MaskAttrInterface mask;
};

/// Calls `check` with every mask alone, then with random compositions.
template <typename Check>
void forEachMask(MLIRContext *context, uint64_t seed, bool withOperands,
                 Check check) {
  Generator random(seed);
  MaskKinds kinds;
  kinds.operands = withOperands;
  auto checkOne = [&](const MaskModel &model) {
    check(Trial{random, model, buildAttribute(context, model)});
  };
  for (int repeat = 0; repeat < 20; ++repeat) {
    for (const std::string &name : atomNames())
      if (withOperands || !readsOperand(name))
        checkOne(random.drawAtom(name, kExtent));
    for (const std::string &name : functorNames())
      checkOne(random.drawFunctor(name, 0, kExtent, kinds));
  }
  for (int k = 0; k < kCompositions; ++k)
    checkOne(random.drawMask(3, kExtent, kinds));
}

/// Calls `check` with bounds and the range of rows they are for.
template <typename Check>
void forEachRange(MLIRContext *context, uint64_t seed, Check check) {
  forEachMask(context, seed, true, [&](Trial trial) {
    IntervalProgram program(context, trial.mask);
    for (int s = 0; s < kScenes; ++s) {
      Scene scene = trial.random.drawScene(kExtent, trial.model);
      for (int r = 0; r < kRanges; ++r) {
        int64_t begin = trial.random.draw(0, scene.rows - 1);
        int64_t end = trial.random.draw(begin + 1, scene.rows);
        check(trial.model, scene, begin, end, program.run(scene, begin, end));
      }
    }
  });
}

bool isIn(int64_t col, int64_t lo, int64_t hi) { return lo <= col && col < hi; }

/// Law 1 for one range of queries, and the keys `asked` about.
void checkSoundnessOf(KeyRange asked, const MaskModel &model,
                      const Scene &scene, int64_t begin, int64_t end,
                      const std::vector<Bounds> &bounds) {
  for (int64_t col = asked.begin; col < asked.end; ++col) {
    bool may = false, must = false;
    for (const Bounds &b : bounds) {
      may |= isIn(col, b.mayLo, b.mayHi);
      must |= isIn(col, b.mustLo, b.mustHi);
    }
    for (int64_t row = begin; row < end; ++row) {
      Heads holds(model, scene, row, col);
      std::string where = "row " + std::to_string(row) + " of [" +
                          std::to_string(begin) + ", " + std::to_string(end) +
                          "), key " + std::to_string(col);
      if (holds.some && !may)
        fail(model, scene, where + " is seen but in no may interval");
      if (!holds.every && must)
        fail(model, scene, where + " is not seen but in a must interval");
    }
  }
}

void checkSoundness(const MaskModel &model, const Scene &scene, int64_t begin,
                    int64_t end, const std::vector<Bounds> &bounds) {
  checkSoundnessOf({0, scene.cols}, model, scene, begin, end, bounds);
}

/// Law 2 for one range.
void checkContainment(const MaskModel &model, const Scene &scene, int64_t begin,
                      int64_t end, const std::vector<Bounds> &bounds) {
  for (const Bounds &b : bounds)
    for (int64_t col = 0; col < scene.cols; ++col)
      if (isIn(col, b.mustLo, b.mustHi) && !isIn(col, b.mayLo, b.mayHi))
        fail(model, scene,
             "key " + std::to_string(col) + " must be seen by [" +
                 std::to_string(begin) + ", " + std::to_string(end) +
                 ") but may not");
}

void testSoundness(MLIRContext *context) {
  forEachRange(context, 1, checkSoundness);
}

/// Of a range of keys, a mask may know more, and is as sound.
void testSoundnessOfKeys(MLIRContext *context) {
  forEachMask(context, 10, true, [&](Trial trial) {
    IntervalProgram program(context, trial.mask, /*ofRange=*/true);
    for (int s = 0; s < kScenes; ++s) {
      Scene scene = trial.random.drawScene(kExtent, trial.model);
      int64_t begin = trial.random.draw(0, scene.rows - 1);
      int64_t end = trial.random.draw(begin + 1, scene.rows);
      KeyRange asked;
      asked.begin = trial.random.draw(0, scene.cols - 1);
      asked.end = trial.random.draw(asked.begin + 1, scene.cols);
      checkSoundnessOf(asked, trial.model, scene, begin, end,
                       program.run(scene, begin, end, asked));
    }
  });
}

/// Law 5: pairs of one block of a mask's unit are kept or dropped together.
void testUnits(MLIRContext *context) {
  forEachMask(context, 11, true, [&](Trial trial) {
    int64_t unit = trial.mask.getUnit();
    auto blockOf = [&](int64_t place) {
      return unit ? llvm::divideFloorSigned(place, unit) : 0;
    };
    for (int s = 0; s < kScenes; ++s) {
      Scene scene = trial.random.drawScene(kExtent, trial.model);
      auto drawRow = [&]() { return trial.random.draw(0, scene.rows - 1); };
      auto drawCol = [&]() { return trial.random.draw(0, scene.cols - 1); };
      for (int k = 0; k < 60; ++k) {
        int64_t row = drawRow(), other = drawRow();
        int64_t col = drawCol(), otherCol = drawCol();
        if (blockOf(row) != blockOf(other) ||
            blockOf(col) != blockOf(otherCol) ||
            blockOf(row + scene.position) != blockOf(other + scene.position))
          continue;
        if (contains(trial.model, scene, row, col) !=
            contains(trial.model, scene, other, otherCol))
          fail(trial.model, scene,
               "unit " + std::to_string(unit) + " holds different pairs");
      }
    }
  });
}

void testContainment(MLIRContext *context) {
  forEachRange(context, 2, checkContainment);
}

/// Law 3, for one pair at a time.
void testAgreement(MLIRContext *context) {
  forEachMask(context, 3, true, [&](Trial trial) {
    PredicateProgram program(context, trial.mask);
    for (int s = 0; s < kScenes; ++s) {
      Scene scene = trial.random.drawScene(kExtent, trial.model);
      for (int k = 0; k < 40; ++k) {
        int64_t row = trial.random.draw(0, scene.rows - 1);
        int64_t col = trial.random.draw(0, scene.cols - 1);
        if (program.run(scene, row, col) !=
            contains(trial.model, scene, row, col))
          fail(trial.model, scene,
               "the predicate is wrong at row " + std::to_string(row) +
                   ", key " + std::to_string(col));
      }
    }
  });
}

/// Law 3, for vectors of queries.
void testAgreementOfLanes(MLIRContext *context) {
  forEachMask(context, 4, true, [&](Trial trial) {
    LaneProgram program(context, trial.mask);
    for (int s = 0; s < kScenes; ++s) {
      Scene scene = trial.random.drawScene(kExtent, trial.model);
      int64_t row = trial.random.draw(0, scene.rows - 1);
      int64_t col = trial.random.draw(0, scene.cols - 1);
      Numbers lanes = program.run(scene, row, col);
      for (int64_t lane = 0; lane < LaneProgram::kLanes; ++lane) {
        // A constant predicate is one number for all lanes.
        int64_t held = lanes.size() == 1 ? lanes[0] : lanes[lane];
        if (row + lane < scene.rows &&
            bool(held) != contains(trial.model, scene, row + lane, col))
          fail(trial.model, scene,
               "lane " + std::to_string(lane) + " is wrong at row " +
                   std::to_string(row + lane) + ", key " + std::to_string(col));
      }
    }
  });
}

/// Bounds of static problems are constants, and keep the laws.
void testConstants(MLIRContext *context) {
  forEachMask(context, 5, false, [&](Trial trial) {
    for (int s = 0; s < 3; ++s) {
      Scene scene = trial.random.drawScene(kExtent, trial.model);
      int64_t begin = trial.random.draw(0, scene.rows - 1);
      int64_t end = trial.random.draw(begin + 1, scene.rows);
      auto bounds = foldIntervals(context, trial.mask, scene, begin, end);
      if (!bounds)
        fail(trial.model, scene, "a bound does not fold to a constant");
      checkSoundness(trial.model, scene, begin, end, *bounds);
      checkContainment(trial.model, scene, begin, end, *bounds);
    }
  });
}

void testNumberOfDisjuncts(MLIRContext *context) {
  forEachMask(context, 6, true, [&](Trial trial) {
    IntervalProgram program(context, trial.mask);
    if (program.getNumDisjuncts() > kMaxDisjuncts)
      fail(trial.model, trial.random.drawScene(kExtent, trial.model),
           std::to_string(program.getNumDisjuncts()) + " disjuncts");
  });
}

/// What a simpler mask may assume of a scene.
MaskProblem describe(const Scene &scene, bool known, TypeRange types) {
  MaskProblem problem;
  problem.rows = known ? scene.rows : ShapedType::kDynamic;
  problem.cols = known ? scene.cols : ShapedType::kDynamic;
  problem.batches = ShapedType::kDynamic;
  problem.heads = known ? kHeads : ShapedType::kDynamic;
  problem.positionsAreRows = scene.position == 0;
  problem.lastQueryAtLastKey = scene.position == scene.cols - scene.rows;
  problem.operandTypes = types;
  return problem;
}

/// `mask` after its own rules, applied until none applies.
MaskAttrInterface simplify(const MaskModel &model, const Scene &scene,
                           MaskAttrInterface mask, const MaskProblem &problem) {
  for (int step = 0; step < 1000; ++step) {
    Attribute simpler = mask.simplifyMask(problem);
    if (!simpler)
      return mask;
    mask = cast<MaskAttrInterface>(simpler);
  }
  fail(model, scene, "the rules do not come to an end");
}

/// Simplification keeps the pairs, and the rules on parameters.
void testSimplification(MLIRContext *context) {
  auto report = [&]() { return emitError(UnknownLoc::get(context)); };
  forEachMask(context, 8, true, [&](Trial trial) {
    SmallVector<Type> types = getOperandTypes(trial.mask);
    for (int s = 0; s < 4; ++s) {
      Scene scene = trial.random.drawScene(s == 0 ? 2 : kExtent, trial.model);
      // Every other scene tells the extents.
      MaskProblem problem = describe(scene, s % 2 == 0, types);
      problem.emitError = report;
      MaskAttrInterface simplest =
          simplify(trial.model, scene, trial.mask, problem);
      PredicateProgram program(context, simplest);
      for (int k = 0; k < 40; ++k) {
        int64_t row = trial.random.draw(0, scene.rows - 1);
        int64_t col = trial.random.draw(0, scene.cols - 1);
        if (program.run(scene, row, col) !=
            contains(trial.model, scene, row, col))
          fail(trial.model, scene,
               "the simplified mask differs at row " + std::to_string(row) +
                   ", key " + std::to_string(col));
      }
      problem.rows = problem.cols = ShapedType::kDynamic;
      if (failed(simplest.verifyMask(problem)))
        fail(trial.model, scene, "the simplified mask breaks a rule");
    }
  });
}

/// What `intersectWith` returns is the conjunction, in both orders.
void testIntersection(MLIRContext *context) {
  Generator random(9);
  int64_t found = 0;
  std::vector<std::string> names = atomNames();
  names.insert(names.end(), functorNames().begin(), functorNames().end());
  auto draw = [&](const std::string &name) {
    if (llvm::is_contained(functorNames(), name))
      return random.drawFunctor(name, 0, kExtent, {});
    return random.drawAtom(name, kExtent);
  };
  for (const std::string &a : names)
    for (const std::string &b : names)
      for (int repeat = 0; repeat < 20; ++repeat) {
        MaskModel both = {"all"};
        both.inner = {draw(a), draw(b)};
        numberDraws(both);
        Attribute one =
            buildAttribute(context, both.inner[0])
                .intersectWith(buildAttribute(context, both.inner[1]));
        if (!one)
          continue;
        ++found;
        PredicateProgram program(context, cast<MaskAttrInterface>(one));
        Scene scene = random.drawScene(kExtent, both);
        for (int64_t row = 0; row < scene.rows; ++row)
          for (int64_t col = 0; col < scene.cols; ++col)
            if (program.run(scene, row, col) != contains(both, scene, row, col))
              fail(both, scene,
                   "the intersection differs at row " + std::to_string(row) +
                       ", key " + std::to_string(col));
      }
  if (found < 100) {
    std::fprintf(stderr, "failed: only %lld pairs intersect\n",
                 (long long)found);
    std::exit(1);
  }
}

/// A mask with renumbered slots means the same on operands in the new order.
void testRenumbering(MLIRContext *context) {
  forEachMask(context, 10, true, [&](Trial trial) {
    auto renumber = [](unsigned slot) {
      return slot < kNumOperands ? (slot + 1) % kNumOperands : slot;
    };
    PredicateProgram program(
        context, cast<MaskAttrInterface>(trial.mask.renumberSlots(renumber)));
    Scene scene = trial.random.drawScene(kExtent, trial.model),
          renumbered = scene;
    for (unsigned slot = 0; slot < kNumOperands; ++slot)
      renumbered.operands[renumber(slot)] = scene.operands[slot];
    for (int k = 0; k < 40; ++k) {
      int64_t row = trial.random.draw(0, scene.rows - 1);
      int64_t col = trial.random.draw(0, scene.cols - 1);
      if (program.run(renumbered, row, col) !=
          contains(trial.model, scene, row, col))
        fail(trial.model, scene, "renumbered slots change the mask");
    }
  });
}

/// Checks accept what is legal and name what is not, wherever masks nest.
void testOperandChecks(MLIRContext *context) {
  auto lens = MaskModel{"lens"}, docs = MaskModel{"docs", 0, 0, 2};
  MaskModel negated = {"not", 0, 0, 0, {docs}};
  MaskModel model = {"all", 0, 0, 0, {lens, {"any", 0, 0, 0, {negated}}}};
  CheckProgram program(context, buildAttribute(context, model));
  struct Example {
    std::vector<int32_t> lengths, bounds;
    const char *message;
  };
  const Example examples[] = {
      {{0, 10}, {0, 3, 3, 10}, nullptr},
      {{5}, {}, nullptr},
      {{5}, {10}, nullptr},
      {{-1, 3}, {0, 10}, "mask lens holds length {1}, expected at least {0}"},
      {{3, 11},
       {0, 10},
       "mask lens holds length {0}, expected at most N = {1}"},
      {{3}, {-2, 10}, "mask docs holds boundary {1}, expected at least {0}"},
      {{3}, {0, 11}, "mask docs holds boundary {0}, expected at most N = {1}"},
      {{3},
       {0, 7, 4, 10},
       "mask docs holds boundary {1} after {0}, expected boundaries in "
       "ascending order"},
  };
  for (const Example &example : examples) {
    Scene scene;
    scene.rows = scene.cols = 10;
    scene.operands = {example.lengths, {0}, example.bounds, {}};
    std::vector<std::string> failures = program.run(scene);
    if (!example.message && !failures.empty())
      fail(model, scene, "legal operands are refused: " + failures[0]);
    if (example.message &&
        (failures.size() != 1 || failures[0] != example.message))
      fail(model, scene,
           std::string("expected: ") + example.message + "; found " +
               (failures.empty() ? "nothing" : failures[0]));
  }
}

/// Numbers of tokens are as many as keys, or as blocks of them where they are
/// inside of blocks, and no fewer than rows.
void testTokenChecks(MLIRContext *context) {
  for (const char *name : {"same", "order", "global"}) {
    MaskModel atom = {name, 0, 0, 3};
    MaskModel model = {"all", 0, 0, 0, {{"block", 4, 0, 0, {atom}}}};
    CheckProgram program(context, buildAttribute(context, model));
    auto run = [&](int64_t rows, size_t length) {
      Scene scene;
      scene.rows = rows;
      scene.cols = 10;
      scene.operands = {{}, {}, {}, std::vector<int32_t>(length)};
      return program.run(scene);
    };
    std::string operand = std::string("operand of mask ") + name;
    std::vector<std::string> none;
    std::vector<std::string> more = {
        operand + " has {0} elements, expected one for each of {1} keys"};
    std::vector<std::string> fewer = {
        operand + " has {1} elements, expected one for each of {0} keys"};
    std::vector<std::string> rows = {
        std::string("mask ") + name +
        " reads an element for each of {0} queries, its operand has {1}: "
        "expected no fewer"};
    if (run(10, 3) != none || run(12, 3) != none || run(1, 4) != more ||
        run(1, 2) != fewer || run(13, 3) != rows)
      fail(model, Scene(), "wrong checks of the number of elements");
  }
}

/// A slot without an operand is refused, not read.
void testSlotWithoutOperand(MLIRContext *context) {
  for (const std::string &name : atomNames()) {
    if (!readsOperand(name))
      continue;
    MaskModel model = {"not", 0, 0, 0, {{name, 0, 0, 3}}};
    SmallVector<Type> types(3, IntegerType::get(context, 32));
    MaskProblem problem = describe(Scene(), false, types);
    std::string message;
    ScopedDiagnosticHandler handler(
        context, [&](Diagnostic &diagnostic) { message = diagnostic.str(); });
    auto report = [&]() { return emitError(UnknownLoc::get(context)); };
    problem.emitError = report;
    std::string expected =
        "mask " + name +
        " names operand slot 3, expected less than the number of mask "
        "operands, 3";
    if (succeeded(buildAttribute(context, model).verifyMask(problem)) ||
        message != expected)
      fail(model, Scene(), "expected: " + expected + "; found " + message);
  }
}

struct Case {
  const char *name;
  void (*run)(MLIRContext *context);
};

const Case kCases[] = {
    {"soundness", testSoundness},
    {"soundness-of-keys", testSoundnessOfKeys},
    {"units", testUnits},
    {"containment", testContainment},
    {"agreement", testAgreement},
    {"agreement-of-lanes", testAgreementOfLanes},
    {"constants", testConstants},
    {"number-of-disjuncts", testNumberOfDisjuncts},
    {"share-proved", testShareProved},
    {"share-proved-of-grids", testShareProvedOfGrids},
    {"share-proved-of-all", testShareProvedOfAll},
    {"share-proved-of-blocks", testShareProvedOfBlocks},
    {"simplification", testSimplification},
    {"intersection", testIntersection},
    {"renumbering", testRenumbering},
    {"operand-checks", testOperandChecks},
    {"token-checks", testTokenChecks},
    {"slot-without-operand", testSlotWithoutOperand},
};

} // namespace

// MLIR's shared library, which knows nothing of sanitizers, hands out memory
// that inlined code believes to be poisoned.
extern "C" const char *__asan_default_options() {
  return "allow_user_poisoning=0";
}

int main(int argc, char **argv) {
  if (argc > 2) {
    std::fprintf(stderr, "usage: attn-mask-laws [CASE]\n");
    return 2;
  }
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context
      .loadDialect<AttnDialect, affine::AffineDialect, arith::ArithDialect,
                   cf::ControlFlowDialect, func::FuncDialect, scf::SCFDialect,
                   tensor::TensorDialect, vector::VectorDialect>();
  bool found = false;
  for (const Case &test : kCases)
    if (argc == 1 || std::strcmp(argv[1], test.name) == 0) {
      found = true;
      std::printf("%s\n", test.name);
      std::fflush(stdout);
      test.run(&context);
    }
  if (!found) {
    std::fprintf(stderr, "error: there is no such case\n");
    return 2;
  }
  return 0;
}
