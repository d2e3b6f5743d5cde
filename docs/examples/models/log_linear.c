// Log-linear attention (arXiv:2506.04761) from C: the score of query i and key j is weighed by a number
// of the query for the first bit, from above, in which i and j differ.
#include "exact.h"

enum { H = 4, N = 100, D = 64, LEVELS = 16 };

int main(int argc, char **argv) {
  AttnKernel *kernel = compileFile(argc, argv);
  AttnTensorView q = uniform(-1, 1, SHAPE(1, H, N, D)), k = uniform(-1, 1, SHAPE(1, H, N, D));
  AttnTensorView v = uniform(-1, 1, SHAPE(1, H, N, D)), l = uniform(0, 1, SHAPE(1, H, N, LEVELS));
  AttnTensorView inputs[] = {q, k, v, l}, o, exact = zeros(ATTN_F64, SHAPE(1, H, N, D));
  callKernel(kernel, inputs, 4, &o, 1);
  attnKernelRelease(kernel);
  for (int h = 0; h < H; ++h)
    for (int i = 0; i < N; ++i)
      for (int j = 0; j <= i; ++j) {
        int level = 0;
        while ((i ^ j) >> level)
          ++level;
        double score = 0;
        for (int d = 0; d < D; ++d)
          score += at(&q, h, i, d) * at(&k, h, j, d) / D;
        for (int d = 0; d < D; ++d)
          *to(&exact, h, i, d) += at(&l, h, i, level) * score * at(&v, h, j, d);
      }
  return report("log-linear", o, exact);
}
