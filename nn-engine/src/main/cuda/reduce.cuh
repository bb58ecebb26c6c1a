// Folding and normalizing along an axis. The order of a sum follows from the sizes alone.
#pragma once
#include "numbers.cuh"

static const int REDUCE_THREADS = 256;

DEV float fold(int sum, float a, float b) { return sum ? a + b : larger(a, b); }

DEV float nothing(int sum) { return sum ? 0.f : -INFINITY; }

// Folds neighbouring lanes, `lanes` (a power of two) of them each.
DEV float fold_lanes(int sum, float value, int lanes) {
  for (int mask = lanes >> 1; mask > 0; mask >>= 1) {
    value = fold(sum, value, warp_xor(value, mask));
  }
  return value;
}

// Folds the values of all threads; all of them get the result.
DEV float fold_block(int sum, float value, float* shared) {
  value = fold_lanes(sum, value, 32);
  block_sync();
  if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = value;
  block_sync();
  value = shared[0];
  for (int warp = 1; warp < static_cast<int>(blockDim.x / 32); warp++) {
    value = fold(sum, value, shared[warp]);
  }
  return value;
}

// Short rows, `lanes` threads (a power of two up to 32) for each.
KERNEL BOUNDS(REDUCE_THREADS, 4)
reduce_rows(const float* from, float* to, int rows, int width, int lanes, int sum) {
  int64_t thread = static_cast<int64_t>(blockIdx.x) * REDUCE_THREADS + threadIdx.x;
  int64_t row = thread / lanes;
  int lane = threadIdx.x % lanes;
  float value = nothing(sum);
  if (row < rows) {
    for (int i = lane; i < width; i += lanes) value = fold(sum, value, from[row * width + i]);
  }
  value = fold_lanes(sum, value, lanes);
  if (row < rows && lane == 0) to[row] = value;
}
EXPORT(reduce_rows)

// [outer, length, inner] to [outer, chunks, inner]. A block folds one chunk of `columns` (a power
// of two) neighbouring columns, its threads lying over columns first and then over rows.
KERNEL BOUNDS(REDUCE_THREADS, 4)
reduce_columns(const float* from, float* to, int length, int inner, int columns, int tiles,
               int chunks, int sum) {
  SHARED float folded[REDUCE_THREADS];
  int tile = blockIdx.x % tiles;
  int64_t part = blockIdx.x / tiles;
  int chunk = static_cast<int>(part % chunks);
  int64_t outer = part / chunks;
  int column = tile * columns + threadIdx.x % columns;
  int lane = threadIdx.x / columns;
  int lanes = REDUCE_THREADS / columns;
  int end = static_cast<int>(static_cast<int64_t>(length) * (chunk + 1) / chunks);
  int row = static_cast<int>(static_cast<int64_t>(length) * chunk / chunks) + lane;
  float value = nothing(sum);
  if (column < inner) {
    const float* at = from + outer * length * inner + column;
    float other = value, third = value, fourth = value;
    for (; row + 3ll * lanes < end; row += 4 * lanes) {
      int64_t first = static_cast<int64_t>(row) * inner;
      int64_t step = static_cast<int64_t>(lanes) * inner;
      value = fold(sum, value, at[first]);
      other = fold(sum, other, at[first + step]);
      third = fold(sum, third, at[first + 2 * step]);
      fourth = fold(sum, fourth, at[first + 3 * step]);
    }
    for (; row < end; row += lanes) {
      value = fold(sum, value, at[static_cast<int64_t>(row) * inner]);
    }
    value = fold(sum, fold(sum, value, other), fold(sum, third, fourth));
  }
  folded[threadIdx.x] = value;
  block_sync();
  for (int half = lanes >> 1; half > 0; half >>= 1) {
    if (lane < half) {
      folded[threadIdx.x] =
          fold(sum, folded[threadIdx.x], folded[threadIdx.x + half * columns]);
    }
    block_sync();
  }
  if (lane == 0 && column < inner) to[part * inner + column] = folded[threadIdx.x];
}
EXPORT(reduce_columns)

