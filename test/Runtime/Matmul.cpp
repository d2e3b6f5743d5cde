//===- Matmul.cpp - Tests of products of matrices -------------------------===//
//
// Products by the matrix library against sums in f64, in every layout.
//
//===----------------------------------------------------------------------===//

#include "Cases.h"

#include <cmath>
#include <cstring>
#include <vector>

namespace {

/// The upper half of an f32.
struct BFloat {
  uint16_t bits;
};

/// Element types by their number, and how far a sum may be off, relative to the
/// sum of absolute products: f32 rounding over the depth, or one rounding.
template <typename T> struct Type;
template <> struct Type<float> {
  static constexpr int64_t number = ATTN_RT_F32;
  static constexpr double bound = 1e-5;
};
template <> struct Type<double> {
  static constexpr int64_t number = ATTN_RT_F64;
};
template <> struct Type<_Float16> {
  static constexpr int64_t number = ATTN_RT_F16;
  static constexpr double bound = 1e-3;
};
template <> struct Type<BFloat> {
  static constexpr int64_t number = ATTN_RT_BF16;
  static constexpr double bound = 1e-2;
};

} // namespace

static double widen(double value) { return value; }
static double widen(BFloat value) {
  uint32_t bits = uint32_t(value.bits) << 16;
  float wide;
  std::memcpy(&wide, &bits, sizeof(wide));
  return wide;
}

static void narrow(float from, BFloat &to) {
  uint32_t bits;
  std::memcpy(&bits, &from, sizeof(bits));
  to.bits = bits >> 16;
}
template <typename T> static void narrow(float from, T &to) { to = T(from); }

/// Numbers in [-1, 1), the same in every run.
template <typename T> static std::vector<T> makeValues(int64_t count) {
  std::vector<T> values(count);
  uint32_t state = 1;
  for (T &value : values) {
    state = state * 1664525 + 1013904223;
    narrow(float(int32_t(state)) / 2147483648.0f, value);
  }
  return values;
}

/// A product with operands of its own, row after row.
template <typename T> struct Problem {
  Problem(int64_t batches, int64_t groups, int64_t count, int64_t depth,
          int64_t columns)
      : rows(makeValues<T>(2 * batches * groups * count * depth)),
        weights(makeValues<T>(2 * groups * depth * columns)),
        out(2 * batches * count * columns),
        product{Type<T>::number,
                batches,
                groups,
                count,
                depth,
                columns,
                rows.data(),
                {groups * count * depth, count * depth, depth, 1},
                weights.data(),
                {columns, 1},
                out.data(),
                {count * columns, columns, 1}} {}

  /// Computes it and holds it to sums in f64.
  void check(int64_t threads = 2) {
    attn_rt_launch_begin(threads);
    CHECK_EQUAL(attn_rt_matmul(&product, 1), 1);
    attn_rt_counters counters;
    attn_rt_launch_end(&counters);
    CHECK_EQUAL(counters.failed, 0);
    CHECK_EQUAL(attn_rt_library_products(), 1);
    CHECK_EQUAL(attn_rt_live_bytes(), 0);
    checkValues();
  }

  void checkValues() const {
    const attn_rt_product &p = product;
    for (int64_t b = 0; b < p.batches; ++b)
      for (int64_t m = 0; m < p.count; ++m)
        for (int64_t n = 0; n < p.columns; ++n)
          checkValue(b, m, n);
  }

  void checkValue(int64_t b, int64_t m, int64_t n) const {
    const attn_rt_product &p = product;
    auto *x = static_cast<const T *>(p.rows);
    auto *w = static_cast<const T *>(p.weights);
    double sum = 0, size = 0;
    for (int64_t g = 0; g < p.groups; ++g)
      for (int64_t k = 0; k < p.depth; ++k) {
        double term =
            widen(x[b * p.row_strides[0] + g * p.row_strides[1] +
                    m * p.row_strides[2] + k * p.row_strides[3]]) *
            widen(w[(g * p.depth + k) * p.weight_strides[0] +
                    n * p.weight_strides[1]]);
        sum += term;
        size += std::fabs(term);
      }
    double got =
        widen(static_cast<T *>(p.out)[b * p.out_strides[0] +
                                      m * p.out_strides[1] +
                                      n * p.out_strides[2]]);
    CHECK(std::fabs(got - sum) <= Type<T>::bound * (1 + size));
  }

  std::vector<T> rows, weights, out;
  attn_rt_product product;
};

