// Convolutions as products of matrices that are never laid out: images [N, H, W, C], weights
// [KH, KW, C, O]. `CONVOLUTIONS(precision, NUMBER)` makes the kernels of one precision.
//
// Rows of the left matrix, columns of the right one and what is summed over:
//
//   forward          positions [N, H', W']      O    taps [KH, KW, C]
//   input gradient   pixels [N, H, W]           C    taps that reach them, and O
//   weight gradient  taps [KH, KW, C]           O    positions [N, H', W']
#pragma once
#include "tiles.cuh"

#define PIXEL_PARAMETERS                                                                          \
  unsigned image_magic, unsigned image_shift, unsigned row_magic, unsigned row_shift,             \
      int per_image, int per_row, int image_stride, int row_stride, int column_stride, int start, \
      int y, int x, int step, int planes
#define PIXELS                                                                                    \
  Pixels {                                                                                        \
    {image_magic, image_shift}, {row_magic, row_shift}, per_image, per_row, image_stride,         \
        row_stride, column_stride, start, y, x, step, planes                                      \
  }

// `image` has positions across and taps along the inner axis, `Inner` those of the weights. Tiles
// and parts as in `product`.
template <int P, class T, class Image, class Inner>
DEV void convolve(float* shared, const Image& image, const float* weights, const Inner& inner,
                  const float* bias, float* result, int m, int n, int k, int k_each, float scale,
                  int relu) {
  int tiles = (m + T::ROWS - 1) / T::ROWS;
  int tile_row = static_cast<int>(blockIdx.x) % tiles;
  int tile_column = static_cast<int>(blockIdx.x) / tiles;
  int from = static_cast<int>(blockIdx.y) * k_each;
  Floats<Linear, Inner, false, false> right{weights, {1}, inner, 0, 0, n % 4 == 0};
  Result<RowsInOrder> out{result + static_cast<int64_t>(blockIdx.y) * m * n, bias, {n}, m, n, scale,
                          relu != 0};
  multiply_tile<P, T>(shared, image, right, out, tile_row * T::ROWS, tile_column * T::COLUMNS, from,
                      min(k, from + k_each));
}

// Rows of weights in the order of their taps; null: one after another.
struct RowsOfTaps {
  const int4* entries;
  int width;
  MEMBER int start(int row) const { return entries ? __ldg(&entries[row].w) : row * width; }
};

// `image` has taps across and positions along the inner axis.
template <int P, class T, class Image>
DEV void weight_gradient(float* shared, const Image& image, const float* gradient, float* result,
                         const int4* targets, int m, int n, int k, int k_each, float scale) {
  int tiles = (m + T::ROWS - 1) / T::ROWS;
  int tile_row = static_cast<int>(blockIdx.x) % tiles;
  int tile_column = static_cast<int>(blockIdx.x) / tiles;
  int from = static_cast<int>(blockIdx.y) * k_each;
  Floats<Linear, Linear, false, false> right{gradient, {1}, {n}, 0, 0, n % 4 == 0};
  Result<RowsOfTaps> out{result + static_cast<int64_t>(blockIdx.y) * m * n, nullptr, {targets, n}, m, n,
                         scale, false};
  multiply_tile<P, T>(shared, image, right, out, tile_row * T::ROWS, tile_column * T::COLUMNS, from,
                      min(k, from + k_each));
}

// Rows that lie where pixels do.
struct RowsOfPixels {
  Pixels pixels;
  MEMBER int start(int row) const { return pixels.at(row).offset; }
};

// Pixels whose distance to the kernel's grid is equal, a phase, are reached by the same taps: one
// product for each phase along y of the grid, described by `PHASE_WORDS` numbers.
constexpr int PHASE_WORDS = 24;

template <int P, class T>
DEV void input_gradient(float* shared, const float* weights, const float* gradient, float* result,
                        const int* phases, const int4* taps, int n, int outputs, int height,
                        int width) {
  const int* phase = phases + blockIdx.y * PHASE_WORDS;
  int w[22];
  UNROLL for (int i = 0; i < 22; i++) w[i] = __ldg(phase + i);
  int m = w[0], k = w[1];
  taps += w[2];
  int tiles = (m + T::ROWS - 1) / T::ROWS;
  if (tiles == 0) return;
  int tile_row = static_cast<int>(blockIdx.x) % tiles;
  int tile_column = static_cast<int>(blockIdx.x) / tiles;
  if (tile_column * T::COLUMNS >= n) return;  // another phase has more pixels
  Pixels from{{static_cast<unsigned>(w[4]), static_cast<unsigned>(w[5])},
              {static_cast<unsigned>(w[6]), static_cast<unsigned>(w[7])},
              w[8], w[9], w[10], w[11], w[12], w[13], w[14], w[15], 1, 0};
  Pixels to{from.by_image, from.by_row, w[8], w[9], w[16], w[17], w[18], w[19], 0, 0, 0, 0};
  Floats<Pixels, Taps, true, true> left{gradient, from, {taps}, height, width, outputs % 4 == 0};
  Floats<Linear, TapWeights, true, false> right{weights, {outputs}, {taps}, 0, 0, outputs % 4 == 0};
  Result<RowsOfPixels> out{result, nullptr, {to}, m, n, 1.f, false};
  multiply_tile<P, T>(shared, left, right, out, tile_row * T::ROWS, tile_column * T::COLUMNS, 0, k);
}

