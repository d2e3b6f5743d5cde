//===- Matmul.cpp - Products of matrices by a library ---------------------===//
//
// Implements attn_rt_matmul: cuts products into blocks, which the library
// computes one thread each. What it cannot read or write where it lies is
// copied: other strides than it takes, several groups, other types.
//
// The blocks of all products are one grid, and those of the same rows follow
// each other, so that x is read from the cache for q, k and v. Blocks of 512
// rows by 512 columns reach 97 % of the rate of whole products; 128 columns 94
// %, 64 columns 83 % (docs/Rationale/Projections.md).
//
//===----------------------------------------------------------------------===//

#include "Launch.h"
#include "MatrixLibrary.h"
#include "RowCopy.h"

#include "attn-rt/abi.h"

#include <algorithm>
#include <atomic>

using namespace attn::rt;

static_assert(sizeof(attn_rt_product) == 18 * 8,
              "kernels write products as words");

namespace {

/// Rows of a block.
constexpr int64_t blockRows = 512;

/// With fewer rows than this, the weights are read at the rate of memory:
/// converting them first would double the time, and long rows help.
constexpr int64_t fewRows = 16;

/// Memory of the runtime, given back at the end of a scope.
class Workspace {
public:
  Workspace() = default;
  ~Workspace() { attn_rt_free(memory); }
  Workspace(const Workspace &) = delete;
  Workspace &operator=(const Workspace &) = delete;

  /// Allocates `count` elements of `type`; null if there is no memory.
  void *allocate(int64_t count, int64_t type) {
    return memory = attn_rt_alloc(uint64_t(count) * elementSize(type), 64);
  }

private:
  void *memory = nullptr;
};

/// A matrix to copy: `lines` of `groups` parts of `length` elements. The lines
/// of `batch` follow those of the batch before it.
struct Source {
  const void *data;
  int64_t type, batchLines, lines, groups, length;
  int64_t batchStride, lineStride, groupStride, elementStride;
};

/// The grid that copies a matrix: its cells are lines.
struct CopyGrid {
  Source from;
  char *to;
  int64_t type;
  RowCopy copy;

  /// Copies the lines `[begin, end)`.
  static void run(void *context, int64_t begin, int64_t end);
};

/// The weights and the result of one product.
struct Side {
  Matrix weights;
  char *out;
  int64_t columns, blockColumns, blocks;
  int64_t batchStride, rowStride, columnStride;
  bool direct; ///< whether the library writes the result where it belongs
  Workspace copy;
};

/// The grid that multiplies: its cells are blocks of results.
class ProductGrid {
public:
  /// Prepares the products; false if the library does not serve.
  bool prepare(const attn_rt_product *products, int64_t number);

  /// Computes all products; false if the library failed.
  bool run();

private:
  /// Most products that are computed together.
  static constexpr int64_t most = 8;

  bool prepareRows(const attn_rt_product &product);
  bool prepareSide(const attn_rt_product &product, Side &side);
  /// The batches as further rows where no copy is needed for that.
  void foldBatches();

  static void runCells(void *context, int64_t begin, int64_t end);
  bool runCell(int64_t cell);
  bool multiply(int64_t count, int64_t columns, const Matrix &a,
                const Matrix &b, const Matrix &c);

  int64_t type;     ///< of the operands in memory
  int64_t computed; ///< of the operands of the library
  RowCopy widen, narrow;
  int64_t batches, count, depth;
  int64_t rowBlocks, blocksOfRows;
  Matrix rows;
  int64_t rowsBatchStride;
  Workspace rowsCopy;
  int64_t number;
  Side sides[most];
  std::atomic<bool> failed{false};
};

} // namespace

void CopyGrid::run(void *context, int64_t begin, int64_t end) {
  const CopyGrid &grid = *static_cast<CopyGrid *>(context);
  const Source &from = grid.from;
  auto *data = static_cast<const char *>(from.data);
  int64_t fromSize = elementSize(from.type), toSize = elementSize(grid.type);
  for (int64_t line = begin; line < end; ++line)
    for (int64_t group = 0; group < from.groups; ++group)
      grid.copy(data + fromSize * (line / from.batchLines * from.batchStride +
                                   line % from.batchLines * from.lineStride +
                                   group * from.groupStride),
                from.elementStride,
                grid.to + toSize * from.length * (line * from.groups + group),
                1, from.length);
}

