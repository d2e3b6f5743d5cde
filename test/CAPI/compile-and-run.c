// RUN: mkdir -p %t
// RUN: %cc -std=c11 -Wall -Wextra -Werror -pedantic -I%include %s \
// RUN:   -L%build/lib -lAttnC -Wl,-rpath,%build/lib -lm -o %t/program
// RUN: %t/program | FileCheck %s
// CHECK: result 2x3x4
// CHECK: largest error is small
// CHECK: tiles_visited {{[1-9]}}

// Compiles causal attention and compares what it computes with three loops.
#include "attn-c/Attn.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { H = 2, N = 3, D = 4 };

static const char text[] =
    "func.func @attention(%q: tensor<2x?x4xf32>, %k: tensor<2x?x4xf32>,\n"
    "                     %v: tensor<2x?x4xf32>) -> tensor<2x?x4xf32> {\n"
    "  %o = attn.sdpa %q, %k, %v mask(causal) align(top_left)\n"
    "    : (tensor<2x?x4xf32>, tensor<2x?x4xf32>, tensor<2x?x4xf32>) -> "
    "tensor<2x?x4xf32>\n"
    "  return %o : tensor<2x?x4xf32>\n"
    "}\n";

static void check(AttnStatus *status) {
  if (!status)
    return;
  fprintf(stderr, "%s\n", attnStatusGetMessage(status));
  attnStatusDestroy(status);
  exit(1);
}

int main(void) {
  AttnKernel *kernel;
  check(attnKernelCompile(text, strlen(text), NULL, NULL, &kernel));
  float data[3][H][N][D], out[H][N][D];
  for (int x = 0; x < 3 * H * N * D; ++x)
    (&data[0][0][0][0])[x] = sinf((float)(x * x));
  AttnTensorView inputs[3], result;
  for (int x = 0; x < 3; ++x)
    inputs[x] =
        (AttnTensorView){data[x], ATTN_F32, 3, {H, N, D}, {N * D, D, 1}};
  check(attnKernelInferResults(kernel, inputs, 3, &result, 1));
  printf("result %dx%dx%d\n", (int)result.sizes[0], (int)result.sizes[1],
         (int)result.sizes[2]);
  result.data = out;
  AttnRunStats stats;
  check(attnKernelRun(kernel, inputs, 3, &result, 1, 1, &stats));

  double largest = 0;
  for (int h = 0; h < H; ++h)
    for (int i = 0; i < N; ++i) {
      double sum = 0, exact[D] = {0};
      for (int j = 0; j <= i; ++j) {
        double score = 0;
        for (int d = 0; d < D; ++d)
          score += (double)data[0][h][i][d] * data[1][h][j][d];
        double weight = exp(score / sqrt(D));
        sum += weight;
        for (int d = 0; d < D; ++d)
          exact[d] += weight * data[2][h][j][d];
      }
      for (int d = 0; d < D; ++d)
        largest = fmax(largest, fabs(out[h][i][d] - exact[d] / sum));
    }
  printf("largest error is %s\n", largest < 4e-6 ? "small" : "large");
  printf("tiles_visited %d\n", (int)stats.tiles_visited);
  attnKernelRelease(kernel);
  return 0;
}
