// The state space of Mamba-2 (SSD, arXiv:2405.21060) from C: what all heads share, B and C, is seen
// by each of them through a stride of 0.
#include "exact.h"

enum { H = 4, N = 100, D = 64, S = 128 };

int main(int argc, char **argv) {
  AttnKernel *kernel = compileFile(argc, argv);
  AttnTensorView c = shared(uniform(-1, 1, SHAPE(N, S)), H), b = shared(uniform(-1, 1, SHAPE(N, S)), H);
  AttnTensorView x = uniform(-1, 1, SHAPE(1, H, N, D)), decay = uniform(-0.2, 0, SHAPE(1, H, N));
  AttnTensorView state = zeros(ATTN_F32, SHAPE(1, H, S, D));
  AttnTensorView inputs[] = {c, b, x, decay, state}, results[2];
  callKernel(kernel, inputs, 5, results, 2);
  attnKernelRelease(kernel);
  return report("Mamba-2", results[0],
                recurrence((Linear){.q = c, .k = b, .v = x, .decay = decay, .scale = 1}));
}
