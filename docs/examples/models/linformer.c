// Linformer (arXiv:2006.04768) from C: softmax attention to 128 mixtures of keys and of values.
#include "exact.h"

enum { H = 8, N = 100, D = 64, R = 128, L = 4096 };

static double softmax(double score) { return exp(score / sqrt(D)); }

int main(int argc, char **argv) {
  AttnKernel *kernel = compileFile(argc, argv);
  AttnTensorView q = uniform(-1, 1, SHAPE(1, H, N, D)), k = uniform(-1, 1, SHAPE(1, H, N, D));
  AttnTensorView v = uniform(-1, 1, SHAPE(1, H, N, D));
  AttnTensorView e = uniform(-0.1, 0.1, SHAPE(R, L)), f = uniform(-0.1, 0.1, SHAPE(R, L));
  AttnTensorView inputs[] = {q, k, v, e, f}, o;
  callKernel(kernel, inputs, 5, &o, 1);
  attnKernelRelease(kernel);
  AttnTensorView keys = product(shared(e, H), k), values = product(shared(f, H), v);
  return report("Linformer", o, weighted(q, keys, values, softmax, ALL));
}
