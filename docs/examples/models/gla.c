// Gated linear attention (GLA, arXiv:2312.06635) from C: a gate for each token and channel.
#include "exact.h"

enum { H = 4, N = 100, D = 64 };

int main(int argc, char **argv) {
  AttnKernel *kernel = compileFile(argc, argv);
  AttnTensorView q = uniform(-1, 1, SHAPE(1, H, N, D)), k = uniform(-1, 1, SHAPE(1, H, N, D));
  AttnTensorView v = uniform(-1, 1, SHAPE(1, H, N, D)), g = uniform(-0.2, 0, SHAPE(1, H, N, D));
  AttnTensorView inputs[] = {q, k, v, g}, o;
  callKernel(kernel, inputs, 4, &o, 1);
  attnKernelRelease(kernel);
  return report("GLA", o, recurrence((Linear){.q = q, .k = k, .v = v, .decay = g, .scale = 0.125}));
}
