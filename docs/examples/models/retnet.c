// Retention (RetNet, arXiv:2307.08621) from C: each head forgets by a factor of its own, and the
// state that a call leaves is where the next one goes on.
#include "exact.h"

enum { H = 4, N = 100, D = 64 };

int main(int argc, char **argv) {
  AttnKernel *kernel = compileFile(argc, argv);
  AttnTensorView q = uniform(-1, 1, SHAPE(1, H, N, D)), k = uniform(-1, 1, SHAPE(1, H, N, D));
  AttnTensorView v = uniform(-1, 1, SHAPE(1, H, N, D)), state = zeros(ATTN_F32, SHAPE(1, H, D, D));
  AttnTensorView inputs[] = {q, k, v, state}, results[2];
  callKernel(kernel, inputs, 4, results, 2);
  attnKernelRelease(kernel);
  AttnTensorView decay = zeros(ATTN_F64, SHAPE(1, H, N));
  for (int h = 0; h < H; ++h)
    for (int t = 0; t < N; ++t)
      *to(&decay, h, t, 0) = log(1 - pow(2, -5 - h));
  return report("RetNet", results[0],
                recurrence((Linear){.q = q, .k = k, .v = v, .decay = decay, .scale = 0.125}));
}
