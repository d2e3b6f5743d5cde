// Nyströmformer (arXiv:2102.03902) from C: every query sees the keys by way of 64 landmarks, whose
// matrix is inverted in six steps. Lengths are full here, and the kernels of the convolution pass
// values on.
#include "exact.h"

enum { H = 8, N = 160, D = 64, M = 64, K = 33 };

static double softmax(double score) { return exp(score / sqrt(D)); }

// The means of M segments of rows.
static AttnTensorView landmarks(AttnTensorView x) {
  AttnTensorView means = zeros(ATTN_F64, SHAPE(1, H, M, D));
  for (int h = 0; h < H; ++h)
    for (int m = 0; m < M; ++m)
      for (int t = m * N / M, end = (m + 1) * N / M, first = t; t < end; ++t)
        for (int d = 0; d < D; ++d)
          *to(&means, h, m, d) += at(&x, h, t, d) / (end - first);
  return means;
}

// factor * identity - w, for matrices of all heads.
static AttnTensorView lessThan(double factor, AttnTensorView w) {
  AttnTensorView x = zeros(ATTN_F64, SHAPE(1, H, M, M));
  for (int h = 0; h < H; ++h)
    for (int i = 0; i < M; ++i)
      for (int j = 0; j < M; ++j)
        *to(&x, h, i, j) = (i == j ? factor : 0) - at(&w, h, i, j);
  return x;
}

// z (13 - a z (15 - a z (7 - a z))) / 4, six times from the transpose of a over its norms.
static AttnTensorView inverse(AttnTensorView a) {
  AttnTensorView z = zeros(ATTN_F64, SHAPE(1, H, M, M));
  for (int h = 0; h < H; ++h) {
    double columns = 0; // the sums of rows are 1
    for (int j = 0; j < M; ++j) {
      double sum = 0;
      for (int i = 0; i < M; ++i)
        sum += at(&a, h, i, j);
      columns = fmax(columns, sum);
    }
    for (int i = 0; i < M; ++i)
      for (int j = 0; j < M; ++j)
        *to(&z, h, i, j) = at(&a, h, j, i) / columns;
  }
  for (int step = 0; step < 6; ++step) {
    AttnTensorView w = product(a, z), x = product(w, lessThan(7, w));
    z = product(z, lessThan(13, product(w, lessThan(15, x))));
    for (int64_t i = 0; i < H * M * M; ++i)
      ((double *)z.data)[i] /= 4;
  }
  return z;
}

int main(int argc, char **argv) {
  AttnKernel *kernel = compileFile(argc, argv);
  AttnTensorView q = uniform(-2, 2, SHAPE(1, H, N, D)), k = uniform(-2, 2, SHAPE(1, H, N, D));
  AttnTensorView v = uniform(-1, 1, SHAPE(1, H, N, D)), skip = zeros(ATTN_F32, SHAPE(H, K));
  for (int h = 0; h < H; ++h)
    ((float *)skip.data)[h * K + K / 2] = 1;
  int32_t length = N;
  AttnTensorView lengths = {&length, ATTN_I32, 1, {1}, {1}};
  AttnTensorView inputs[] = {q, k, v, lengths, skip}, results[2];
  callKernel(kernel, inputs, 5, results, 2);
  attnKernelRelease(kernel);
  printf("residual of the first head %.2f\n", ((float *)results[1].data)[0]);
  AttnTensorView lq = landmarks(q), lk = landmarks(k), zero = zeros(ATTN_F64, SHAPE(1, H, M, M));
  AttnTensorView a = weighted(lq, lk, lessThan(1, zero), softmax, ALL);
  AttnTensorView values = product(inverse(a), weighted(lq, k, v, softmax, ALL));
  AttnTensorView exact = weighted(q, lk, values, softmax, ALL);
  for (int h = 0; h < H; ++h)
    for (int t = 0; t < N; ++t)
      for (int d = 0; d < D; ++d)
        *to(&exact, h, t, d) += at(&v, h, t, d);
  return report("Nyströmformer", results[0], exact);
}