/// Copies a matrix into `workspace`, row after row; null if there is no memory.
static void *copyMatrix(const Source &from, int64_t type, RowCopy copy,
                        Workspace &workspace) {
  void *to = workspace.allocate(from.lines * from.groups * from.length, type);
  if (!to)
    return nullptr;
  CopyGrid grid{from, static_cast<char *>(to), type, copy};
  attn_rt_parallel_for(from.lines, CopyGrid::run, &grid);
  return to;
}

/// Whether rows `rowStride` apart of `columns` elements `columnStride` apart
/// are side by side and do not overlap.
static bool isRowMajor(int64_t rows, int64_t columns, int64_t rowStride,
                       int64_t columnStride) {
  return (columnStride == 1 || columns == 1) &&
         (rowStride >= columns || rows == 1);
}

/// The matrix at `data` in one of the forms that the library reads.
static bool describe(void *data, int64_t rows, int64_t columns,
                     int64_t rowStride, int64_t columnStride, Matrix &matrix) {
  // The stride of a single row or column is anything.
  if (isRowMajor(rows, columns, rowStride, columnStride))
    matrix = {data, rows == 1 ? columns : rowStride, false};
  else if (isRowMajor(columns, rows, columnStride, rowStride))
    matrix = {data, columns == 1 ? rows : columnStride, true};
  else
    return false;
  return true;
}

bool ProductGrid::prepareRows(const attn_rt_product &product) {
  const auto [batchStride, groupStride, rowStride, depthStride] =
      product.row_strides;
  int64_t groupDepth = product.depth;
  bool oneGroup =
      product.groups == 1 || groupStride == groupDepth * depthStride;
  rowsBatchStride = batchStride;
  if (type == computed && oneGroup &&
      describe(const_cast<void *>(product.rows), count, depth, rowStride,
               depthStride, rows) &&
      !(rows.transposed && computed == ATTN_RT_BF16))
    return true;
  Source from{product.rows,   type,       count,       batches * count,
              product.groups, groupDepth, batchStride, rowStride,
              groupStride,    depthStride};
  rows = {copyMatrix(from, computed, widen, rowsCopy), depth, false};
  rowsBatchStride = count * depth;
  return rows.data;
}

bool ProductGrid::prepareSide(const attn_rt_product &product, Side &side) {
  const auto [depthStride, columnStride] = product.weight_strides;
  side.columns = product.columns;
  side.out = static_cast<char *>(product.out);
  side.batchStride = product.out_strides[0];
  side.rowStride = product.out_strides[1];
  side.columnStride = product.out_strides[2];
  side.direct =
      type == computed &&
      isRowMajor(count, side.columns, side.rowStride, side.columnStride);
  if (type == computed &&
      describe(const_cast<void *>(product.weights), depth, side.columns,
               depthStride, columnStride, side.weights))
    return true;
  // Copied along what lies side by side, if anything does.
  bool transposed = depthStride == 1;
  int64_t lines = transposed ? side.columns : depth;
  int64_t length = transposed ? depth : side.columns;
  Source from{product.weights,
              type,
              lines,
              lines,
              1,
              length,
              0,
              transposed ? columnStride : depthStride,
              0,
              transposed ? depthStride : columnStride};
  side.weights = {copyMatrix(from, computed, widen, side.copy), length,
                  transposed};
  return side.weights.data;
}

void ProductGrid::foldBatches() {
  int64_t stride = rows.transposed ? 1 : rows.stride;
  bool folds = rowsBatchStride == count * stride;
  for (int64_t index = 0; index < number; ++index)
    folds &= sides[index].batchStride == count * sides[index].rowStride;
  if (batches == 1 || !folds)
    return;
  count *= batches;
  batches = 1;
  // Several batches of one row are rows, whose strides now matter.
  for (int64_t index = 0; index < number; ++index)
    sides[index].direct &= sides[index].rowStride >= sides[index].columns;
}

