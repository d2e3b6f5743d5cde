//===- Attn.h - stable C API of the attention compiler --------------------===//
//
// Compile attention IR and run it on caller-owned memory. Opaque handles,
// status objects, strided tensor views. No function throws, aborts or prints.
// Every function may be called from any thread; a kernel may be run by many
// threads at the same time.
//
// Functions that can fail return an `AttnStatus *`: null means success, any
// other value is an error that the caller releases with `attnStatusDestroy`.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_C_ATTN_H
#define ATTN_C_ATTN_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define ATTN_C_EXPORT
#else
#define ATTN_C_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

//===----------------------------------------------------------------------===//
// Status
//===----------------------------------------------------------------------===//

typedef struct AttnStatus AttnStatus;

/// Kinds of failure, for callers that map them to their own error types.
typedef enum AttnStatusCode {
  ATTN_OK = 0,
  ATTN_INVALID_ARGUMENT =
      1, ///< a call that no kernel could accept (null handle, unknown name)
  ATTN_SHAPE_ERROR =
      2, ///< ranks, extents, element types or values do not fit the kernel
  ATTN_COMPILE_ERROR = 3, ///< the IR does not parse, verify or compile
  ATTN_UNSUPPORTED = 4,   ///< valid, but not on this target
  ATTN_OUT_OF_MEMORY = 5  ///< workspace could not be allocated
} AttnStatusCode;

/// The kind of failure; `ATTN_OK` for null.
ATTN_C_EXPORT AttnStatusCode attnStatusGetCode(const AttnStatus *status);
/// The message, valid until the status is destroyed; "" for null. Compiler
/// diagnostics carry line numbers and notes, one a line.
ATTN_C_EXPORT const char *attnStatusGetMessage(const AttnStatus *status);
/// Releases a status; null is ignored.
ATTN_C_EXPORT void attnStatusDestroy(AttnStatus *status);

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

/// Element types.
typedef enum AttnDType {
  ATTN_F32 = 0,
  ATTN_F64 = 1,
  ATTN_F16 = 2,
  ATTN_BF16 = 3,
  ATTN_I32 = 4,
  ATTN_I64 = 5,
  ATTN_I8 = 6,
  ATTN_I1 = 7,      ///< one byte an element, 0 or 1
  ATTN_F8E4M3FN = 8 ///< 4 bits of exponent, 3 of mantissa, no infinities
} AttnDType;

/// Most dimensions a view may have.
enum { ATTN_MAX_RANK = 8 };
/// The extent of a dimension that is known only at run time.
enum { ATTN_DYNAMIC = -1 };

/// A strided view of memory the caller owns. Strides count elements, may be
/// zero or negative; `data` points at the element with all indices zero and
/// needs no more alignment than its element type asks for (and not even that).
typedef struct AttnTensorView {
  void *data;
  AttnDType dtype;
  int32_t rank;
  int64_t sizes[ATTN_MAX_RANK];
  int64_t strides[ATTN_MAX_RANK];
} AttnTensorView;

/// Element type, rank and extents of a kernel's parameter or result;
/// `ATTN_DYNAMIC` where the extent is a run-time value.
typedef struct AttnTensorType {
  AttnDType dtype;
  int32_t rank;
  int64_t sizes[ATTN_MAX_RANK];
} AttnTensorType;

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

typedef struct AttnKernel AttnKernel;

/// Compiles the function `entry` of a module given as text. `entry` may be null
/// when the module has one public function of tensors; `target` may be null for
/// the host ("host", or a CPU name such as "x86-64-v3"). Equal (text, entry,
/// target) come from the in-process cache. The handle is one reference.
ATTN_C_EXPORT AttnStatus *attnKernelCompile(const char *text, size_t length,
                                            const char *entry,
                                            const char *target,
                                            AttnKernel **kernel);
/// Gives back one reference; null is ignored.
ATTN_C_EXPORT void attnKernelRelease(AttnKernel *kernel);

