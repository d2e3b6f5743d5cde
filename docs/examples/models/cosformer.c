// cosFormer (arXiv:2202.08791) from C: weights relu(q) relu(k) cos(pi (i - j) / 2M) over their sum,
// as products of features at positions.
#include "exact.h"

enum { H = 4, N = 100, D = 64, M = 4096 };

static void cosine(const double *x, double *y, int64_t position) {
  double angle = acos(-1) * (double)position / (2 * M);
  for (int d = 0; d < D; ++d) {
    y[d] = fmax(x[d], 0) * cos(angle);
    y[D + d] = fmax(x[d], 0) * sin(angle);
  }
}

int main(int argc, char **argv) {
  AttnKernel *kernel = compileFile(argc, argv);
  AttnTensorView q = uniform(-1, 1, SHAPE(1, H, N, D)), k = uniform(-1, 1, SHAPE(1, H, N, D));
  AttnTensorView v = uniform(-1, 1, SHAPE(1, H, N, D)), inputs[] = {q, k, v}, o;
  callKernel(kernel, inputs, 3, &o, 1);
  attnKernelRelease(kernel);
  return report("cosFormer", o,
                weighted(mapped(q, 2 * D, cosine), mapped(k, 2 * D, cosine), v, same, PAST));
}