/// Every layout that a kernel may have, in type T, with at least 16 rows.
template <typename T> static void checkLayouts() {
  Problem<T>(1, 1, 33, 70, 65).check();
  // More than one block each way.
  Problem<T>(1, 1, 514, 3, 1030).check();
  // Batches that are further rows, and batches that are not.
  Problem<T>(3, 1, 17, 8, 20).check();
  Problem<T> apart(3, 1, 17, 8, 20);
  apart.product.row_strides[0] += 5;
  apart.product.out_strides[0] += 3;
  apart.check();
  Problem<T> single(20, 1, 1, 8, 20);
  single.check();
  // Heads as groups.
  Problem<T>(2, 3, 17, 8, 20).check();
  // Weights transposed, or with neither dimension side by side.
  Problem<T> transposed(1, 1, 17, 9, 20);
  transposed.product.weight_strides[0] = 1;
  transposed.product.weight_strides[1] = 9;
  transposed.check();
  Problem<T> spread(1, 1, 17, 9, 20);
  spread.product.weight_strides[0] = 40;
  spread.product.weight_strides[1] = 2;
  spread.check();
  // Rows transposed; backwards; all the same.
  Problem<T> columns(1, 1, 17, 9, 20);
  columns.product.row_strides[2] = 1;
  columns.product.row_strides[3] = 17;
  columns.check();
  Problem<T> backwards(1, 1, 17, 9, 20);
  backwards.product.rows = backwards.rows.data() + 16 * 9;
  backwards.product.row_strides[2] = -9;
  backwards.check();
  Problem<T> same(1, 1, 17, 9, 20);
  same.product.row_strides[2] = 0;
  same.check();
  // Results apart, and transposed.
  Problem<T> scattered(1, 1, 17, 9, 20);
  scattered.product.out_strides[1] = 40;
  scattered.product.out_strides[2] = 2;
  scattered.check();
  Problem<T> turned(1, 1, 17, 9, 20);
  turned.product.out_strides[1] = 1;
  turned.product.out_strides[2] = 17;
  turned.check();
}

TEST_CASE(floats, "matmul-f32") {
  if (!attn_rt_has_library())
    return;
  checkLayouts<float>();
  // One row, one column, one product.
  Problem<float>(1, 1, 1, 70, 2050).check();
  Problem<float>(1, 1, 5, 70, 1).check();
  Problem<float>(1, 1, 1, 1, 1).check();
}

TEST_CASE(bfloats, "matmul-bf16") {
  if (attn_rt_has_library())
    checkLayouts<BFloat>();
}

// Declined where the processor has no conversion.
TEST_CASE(halves, "matmul-f16") {
  Problem<_Float16> probe(1, 1, 16, 4, 4);
  if (attn_rt_matmul(&probe.product, 1))
    checkLayouts<_Float16>();
}

// Products of the same rows are one grid, and are counted one by one.
TEST_CASE(together, "matmul-together") {
  if (!attn_rt_has_library())
    return;
  Problem<float> first(1, 1, 40, 30, 600), second(1, 1, 40, 30, 7);
  second.product.rows = first.product.rows;
  attn_rt_product both[] = {first.product, second.product};
  attn_rt_launch_begin(2);
  CHECK_EQUAL(attn_rt_matmul(both, 2), 1);
  attn_rt_launch_end(nullptr);
  CHECK_EQUAL(attn_rt_library_products(), 2);
  first.checkValues();
  second.checkValues();
  attn_rt_launch_begin(2);
  attn_rt_launch_end(nullptr);
  CHECK_EQUAL(attn_rt_library_products(), 0);
}

// The result depends on the number of threads in no bit.
TEST_CASE(threads, "matmul-threads") {
  if (!attn_rt_has_library())
    return;
  Problem<float> one(1, 1, 700, 100, 1100), many(1, 1, 700, 100, 1100);
  one.check(1);
  many.check(4);
  CHECK(std::memcmp(one.out.data(), many.out.data(),
                    one.out.size() * sizeof(float)) == 0);
}

// What the library lacks, or would not do faster, is left to the caller.
TEST_CASE(declined, "matmul-declined") {
  Problem<double> doubles(1, 1, 20, 4, 4);
  CHECK_EQUAL(attn_rt_matmul(&doubles.product, 1), 0);
  Problem<_Float16> fewHalves(1, 1, 15, 4, 4);
  CHECK_EQUAL(attn_rt_matmul(&fewHalves.product, 1), 0);
  Problem<float> floats(1, 1, 20, 4, 4);
  for (int64_t attn_rt_product::*extent :
       {&attn_rt_product::batches, &attn_rt_product::groups,
        &attn_rt_product::count, &attn_rt_product::depth,
        &attn_rt_product::columns}) {
    attn_rt_product product = floats.product;
    product.*extent = 0;
    CHECK_EQUAL(attn_rt_matmul(&product, 1), 0);
  }
  CHECK_EQUAL(attn_rt_matmul(nullptr, 0), 0);
}

// With ATTN_MATRIX_LIBRARY as lit sets it, naming nothing that there is.
TEST_CASE(absent, "matmul-without-library") {
  if (!std::getenv("ATTN_MATRIX_LIBRARY"))
    return;
  CHECK_EQUAL(attn_rt_has_library(), 0);
  Problem<float> floats(1, 1, 20, 4, 4);
  CHECK_EQUAL(attn_rt_matmul(&floats.product, 1), 0);
}
