//===- abi.h - C ABI between compiled kernels and the runtime -------------===//
//
// The symbols that compiled kernels call, and those with which a host brackets
// a launch. Plain C: no LLVM, no MLIR, nothing but libc behind it.
//
// A host runs a kernel like this; each host thread may do so at the same time:
//
//   attn_rt_counters counters;
//   attn_rt_launch_begin(0);              // as many threads as the default
//   kernel(...);                          // calls the first group of symbols
//   attn_rt_launch_end(&counters);
//   if (counters.failed) ...              // the results are not to be used
//
// Launches. A thread has one launch open at a time; opening another starts the
// counters again. Kernels also run without a launch, on the default number of
// threads and uncounted. All threads that run cells of a launch count in it.
//
// Threads. The process has one pool, whose threads start when first needed and
// sleep between grids. A grid uses the threads of the pool that are free when
// it begins, up to the limit of its launch, and never waits for others: while
// many hosts launch at the same time, each may get fewer threads than its limit
// but always has its own. Cells run under the floating-point control register
// (rounding, flushing of denormals) of the thread that called.
// ATTN_NUM_THREADS is a decimal number of at least 1; anything else counts as
// absent. No launch gets more than 1024 threads. The default is found out once
// in a process, and again in the child of a fork.
//
// Workspace. Blocks are counted with the bytes asked for, from `attn_rt_alloc`
// to `attn_rt_free`; each thread keeps some freed blocks for the next task (at
// most 8, of at most 32 MiB each and 64 MiB in all), and these are not counted.
// A block may be freed by any thread, in the launch in which it was allocated.
//
// Results. A host may put results anywhere. Memory from `attn_rt_result_alloc`
// is kept by threads in the same way, so that the next result of the size does
// not begin with page faults; it is never counted, and may be freed by any
// thread at any time.
//
// Errors. Nothing here throws, aborts or prints. If the system refuses a
// thread, grids run with the threads there are; if it refuses memory, or the
// use of AMX, the launch says so and the kernel returns with nothing done.
//
// Products. `attn_rt_matmul` multiplies through oneDNN, which the process loads
// when the first product asks for it: no kernel needs it to be there. The file
// is the one that ATTN_MATRIX_LIBRARY names, by default libdnnl.so.2, else
// libdnnl.so.3; an empty name means none. The library computes each block of a
// product on one thread; which blocks there are depends on the extents alone,
// and so does the result.
//
// Fork. A child may launch: it has a pool of its own. Forking inside of a cell
// leaves a child that may only call exec or _exit, for the other threads that
// its grid would wait for do not exist in it.
//
// Unloading. A shared library that contains the runtime may be unloaded while
// no launch is open: its threads end first.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RT_ABI_H
#define ATTN_RT_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

//===----------------------------------------------------------------------===//
// Called by kernels
//===----------------------------------------------------------------------===//

/// One task of a parallel grid: runs the grid cells `[begin, end)`.
typedef void (*attn_rt_task)(void *context, int64_t begin, int64_t end);

/// Runs `task` over all cells `[0, count)` on the threads of the current
/// launch (the calling thread among them) and returns when every cell is done.
/// Cells are claimed dynamically, in ascending order, each exactly once. Nested
/// calls run on the calling thread alone. `count <= 0` calls nothing.
void attn_rt_parallel_for(int64_t count, attn_rt_task task, void *context);

/// The rows of a cell where a grid has `columns` cells for each block of `rows`
/// rows: the first of `most`, `most / 2`, `most / 4`, …, none below `least`, of
/// which each thread of the current launch gets at least four cells; the last
/// of them if none does. On one thread, or inside of a grid, `most`.
int64_t attn_rt_cell_rows(int64_t columns, int64_t rows, int64_t most,
                          int64_t least);

/// The columns of a cell where each of `states` states of `width` columns is
/// cut into cells, each of which takes the time of its columns and of `shared`
/// more: the one of `least`, 2 `least`, … and `width` by which the threads of
/// the current launch are done first, the largest of equals. On one thread, or
/// inside of a grid, `width`.
int64_t attn_rt_cell_columns(int64_t states, int64_t width, int64_t least,
                             int64_t shared);

