// Kimi Delta Attention (KDA, arXiv:2510.26692) from C: the delta rule, after a factor for each token and channel.
#include "exact.h"

enum { H = 4, N = 100, D = 64 };

int main(int argc, char **argv) {
  AttnKernel *kernel = compileFile(argc, argv);
  double norm = 1.7 / sqrt(D); // makes keys of norm about 1
  AttnTensorView q = uniform(-1, 1, SHAPE(1, H, N, D)), k = uniform(-norm, norm, SHAPE(1, H, N, D));
  AttnTensorView v = uniform(-1, 1, SHAPE(1, H, N, D)), beta = uniform(0, 1, SHAPE(1, H, N));
  AttnTensorView g = uniform(-0.2, 0, SHAPE(1, H, N, D)), inputs[] = {q, k, v, beta, g}, o;
  callKernel(kernel, inputs, 5, &o, 1);
  attnKernelRelease(kernel);
  Linear model = {.q = q, .k = k, .v = v, .decay = g, .beta = beta, .delta = 1, .scale = 0.125};
  return report("KDA", o, recurrence(model));
}
