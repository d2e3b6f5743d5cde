// A Linear Transformer (arXiv:2006.16236) from C: 4 heads of queries share 2 of keys, and weights
// are products of features elu(x) + 1 over their sum.
#include "exact.h"

enum { N = 100, D = 64 };

static void elu1(const double *x, double *y, int64_t position) {
  (void)position;
  for (int d = 0; d < D; ++d)
    y[d] = x[d] > 0 ? x[d] + 1 : exp(x[d]);
}

int main(int argc, char **argv) {
  AttnKernel *kernel = compileFile(argc, argv);
  AttnTensorView q = uniform(-1, 1, SHAPE(1, 4, N, D)), k = uniform(-1, 1, SHAPE(1, 2, N, D));
  AttnTensorView v = uniform(-1, 1, SHAPE(1, 2, N, D)), inputs[] = {q, k, v}, o;
  callKernel(kernel, inputs, 3, &o, 1);
  attnKernelRelease(kernel);
  return report("Linear Transformer", o,
                weighted(mapped(q, D, elu1), mapped(k, D, elu1), v, same, PAST));
}