bool ProductGrid::prepare(const attn_rt_product *products,
                          int64_t productCount) {
  const attn_rt_product &first = products[0];
  type = first.type;
  batches = first.batches;
  count = first.count;
  depth = first.groups * first.depth;
  number = productCount;
  int64_t smallest = std::min({batches, count, depth, most + 1 - number});
  for (int64_t index = 0; index < number; ++index)
    smallest = std::min(smallest, products[index].columns);
  if (smallest < 1 || type == ATTN_RT_F64 || !canMultiplyFloats())
    return false;
  bool bfloats = type == ATTN_RT_BF16 && canMultiplyBFloats();
  computed = bfloats ? ATTN_RT_BF16 : ATTN_RT_F32;
  if (type != computed && batches * count < fewRows)
    return false;
  widen = selectRowCopy(type, computed);
  narrow = selectRowCopy(computed, type);
  if (!widen || !narrow || !prepareRows(first))
    return false;
  for (int64_t index = 0; index < number; ++index)
    if (!prepareSide(products[index], sides[index]))
      return false;
  foldBatches();

  rowBlocks = (count + blockRows - 1) / blockRows;
  blocksOfRows = 0;
  for (int64_t index = 0; index < number; ++index) {
    Side &side = sides[index];
    // A block that is written to workspace first should stay in the cache.
    side.blockColumns = count < fewRows ? 1024 : side.direct ? 512 : 256;
    side.blocks = (side.columns + side.blockColumns - 1) / side.blockColumns;
    blocksOfRows += side.blocks;
  }
  return true;
}

bool ProductGrid::multiply(int64_t count, int64_t columns, const Matrix &a,
                           const Matrix &b, const Matrix &c) {
  return computed == ATTN_RT_BF16
             ? multiplyBFloats(count, depth, columns, a, b, c)
             : multiplyFloats(count, depth, columns, a, b, c);
}

bool ProductGrid::runCell(int64_t cell) {
  int64_t block = cell % blocksOfRows;
  int64_t rowBlock = cell / blocksOfRows;
  Side *side = sides;
  for (; block >= side->blocks; ++side)
    block -= side->blocks;
  int64_t batch = rowBlock / rowBlocks;
  int64_t row = rowBlock % rowBlocks * blockRows;
  int64_t column = block * side->blockColumns;
  int64_t blockCount = std::min(count - row, blockRows);
  int64_t columns = std::min(side->columns - column, side->blockColumns);

  int64_t size = elementSize(computed);
  auto shift = [](void *data, int64_t bytes) -> void * {
    return static_cast<char *>(data) + bytes;
  };
  Matrix a = rows, b = side->weights;
  a.data = shift(a.data, size * (batch * rowsBatchStride +
                                 row * (a.transposed ? 1 : a.stride)));
  b.data = shift(b.data, size * column * (b.transposed ? b.stride : 1));
  char *out = side->out + elementSize(type) * (batch * side->batchStride +
                                               row * side->rowStride +
                                               column * side->columnStride);
  if (side->direct)
    return multiply(blockCount, columns, a, b,
                    {out, count == 1 ? side->columns : side->rowStride, false});
  Workspace workspace;
  Matrix c = {workspace.allocate(blockCount * columns, computed), columns,
              false};
  if (!c.data || !multiply(blockCount, columns, a, b, c))
    return false;
  for (int64_t r = 0; r < blockCount; ++r)
    narrow(static_cast<char *>(c.data) + size * r * columns, 1,
           out + elementSize(type) * r * side->rowStride, side->columnStride,
           columns);
  return true;
}

void ProductGrid::runCells(void *context, int64_t begin, int64_t end) {
  ProductGrid &grid = *static_cast<ProductGrid *>(context);
  for (int64_t cell = begin; cell < end; ++cell)
    if (!grid.runCell(cell))
      grid.failed.store(true, std::memory_order_relaxed);
}

bool ProductGrid::run() {
  attn_rt_parallel_for(batches * rowBlocks * blocksOfRows, runCells, this);
  return !failed.load(std::memory_order_relaxed);
}

int64_t attn_rt_has_library() { return canMultiplyFloats(); }

int64_t attn_rt_matmul(const attn_rt_product *products, int64_t number) {
  ProductGrid grid;
  if (number < 1 || !grid.prepare(products, number) || !grid.run())
    return 0;
  if (Launch *launch = currentLaunch())
    launch->products.fetch_add(number, std::memory_order_relaxed);
  return 1;
}