/// The number of tensors the kernel reads, and of those it writes.
ATTN_C_EXPORT int32_t attnKernelGetNumInputs(const AttnKernel *kernel);
ATTN_C_EXPORT int32_t attnKernelGetNumResults(const AttnKernel *kernel);
/// The type of input or result `index`.
ATTN_C_EXPORT AttnStatus *attnKernelGetInputType(const AttnKernel *kernel,
                                                 int32_t index,
                                                 AttnTensorType *type);
ATTN_C_EXPORT AttnStatus *attnKernelGetResultType(const AttnKernel *kernel,
                                                  int32_t index,
                                                  AttnTensorType *type);

/// The input whose memory result `index` shares: a cache, or a state of linear
/// attention, that the kernel updates in place, marked `attn.inplace`. -1 where
/// the result has memory of its own, and where there is no such result.
ATTN_C_EXPORT int32_t attnKernelGetSharedInput(const AttnKernel *kernel,
                                               int32_t index);

/// Checks the inputs and fills `results[0 … numResults)` with element types,
/// ranks and extents (contiguous strides, null data), so that the caller can
/// allocate them.
ATTN_C_EXPORT AttnStatus *attnKernelInferResults(AttnKernel *kernel,
                                                 const AttnTensorView *inputs,
                                                 int32_t numInputs,
                                                 AttnTensorView *results,
                                                 int32_t numResults);

/// What one run did.
typedef struct AttnRunStats {
  int64_t threads;
  int64_t tiles_total;
  int64_t tiles_visited;
  int64_t tiles_partial;
  int64_t workspace_bytes;
  int64_t library_products; ///< products of matrices by a library, not by loops
} AttnRunStats;

/// Runs the kernel on `threads` threads (0: the default). Inputs are only read,
/// and results must not overlap them, but for a result that shares an input's
/// memory: its view must be that of the input. `stats` may be null.
ATTN_C_EXPORT AttnStatus *
attnKernelRun(AttnKernel *kernel, const AttnTensorView *inputs,
              int32_t numInputs, const AttnTensorView *results,
              int32_t numResults, int64_t threads, AttnRunStats *stats);

/// Text about a kernel: `what` is a stage ("source", "planned", "tiled",
/// "lowered", "binary"), "llvm", "asm", "explain" (the decisions, one a line)
/// or "stats" (JSON: isa, schedule, compile_ms, cache_hit, …). Release it with
/// `attnStringDestroy`.
ATTN_C_EXPORT AttnStatus *attnKernelDescribe(AttnKernel *kernel,
                                             const char *what, char **text);
/// Writes the kernel as a shared library with the same C entry points as
/// `attn-compile --emit=shared`.
ATTN_C_EXPORT AttnStatus *attnKernelSave(AttnKernel *kernel, const char *path);

/// Process-wide counters as JSON: kernels_compiled, cache_hits, disk_hits
/// (kernels found on disk), disk_rejected (bad files there, replaced),
/// disk_failures (kernels that could not be kept there), compile_ms,
/// live_workspace_bytes.
ATTN_C_EXPORT AttnStatus *attnGetStats(char **text);
/// Releases a string of this API; null is ignored.
ATTN_C_EXPORT void attnStringDestroy(char *text);

/// `bytes` bytes for a result, uninitialised, at a multiple of 64. Results may
/// lie anywhere; the thread that frees this memory keeps some of it (8 blocks,
/// of 32 MiB each and 64 MiB in all, at most) for the next result of the size,
/// which is then written without page faults. To be freed by
/// `attnMemoryDestroy`.
ATTN_C_EXPORT AttnStatus *attnMemoryCreate(uint64_t bytes, void **memory);

/// Frees memory of `attnMemoryCreate`, on any thread; null is ignored.
ATTN_C_EXPORT void attnMemoryDestroy(void *memory);

/// The version of the compiler, "major.minor.patch".
ATTN_C_EXPORT const char *attnGetVersion(void);

#ifdef __cplusplus
}
#endif

#endif // ATTN_C_ATTN_H
