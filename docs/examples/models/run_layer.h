//===- run_layer.h - what the C programs of the models share ---*- C -*-===//
//
// A kernel from a file of IR, arrays to call it on, and how far its result is from
// the exact one. The calls of the API are all here but attnKernelRelease.
//
//   cc -Iinclude docs/examples/models/gla.c -Lbuild/lib -lAttnC -lm -o gla
//   LD_LIBRARY_PATH=build/lib ./gla docs/examples/models/gla.mlir
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_EXAMPLES_RUN_LAYER_H
#define ATTN_EXAMPLES_RUN_LAYER_H

#include "attn-c/Attn.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/// The rank and the extents of an array: SHAPE(1, 4, 100, 64).
#define SHAPE(...) \
  (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[]) { __VA_ARGS__ }

/// Ends the program with the message of an error, if there is one.
static inline void check(AttnStatus *status) {
  if (!status)
    return;
  fprintf(stderr, "error: %s\n", attnStatusGetMessage(status));
  attnStatusDestroy(status);
  exit(1);
}

/// Memory that lives until the program ends, all zeros.
static inline void *allocate(size_t count, size_t size) {
  void *data = calloc(count ? count : 1, size);
  if (!data) {
    fprintf(stderr, "error: no memory for %zu elements\n", count);
    exit(1);
  }
  return data;
}

/// Compiles the function in the file that the program's one argument names.
static inline AttnKernel *compileFile(int argc, char **argv) {
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (!file) {
    fprintf(stderr, "usage: %s FILE.mlir, expected a file that can be read\n", argv[0]);
    exit(1);
  }
  static char text[1 << 14];
  size_t length = fread(text, 1, sizeof(text), file);
  fclose(file);
  AttnKernel *kernel;
  check(attnKernelCompile(text, length, NULL, NULL, &kernel));
  return kernel;
}

/// The size of an element of the two types that these programs use.
static inline size_t sizeOf(AttnDType type) { return type == ATTN_F64 ? sizeof(double) : 4; }

/// A contiguous array of zeros.
static inline AttnTensorView zeros(AttnDType type, int rank, const int64_t *sizes) {
  AttnTensorView view = {.dtype = type, .rank = rank};
  int64_t count = 1;
  for (int i = rank - 1; i >= 0; --i) {
    view.sizes[i] = sizes[i];
    view.strides[i] = count;
    count *= sizes[i];
  }
  view.data = allocate((size_t)count, sizeOf(type));
  return view;
}

/// A contiguous array of numbers in least … most, others each time.
static inline AttnTensorView uniform(double least, double most, int rank, const int64_t *sizes) {
  static uint32_t state = 1;
  AttnTensorView view = zeros(ATTN_F32, rank, sizes);
  for (int64_t i = 0; i < view.sizes[0] * view.strides[0]; ++i) {
    state = state * 1664525u + 1013904223u;
    ((float *)view.data)[i] = (float)(least + (most - least) * (state >> 8) / 16777216.0);
  }
  return view;
}

/// Where element (h, t, d) of the first batch element is; x is [B, H, N, D] or [B, H, N].
static inline int64_t offsetOf(const AttnTensorView *x, int64_t h, int64_t t, int64_t d) {
  return h * x->strides[1] + t * x->strides[2] + (x->rank == 4 ? d * x->strides[3] : 0);
}

/// Element (h, t, d) of the first batch element, in double.
static inline double at(const AttnTensorView *x, int64_t h, int64_t t, int64_t d) {
  int64_t offset = offsetOf(x, h, t, d);
  return x->dtype == ATTN_F64 ? ((double *)x->data)[offset] : ((float *)x->data)[offset];
}

/// Element (h, t, d) of an array of double.
static inline double *to(const AttnTensorView *x, int64_t h, int64_t t, int64_t d) {
  return (double *)x->data + offsetOf(x, h, t, d);
}

/// Calls the kernel: results get the extents that follow from the inputs, and memory.
static inline void callKernel(AttnKernel *kernel, const AttnTensorView *inputs, int numInputs,
                              AttnTensorView *results, int numResults) {
  check(attnKernelInferResults(kernel, inputs, numInputs, results, numResults));
  for (int i = 0; i < numResults; ++i)
    results[i] = zeros(results[i].dtype, results[i].rank, results[i].sizes);
  check(attnKernelRun(kernel, inputs, numInputs, results, numResults, 0, NULL));
}

/// Prints the largest error of `o` beside the largest number of `exact`; 0 if it is rounding.
static inline int report(const char *name, AttnTensorView o, AttnTensorView exact) {
  double error = 0, largest = 0;
  for (int64_t h = 0; h < o.sizes[1]; ++h)
    for (int64_t t = 0; t < o.sizes[2]; ++t)
      for (int64_t e = 0; e < o.sizes[3]; ++e) {
        double off = fabs(at(&o, h, t, e) - at(&exact, h, t, e));
        error = off <= error ? error : off; // a NaN is kept
        largest = fmax(largest, fabs(at(&exact, h, t, e)));
      }
  printf("%s: largest error %.1e\n", name, error / largest);
  return error < 2e-5 * largest ? 0 : 1;
}

#endif // ATTN_EXAMPLES_RUN_LAYER_H
