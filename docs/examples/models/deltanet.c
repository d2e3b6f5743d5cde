// DeltaNet (arXiv:2406.06484) from C: what the state holds for a key is replaced by its value, to
// the degree of beta.
#include "exact.h"

enum { H = 4, N = 100, D = 64 };

int main(int argc, char **argv) {
  AttnKernel *kernel = compileFile(argc, argv);
  double norm = 1.7 / sqrt(D); // makes keys of norm about 1
  AttnTensorView q = uniform(-1, 1, SHAPE(1, H, N, D)), k = uniform(-norm, norm, SHAPE(1, H, N, D));
  AttnTensorView v = uniform(-1, 1, SHAPE(1, H, N, D)), beta = uniform(0, 1, SHAPE(1, H, N));
  AttnTensorView inputs[] = {q, k, v, beta}, o;
  callKernel(kernel, inputs, 4, &o, 1);
  attnKernelRelease(kernel);
  Linear model = {.q = q, .k = k, .v = v, .beta = beta, .delta = 1, .scale = 0.125};
  return report("DeltaNet", o, recurrence(model));
}
