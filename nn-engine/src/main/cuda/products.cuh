// Products of matrices, row by row in memory. `PRODUCTS(precision, NUMBER)` makes the kernels of one
// precision: base.cu has fp32, tensor.cu the others.
#pragma once
#include "tiles.cuh"

// result[m, n] = a[m, k] b[k, n] (+ bias) (ReLU), `a` transposed in memory where TA says so, `b`
// where TB does. One block per tile along x, rows first. Each block along y sums `k_each` of the
// inner places, a multiple of the tile's depth, to a result of its own behind the one before.
template <int P, class T, bool TA, bool TB>
DEV void product(float* shared, const float* a, const float* b, const float* bias, float* result,
                 int m, int n, int k, int k_each, int relu) {
  int tiles = (m + T::ROWS - 1) / T::ROWS;
  int tile_row = static_cast<int>(blockIdx.x) % tiles;
  int tile_column = static_cast<int>(blockIdx.x) / tiles;
  int from = static_cast<int>(blockIdx.y) * k_each;
  Floats<Linear, Linear, !TA, false> left{a, {TA ? 1 : k}, {TA ? m : 1}, 0, 0, (TA ? m : k) % 4 == 0};
  Floats<Linear, Linear, TB, false> right{b, {TB ? k : 1}, {TB ? 1 : n}, 0, 0, (TB ? k : n) % 4 == 0};
  Result<RowsInOrder> out{result + static_cast<int64_t>(blockIdx.y) * m * n, bias, {n}, m, n, 1.f, relu != 0};
  multiply_tile<P, T>(shared, left, right, out, tile_row * T::ROWS, tile_column * T::COLUMNS, from,
                      min(k, from + k_each));
}

#define PRODUCT(precision, P, shape, T, kind, TA, TB)                                             \
  KERNEL BOUNDS(128, (blocks<P, T>())) product_##kind##_##shape##_##precision(                                   \
      const float* __restrict__ a, const float* __restrict__ b, const float* __restrict__ bias,   \
      float* __restrict__ result, int m, int n, int k, int k_each, int relu) {                    \
    SHARED float4 shared[stages<P, T>() * stage_floats<P, T>() / 4];                                 \
    product<P, T, TA, TB>(&shared[0].x, a, b, bias, result, m, n, k, k_each, relu);               \
  }                                                                                               \
  EXPORT(product_##kind##_##shape##_##precision)

#define PRODUCTS(precision, P)                               \
  PRODUCT(precision, P, small, Small, nn, false, false)      \
  PRODUCT(precision, P, small, Small, tn, true, false)       \
  PRODUCT(precision, P, small, Small, nt, false, true)       \
  PRODUCT(precision, P, small, Small, tt, true, true)        \
  PRODUCT(precision, P, large, Large, nn, false, false)      \
  PRODUCT(precision, P, large, Large, tn, true, false)       \
  PRODUCT(precision, P, large, Large, nt, false, true)

// Those of tensor cores alone.
#define HUGE_PRODUCTS(precision, P)                      \
  PRODUCT(precision, P, huge, Huge, nn, false, false)    \
  PRODUCT(precision, P, huge, Huge, tn, true, false)     \
  PRODUCT(precision, P, huge, Huge, nt, false, true)
