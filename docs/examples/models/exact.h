//===- exact.h - layers in double, straight from their formulas -*- C -*-===//
//
// What the C programs hold the results of kernels against: the recurrence of linear
// attention, and weights of all pairs. Arrays are [1, H, N, D].
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_EXAMPLES_EXACT_H
#define ATTN_EXAMPLES_EXACT_H

#include "run_layer.h"

/// The arguments of a recurrence. Decay is [1, H, N] or [1, H, N, D]; where its or beta's data is
/// null there is none, and `delta` says whether beta is that of the delta rule.
typedef struct Linear {
  AttnTensorView q, k, v, decay, beta;
  int delta;
  double scale;
} Linear;

/// S_t = diag(exp(decay_t)) S_(t-1) + k_t^T u_t and o_t = scale q_t S_t, with u_t = v_t, or
/// beta_t (v_t - k_t diag(exp(decay_t)) S_(t-1)) for the delta rule.
static inline AttnTensorView recurrence(Linear a) {
  int64_t H = a.v.sizes[1], N = a.v.sizes[2], D = a.k.sizes[3], E = a.v.sizes[3];
  AttnTensorView o = zeros(ATTN_F64, SHAPE(1, H, N, E)), S = zeros(ATTN_F64, SHAPE(1, H, D, E));
  for (int64_t h = 0; h < H; ++h)
    for (int64_t t = 0; t < N; ++t)
      for (int64_t e = 0; e < E; ++e) { // columns of the state are independent
        double u = at(&a.v, h, t, e), read = 0;
        for (int64_t d = 0; d < D; ++d) {
          *to(&S, h, d, e) *= a.decay.data ? exp(at(&a.decay, h, t, d)) : 1;
          u -= a.delta ? at(&a.k, h, t, d) * at(&S, h, d, e) : 0;
        }
        u *= a.beta.data ? at(&a.beta, h, t, 0) : 1;
        for (int64_t d = 0; d < D; ++d) {
          *to(&S, h, d, e) += at(&a.k, h, t, d) * u;
          read += at(&a.q, h, t, d) * at(&S, h, d, e);
        }
        *to(&o, h, t, e) = a.scale * read;
      }
  return o;
}

/// Keys that a query sees: all of them, those up to itself, or a number of the last of these.
enum { ALL = 0, PAST = 1 << 30 };

/// o_i = sum of w_ij v_j by the sum of w_ij, with w_ij = weight(<q_i, k_j>), over the keys j that
/// query i sees. Query heads share heads of keys in order.
static inline AttnTensorView weighted(AttnTensorView q, AttnTensorView k, AttnTensorView v,
                                      double (*weight)(double), int64_t seen) {
  int64_t H = q.sizes[1], M = q.sizes[2], N = k.sizes[2], E = v.sizes[3];
  AttnTensorView o = zeros(ATTN_F64, SHAPE(1, H, M, E));
  for (int64_t h = 0; h < H; ++h)
    for (int64_t i = 0; i < M; ++i) {
      int64_t shared = h / (H / k.sizes[1]), last = seen == ALL ? N - 1 : i;
      double sum = 0;
      for (int64_t j = seen == ALL || i < seen ? 0 : i - seen + 1; j <= last; ++j) {
        double score = 0;
        for (int64_t d = 0; d < q.sizes[3]; ++d)
          score += at(&q, h, i, d) * at(&k, shared, j, d);
        double w = weight(score);
        sum += w;
        for (int64_t e = 0; e < E; ++e)
          *to(&o, h, i, e) += w * at(&v, shared, j, e);
      }
      for (int64_t e = 0; e < E; ++e)
        *to(&o, h, i, e) /= sum;
    }
  return o;
}

/// The weight that is the score itself.
static inline double same(double score) { return score; }

/// Rows x of all heads turned into rows of `width` features.
static inline AttnTensorView mapped(AttnTensorView x, int64_t width,
                                    void (*map)(const double *x, double *y, int64_t position)) {
  AttnTensorView y = zeros(ATTN_F64, SHAPE(1, x.sizes[1], x.sizes[2], width));
  double *row = allocate((size_t)x.sizes[3], sizeof(double));
  for (int64_t h = 0; h < x.sizes[1]; ++h)
    for (int64_t t = 0; t < x.sizes[2]; ++t) {
      for (int64_t d = 0; d < x.sizes[3]; ++d)
        row[d] = at(&x, h, t, d);
      map(row, to(&y, h, t, 0), t);
    }
  free(row);
  return y;
}

/// The products of matrices a [n, m] and b [m, e], head by head.
static inline AttnTensorView product(AttnTensorView a, AttnTensorView b) {
  AttnTensorView o = zeros(ATTN_F64, SHAPE(1, b.sizes[1], a.sizes[2], b.sizes[3]));
  for (int64_t h = 0; h < o.sizes[1]; ++h)
    for (int64_t i = 0; i < o.sizes[2]; ++i)
      for (int64_t j = 0; j < b.sizes[2]; ++j)
        for (int64_t e = 0; e < o.sizes[3]; ++e)
          *to(&o, h, i, e) += at(&a, h, i, j) * at(&b, h, j, e);
  return o;
}

/// A matrix [n, m] as one that all heads share: strides of 0.
static inline AttnTensorView shared(AttnTensorView x, int64_t heads) {
  AttnTensorView view = {x.data, x.dtype, 4, {1, heads, x.sizes[0], x.sizes[1]},
                         {0, 0, x.strides[0], x.strides[1]}};
  return view;
}

#endif // ATTN_EXAMPLES_EXACT_H
