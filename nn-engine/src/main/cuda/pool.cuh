// Max pooling of [N, H, W, C]: `lanes` neighbouring channels per thread, 1 or 4.
#pragma once
#include "numbers.cuh"

// Sizes of one pooling, as Java gives them.
struct Pool {
  int height, width, channels;  // of an image
  int rows, columns;            // of its result
  int size, stride, padding;
};

template <int lanes>
DEV void read(float (&to)[lanes], const float* from) {
  if constexpr (lanes == 4) {
    float4 v = *reinterpret_cast<const float4*>(from);
    to[0] = v.x, to[1] = v.y, to[2] = v.z, to[3] = v.w;
  } else {
    to[0] = *from;
  }
}

template <int lanes>
DEV void write(float* to, const float (&from)[lanes]) {
  if constexpr (lanes == 4) {
    *reinterpret_cast<float4*>(to) = make_float4(from[0], from[1], from[2], from[3]);
  } else {
    *to = from[0];
  }
}

// The largest of each window.
template <int lanes>
DEV void pool(const Pool& p, const float* image, float* result, unsigned units) {
  unsigned unit = blockIdx.x * blockDim.x + threadIdx.x;
  if (unit >= units) return;
  int channelUnits = p.channels / lanes;
  int channel = static_cast<int>(unit % channelUnits) * lanes;
  unsigned place = unit / channelUnits;
  int column = static_cast<int>(place % p.columns) * p.stride - p.padding;
  int row = static_cast<int>(place / p.columns % p.rows) * p.stride - p.padding;
  int64_t n = place / p.columns / p.rows;
  const float* from = image + n * p.height * p.width * p.channels + channel;
  float largest[lanes], next[lanes];
  UNROLL for (int k = 0; k < lanes; k++) largest[k] = -INFINITY;
  for (int h = max(row, 0); h < min(row + p.size, p.height); h++) {
    for (int w = max(column, 0); w < min(column + p.size, p.width); w++) {
      read<lanes>(next, from + (static_cast<int64_t>(h) * p.width + w) * p.channels);
      UNROLL for (int k = 0; k < lanes; k++) largest[k] = larger(largest[k], next[k]);
    }
  }
  write<lanes>(result + static_cast<int64_t>(unit) * lanes, largest);
}

// Takes away from `wanted` the lanes in which an element of the window before (h, w) is already the
// largest.
template <int lanes>
DEV void first_only(const Pool& p, const float* image, int top, int left, int h, int w,
                    const float (&largest)[lanes], bool (&wanted)[lanes]) {
  float before[lanes];
  for (int y = max(top, 0); y <= h; y++) {
    int end = y == h ? w : min(left + p.size, p.width);
    for (int x = max(left, 0); x < end; x++) {
      read<lanes>(before, image + (static_cast<int64_t>(y) * p.width + x) * p.channels);
      UNROLL for (int k = 0; k < lanes; k++) wanted[k] &= before[k] != largest[k];
    }
  }
}

// Adds up the gradients of the windows in which an element is the first of the largest ones, in the
// order of the windows.
template <int lanes>
DEV void pool_gradient(const Pool& p, const float* image, const float* result,
                       const float* resultGradient, float* gradient, unsigned units) {
  unsigned unit = blockIdx.x * blockDim.x + threadIdx.x;
  if (unit >= units) return;
  int channelUnits = p.channels / lanes;
  int channel = static_cast<int>(unit % channelUnits) * lanes;
  unsigned pixel = unit / channelUnits;
  int w = static_cast<int>(pixel % p.width);
  int h = static_cast<int>(pixel / p.width % p.height);
  int64_t n = pixel / p.width / p.height;
  const float* from = image + n * p.height * p.width * p.channels + channel;
  int64_t results = n * p.rows * p.columns;
  float mine[lanes], sum[lanes], largest[lanes], more[lanes];
  read<lanes>(mine, image + static_cast<int64_t>(unit) * lanes);
  UNROLL for (int k = 0; k < lanes; k++) sum[k] = 0;
  int firstRow = max(0, h + p.padding - p.size + p.stride) / p.stride;
  int firstColumn = max(0, w + p.padding - p.size + p.stride) / p.stride;
  int endRow = min(p.rows, (h + p.padding) / p.stride + 1);
  int endColumn = min(p.columns, (w + p.padding) / p.stride + 1);
  for (int row = firstRow; row < endRow; row++) {
    for (int column = firstColumn; column < endColumn; column++) {
      int64_t place = results + static_cast<int64_t>(row) * p.columns + column;
      int64_t at = place * p.channels + channel;
      read<lanes>(largest, result + at);
      bool wanted[lanes];
      bool any = false;
      UNROLL for (int k = 0; k < lanes; k++) {
        wanted[k] = mine[k] == largest[k];
        any |= wanted[k];
      }
      if (!any) continue;
      first_only<lanes>(p, from, row * p.stride - p.padding, column * p.stride - p.padding, h, w,
                        largest, wanted);
      read<lanes>(more, resultGradient + at);
      UNROLL for (int k = 0; k < lanes; k++) sum[k] += wanted[k] ? more[k] : 0.f;
    }
  }
  write<lanes>(gradient + static_cast<int64_t>(unit) * lanes, sum);
}

#define POOL(name, lanes)                                                                        \
  KERNEL BOUNDS(256, 4)                                                                          \
  max_pool_##name(const float* image, float* result, unsigned units, int height, int width,      \
                  int channels, int rows, int columns, int size, int stride, int padding) {      \
    pool<lanes>({height, width, channels, rows, columns, size, stride, padding}, image, result,  \
                units);                                                                          \
  }                                                                                              \
  EXPORT(max_pool_##name)                                                                        \
  KERNEL BOUNDS(256, 4)                                                                          \
  max_pool_gradient_##name(const float* image, const float* result, const float* resultGradient, \
                           float* gradient, unsigned units, int height, int width, int channels, \
                           int rows, int columns, int size, int stride, int padding) {           \
    pool_gradient<lanes>({height, width, channels, rows, columns, size, stride, padding}, image, \
                         result, resultGradient, gradient, units);                               \
  }                                                                                              \
  EXPORT(max_pool_gradient_##name)
POOL(1, 1)
POOL(4, 4)
