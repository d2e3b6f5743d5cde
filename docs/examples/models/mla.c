// Multi-head latent attention (MLA, arXiv:2405.04434) from C: all heads read one row of 512 + 64
// numbers a token. Checked is the plain form, with keys and values of each head written down.
#include "exact.h"

enum { H = 16, N = 30, C = 512, R = 64, D = 128 };

static double softmax(double score) { return exp(0.0722 * score); }

int main(int argc, char **argv) {
  AttnKernel *kernel = compileFile(argc, argv);
  AttnTensorView qn = uniform(-1, 1, SHAPE(1, H, N, D)), qr = uniform(-1, 1, SHAPE(1, H, N, R));
  AttnTensorView cache = uniform(-1, 1, SHAPE(1, N, C + R));
  AttnTensorView uk = uniform(-0.04, 0.04, SHAPE(H, C, D)), uv = uniform(-0.1, 0.1, SHAPE(H, C, D));
  AttnTensorView inputs[] = {qn, qr, cache, uk, uv}, o;
  callKernel(kernel, inputs, 5, &o, 1);
  attnKernelRelease(kernel);
  AttnTensorView rows = {cache.data, ATTN_F32, 4, {1, H, N, C}, {0, 0, C + R, 1}};
  AttnTensorView up = {uk.data, ATTN_F32, 4, {1, H, C, D}, {0, C * D, D, 1}}, down = up;
  down.data = uv.data;
  AttnTensorView keys = product(rows, up), q = zeros(ATTN_F64, SHAPE(1, H, N, D + R)), k = q;
  k.data = allocate(H * N * (D + R), sizeof(double));
  for (int h = 0; h < H; ++h)
    for (int t = 0; t < N; ++t)
      for (int d = 0; d < D + R; ++d) {
        *to(&q, h, t, d) = d < D ? at(&qn, h, t, d) : at(&qr, h, t, d - D);
        *to(&k, h, t, d) = d < D ? at(&keys, h, t, d) : at(&rows, h, t, C + d - D);
      }
  return report("MLA", o, weighted(q, k, product(rows, down), softmax, PAST));
}
