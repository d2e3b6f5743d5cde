// Performer (arXiv:2009.14794) from C: products of random features exp(w y - y^2 / 2), y = q / D^(1/4),
// over their sum. Checked is that sum; how near it comes to softmax is in performer.py.
#include "exact.h"

enum { H = 4, N = 60, D = 64, M = 128 };

static AttnTensorView w;

static void favor(const double *x, double *y, int64_t position) {
  (void)position;
  for (int m = 0; m < M; ++m) {
    double exponent = 0;
    for (int d = 0; d < D; ++d)
      exponent += ((float *)w.data)[m * D + d] * x[d] / pow(D, 0.25) - x[d] * x[d] / (2 * sqrt(D));
    y[m] = exp(exponent);
  }
}

int main(int argc, char **argv) {
  AttnKernel *kernel = compileFile(argc, argv);
  w = uniform(-1.7, 1.7, SHAPE(M, D));
  AttnTensorView q = uniform(-1, 1, SHAPE(1, H, N, D)), k = uniform(-1, 1, SHAPE(1, H, N, D));
  AttnTensorView v = uniform(-1, 1, SHAPE(1, H, N, D)), inputs[] = {q, k, v, w}, o;
  callKernel(kernel, inputs, 4, &o, 1);
  attnKernelRelease(kernel);
  return report("Performer", o, weighted(mapped(q, M, favor), mapped(k, M, favor), v, same, ALL));
}