// [outer, length, inner] to [outer, inner], one thread for each result.
KERNEL BOUNDS(REDUCE_THREADS, 4)
reduce_each(const float* from, float* to, int results, int length, int inner, int sum) {
  int64_t i = static_cast<int64_t>(blockIdx.x) * REDUCE_THREADS + threadIdx.x;
  if (i >= results) return;
  const float* at = from + i / inner * length * inner + i % inner;
  float value = at[0];
  for (int k = 1; k < length; k++) value = fold(sum, value, at[static_cast<int64_t>(k) * inner]);
  to[i] = value;
}
EXPORT(reduce_each)

// The first of the largest elements of each row, `lanes` threads for a row; NaN is never larger.
KERNEL BOUNDS(REDUCE_THREADS, 4)
arg_max(const float* from, int* to, int rows, int width, int lanes) {
  int64_t thread = static_cast<int64_t>(blockIdx.x) * REDUCE_THREADS + threadIdx.x;
  int64_t row = thread / lanes;
  int lane = threadIdx.x % lanes;
  const float* x = from + row * width;
  float value = -INFINITY;
  int index = 0x7fffffff;
  if (row < rows) {
    for (int i = lane; i < width; i += lanes) {
      if (x[i] > value || (x[i] == value && i < index)) {
        value = x[i];
        index = i;
      }
    }
  }
  for (int mask = lanes >> 1; mask > 0; mask >>= 1) {
    float otherValue = warp_xor(value, mask);
    int otherIndex = warp_xor(index, mask);
    if (otherValue > value || (otherValue == value && otherIndex < index)) {
      value = otherValue;
      index = otherIndex;
    }
  }
  // Nothing is larger than a NaN in the first place.
  if (row < rows && lane == 0) to[row] = x[0] != x[0] || index == 0x7fffffff ? 0 : index;
}
EXPORT(arg_max)

DEV float normalized(int logarithm, float x, float largest, float scale) {
  return logarithm ? x - largest - scale : exponential(x - largest) * scale;
}

// Softmax or its logarithm of short rows, `lanes` threads (a power of two up to 32) for each.
KERNEL BOUNDS(REDUCE_THREADS, 4)
softmax_rows(const float* from, float* to, int rows, int width, int lanes, int logarithm) {
  int64_t thread = static_cast<int64_t>(blockIdx.x) * REDUCE_THREADS + threadIdx.x;
  int64_t row = thread / lanes;
  int lane = threadIdx.x % lanes;
  int end = row < rows ? width : 0;
  const float* x = from + row * width;
  float largest = -INFINITY;
  for (int i = lane; i < end; i += lanes) largest = larger(largest, x[i]);
  largest = fold_lanes(0, largest, lanes);
  float total = 0;
  for (int i = lane; i < end; i += lanes) total += exponential(x[i] - largest);
  total = fold_lanes(1, total, lanes);
  float scale = logarithm ? logf(total) : 1.f / total;
  for (int i = lane; i < end; i += lanes) {
    to[row * width + i] = normalized(logarithm, x[i], largest, scale);
  }
}
EXPORT(softmax_rows)

// The same of long rows, a block for each.
KERNEL BOUNDS(REDUCE_THREADS, 4)
softmax_long_rows(const float* from, float* to, int width, int logarithm) {
  SHARED float shared[32];
  int64_t row = blockIdx.x;
  const float* x = from + row * width;
  float largest = -INFINITY;
  for (int i = threadIdx.x; i < width; i += REDUCE_THREADS) largest = larger(largest, x[i]);
  largest = fold_block(0, largest, shared);
  float total = 0;
  for (int i = threadIdx.x; i < width; i += REDUCE_THREADS) total += exponential(x[i] - largest);
  total = fold_block(1, total, shared);
  float scale = logarithm ? logf(total) : 1.f / total;
  for (int i = threadIdx.x; i < width; i += REDUCE_THREADS) {
    to[row * width + i] = normalized(logarithm, x[i], largest, scale);
  }
}
EXPORT(softmax_long_rows)