#define CONVOLUTION(precision, P, shape, T)                                                       \
  KERNEL BOUNDS(128, (blocks<P, T>())) convolution_##shape##_##precision(                                        \
      const float* __restrict__ image, const float* __restrict__ weights,                         \
      const float* __restrict__ bias, float* __restrict__ result, const int4* __restrict__ taps,  \
      int m, int n, int k, int k_each, int height, int width, int vector, int relu,               \
      PIXEL_PARAMETERS) {                                                                         \
    SHARED float4 shared[stages<P, T>() * stage_floats<P, T>() / 4];                                 \
    Floats<Pixels, Taps, true, true> left{image, PIXELS, {taps}, height, width, vector != 0};     \
    convolve<P, T>(&shared[0].x, left, weights, Linear{n}, bias, result, m, n, k, k_each, 1.f,    \
                   relu);                                                                         \
  }                                                                                               \
  EXPORT(convolution_##shape##_##precision)                                                       \
  KERNEL BOUNDS(128, (blocks<P, T>())) weight_gradient_##shape##_##precision(                                    \
      const float* __restrict__ image, const float* __restrict__ gradient,                        \
      float* __restrict__ result, const int4* __restrict__ taps,                                  \
      const int4* __restrict__ targets, int m, int n, int k, int k_each, int height, int width,   \
      int vector, PIXEL_PARAMETERS) {                                                             \
    SHARED float4 shared[stages<P, T>() * stage_floats<P, T>() / 4];                                 \
    Floats<Taps, Pixels, false, true> left{image, {taps}, PIXELS, height, width, vector != 0};    \
    weight_gradient<P, T>(&shared[0].x, left, gradient, result, targets, m, n, k, k_each, 1.f);   \
  }                                                                                               \
  EXPORT(weight_gradient_##shape##_##precision)                                                   \
  KERNEL BOUNDS(128, (blocks<P, T>())) input_gradient_##shape##_##precision(                                     \
      const float* __restrict__ weights, const float* __restrict__ gradient,                      \
      float* __restrict__ result, const int* __restrict__ phases, const int4* __restrict__ taps,  \
      int n, int outputs, int height, int width) {                                                \
    SHARED float4 shared[stages<P, T>() * stage_floats<P, T>() / 4];                                 \
    input_gradient<P, T>(&shared[0].x, weights, gradient, result, phases, taps, n, outputs,       \
                         height, width);                                                          \
  }                                                                                               \
  EXPORT(input_gradient_##shape##_##precision)

#define CONVOLUTION_OF_BYTES(precision, P, shape, T)                                              \
  KERNEL BOUNDS(128, (blocks<P, T>())) convolution_bytes_##shape##_##precision(                                  \
      const uint8_t* __restrict__ image, const int* __restrict__ indices, int plane_bytes,        \
      float scale, const float* __restrict__ weights, const float* __restrict__ bias,             \
      float* __restrict__ result, const int4* __restrict__ taps, int m, int n, int k, int k_each, \
      int height, int width, int vector, int relu, PIXEL_PARAMETERS) {                            \
    SHARED float4 shared[stages<P, T>() * stage_floats<P, T>() / 4];                                 \
    Bytes<Pixels, Taps, true> left{image,  indices, plane_bytes, PIXELS,                          \
                                   {taps}, height,  width,       vector != 0};                    \
    convolve<P, T>(&shared[0].x, left, weights, TapWeights{taps}, bias, result, m, n, k, k_each,  \
                   scale, relu);                                                                  \
  }                                                                                               \
  EXPORT(convolution_bytes_##shape##_##precision)                                                 \
  KERNEL BOUNDS(128, (blocks<P, T>())) weight_gradient_bytes_##shape##_##precision(                              \
      const uint8_t* __restrict__ image, const int* __restrict__ indices, int plane_bytes,        \
      float scale, const float* __restrict__ gradient, float* __restrict__ result,                \
      const int4* __restrict__ taps, const int4* __restrict__ targets, int m, int n, int k,       \
      int k_each, int height, int width, int vector, PIXEL_PARAMETERS) {                          \
    SHARED float4 shared[stages<P, T>() * stage_floats<P, T>() / 4];                                 \
    Bytes<Taps, Pixels, false> left{image,  indices, plane_bytes, {taps},                         \
                                    PIXELS, height,  width,       vector != 0};                   \
    weight_gradient<P, T>(&shared[0].x, left, gradient, result, targets, m, n, k, k_each, scale); \
  }                                                                                               \
  EXPORT(weight_gradient_bytes_##shape##_##precision)

#define CONVOLUTIONS(precision, P)                 \
  CONVOLUTION(precision, P, small, Small)          \
  CONVOLUTION(precision, P, large, Large)          \
  CONVOLUTION(precision, P, tall, Tall)            \
  CONVOLUTION_OF_BYTES(precision, P, small, Small) \
  CONVOLUTION_OF_BYTES(precision, P, tall, Tall)

// Those of tensor cores alone.
#define HUGE_CONVOLUTIONS(precision, P) CONVOLUTION(precision, P, huge, Huge)
