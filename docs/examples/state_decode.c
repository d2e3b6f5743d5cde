// Decoding with the gated delta rule from C: one kernel for the prompt and for each
// token after it, and two states in turn, so that no step copies one. What a prompt of
// 40 tokens at once gives is what the same tokens one by one give.
#include "attn-c/Attn.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { H = 2, N = 40, D = 16 };

static const char text[] =
    "func.func @step(%q: tensor<2x?x16xf32>, %k: tensor<2x?x16xf32>, %v: tensor<2x?x16xf32>,\n"
    "                %g: tensor<2x?xf32>, %b: tensor<2x?xf32>, %s: tensor<2x16x16xf32>)\n"
    "    -> (tensor<2x?x16xf32>, tensor<2x16x16xf32>) {\n"
    "  %o, %t = attn.linear %q, %k, %v decay(%g : tensor<2x?xf32>) beta(%b : tensor<2x?xf32>)\n"
    "    state(%s : tensor<2x16x16xf32>) causal delta\n"
    "    : (tensor<2x?x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>)\n"
    "    -> (tensor<2x?x16xf32>, tensor<2x16x16xf32>)\n"
    "  return %o, %t : tensor<2x?x16xf32>, tensor<2x16x16xf32>\n"
    "}\n";

static void check(AttnStatus *status) {
  if (!status)
    return;
  fprintf(stderr, "%s\n", attnStatusGetMessage(status));
  exit(1);
}

static float x[3][H][N][D], decay[H][N], beta[H][N];

// Tokens [first, first + count) of all heads, from one state to the next.
static void run(AttnKernel *kernel, int first, int count, float *from, float *to, float *out) {
  AttnTensorView in[6], results[2];
  for (int i = 0; i < 3; ++i)
    in[i] = (AttnTensorView){x[i][0][first], ATTN_F32, 3, {H, count, D}, {N * D, D, 1}};
  in[3] = (AttnTensorView){&decay[0][first], ATTN_F32, 2, {H, count}, {N, 1}};
  in[4] = (AttnTensorView){&beta[0][first], ATTN_F32, 2, {H, count}, {N, 1}};
  in[5] = (AttnTensorView){from, ATTN_F32, 3, {H, D, D}, {D * D, D, 1}};
  results[0] = (AttnTensorView){out, ATTN_F32, 3, {H, count, D}, {N * D, D, 1}};
  results[1] = (AttnTensorView){to, ATTN_F32, 3, {H, D, D}, {D * D, D, 1}};
  check(attnKernelRun(kernel, in, 6, results, 2, 1, NULL));
}

int main(void) {
  AttnKernel *kernel;
  check(attnKernelCompile(text, strlen(text), NULL, NULL, &kernel));
  for (int h = 0; h < H; ++h)
    for (int n = 0; n < N; ++n) {
      decay[h][n] = -0.1f * (float)(n % 5);
      beta[h][n] = 0.5f + 0.25f * (float)h;
      for (int d = 0; d < D; ++d)
        for (int i = 0; i < 3; ++i) // keys of norm about 1
          x[i][h][n][d] = 0.35f * sinf((float)(i + 7 * h + 3 * n * (d + 1)));
    }
  static float states[2][H][D][D], zero[H][D][D], whole[H][N][D], single[H][N][D];
  run(kernel, 0, N, &zero[0][0][0], &states[0][0][0][0], &whole[0][0][0]);
  run(kernel, 0, 1, &zero[0][0][0], &states[0][0][0][0], &single[0][0][0]);
  for (int n = 1; n < N; ++n)
    run(kernel, n, 1, &states[(n - 1) % 2][0][0][0], &states[n % 2][0][0][0], &single[0][n][0]);
  float largest = 0;
  for (int h = 0; h < H; ++h)
    for (int n = 0; n < N; ++n)
      for (int d = 0; d < D; ++d)
        largest = fmaxf(largest, fabsf(whole[h][n][d] - single[h][n][d]));
  printf("at once and one by one differ by %s\n", largest < 1e-5f ? "rounding" : "more than that");
  attnKernelRelease(kernel);
  return largest < 1e-5f ? 0 : 1;
}