/// Returns `bytes` bytes aligned to `alignment` (a power of two, at least the
/// pointer size); `bytes == 0` gives a unique non-null pointer. The bytes are
/// charged to the current launch as workspace. When memory is exhausted the
/// launch is marked failed and null is returned.
void *attn_rt_alloc(uint64_t bytes, uint64_t alignment);

/// Returns a block of `attn_rt_alloc` (null is ignored).
void attn_rt_free(void *pointer);

/// At least `bytes` bytes for a result, at a multiple of 64; null if the system
/// has none.
void *attn_rt_result_alloc(uint64_t bytes);

/// Returns memory of `attn_rt_result_alloc` (null is ignored).
void attn_rt_result_free(void *pointer);

/// Adds to the tile counters of the current launch: tiles of the whole grid,
/// tiles actually visited, and those among them that evaluated a mask.
void attn_rt_record_tiles(int64_t total, int64_t visited, int64_t partial);

/// Element types of products.
enum { ATTN_RT_F32 = 0, ATTN_RT_F64 = 1, ATTN_RT_F16 = 2, ATTN_RT_BF16 = 3 };

/// A product of matrices, for each batch b, row m and column n
///
///   out[b, m, n] = sum of rows[b, g, m, k] * weights[g * depth + k, n]
///
/// over g and k. Strides count elements and may have any sign. Every field
/// takes 64 bits, so that a kernel writes a product as a list of words.
typedef struct attn_rt_product {
  int64_t type;                                   ///< ATTN_RT_F32, …
  int64_t batches, groups, count, depth, columns; ///< extents of b, g, m, k, n
  const void *rows;
  int64_t row_strides[4]; ///< of b, g, m, k
  const void *weights;
  int64_t weight_strides[2]; ///< of g * depth + k, n
  void *out;
  int64_t out_strides[3]; ///< of b, m, n
} attn_rt_product;

/// Computes `number` products of the same rows (all fields of rows and all
/// extents but `columns` alike), as one grid on the threads of the current
/// launch. Sums of f16 and bf16 are f32, rounded once. Returns 1, or 0 if the
/// caller has to compute them: there is no library, or it would not be faster
/// (f64; few rows of a type that it lacks; an extent of 0).
int64_t attn_rt_matmul(const attn_rt_product *products, int64_t number);

/// Asks the system, once in a process, to let it use the tile registers of AMX:
/// all of its threads, those to come included. Returns 1 if it may. Otherwise
/// 0, and the current launch carries the reason.
int32_t attn_rt_request_amx(void);

//===----------------------------------------------------------------------===//
// Called by hosts
//===----------------------------------------------------------------------===//

/// What one launch did. Byte and tile counters are sums over all threads.
typedef struct attn_rt_counters {
  int64_t threads;         ///< threads that the launch could use
  int64_t tiles_total;     ///< tiles of the dense grid
  int64_t tiles_visited;   ///< tiles not proved empty by the mask
  int64_t tiles_partial;   ///< visited tiles that evaluated the mask
  int64_t workspace_bytes; ///< most bytes of workspace alive at one time
  int64_t failed;          ///< 1 if workspace could not be allocated
  int64_t amx_refused;     ///< why a kernel may not use AMX, as errno, or 0
} attn_rt_counters;

/// Opens a launch on the calling thread with at most `threads` threads (0 means
/// the default: ATTN_NUM_THREADS, else the processors this process may use) and
/// zeroes its counters. Launches of different threads are independent and may
/// run at the same time.
void attn_rt_launch_begin(int64_t threads);

/// Closes the launch of the calling thread and reports its counters (`counters`
/// may be null).
void attn_rt_launch_end(attn_rt_counters *counters);

/// Whether there is a matrix library (1) or not (0), which is found out once.
int64_t attn_rt_has_library(void);

/// The products that the matrix library computed in the launch of the calling
/// thread: the open one, else the last one.
int64_t attn_rt_library_products(void);

/// Workspace bytes alive in the process now; 0 when no kernel runs.
int64_t attn_rt_live_bytes(void);

/// The threads that `attn_rt_launch_begin(0)` would use.
int64_t attn_rt_default_threads(void);

#ifdef __cplusplus
}
#endif

#endif // ATTN_RT_ABI_H
