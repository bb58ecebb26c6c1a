// Kernels that move elements and compute nothing but the sums of index_add. Elements are moved in
// units of 16, 4 or 1 bytes: the largest that all rows and their starts are multiples of.
#pragma once
#include "numbers.cuh"

static const int DATA_THREADS = 256;

// First and following indices of a thread of a grid that may be smaller than the work.
#define FOR_EACH(i, count)                                                         \
  for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x, stride_of_##i = gridDim.x * blockDim.x; \
       i < (count); i += stride_of_##i)

// Rows of the result begin `width` units apart; this launch writes `units` of each, from up to
// four parts. Part k begins at unit `first` of those and its rows lie `stride` apart; null is zero.
template <class T>
DEV void join(T* to, unsigned total, unsigned units, unsigned width, const T* part0,
              unsigned stride0, const T* part1, unsigned stride1, unsigned first1, const T* part2,
              unsigned stride2, unsigned first2, const T* part3, unsigned stride3,
              unsigned first3) {
  FOR_EACH(i, total) {
    unsigned row = i / units;
    unsigned column = i % units;
    const T* from = part0;
    unsigned stride = stride0;
    unsigned first = 0;
    if (column >= first1) { from = part1; stride = stride1; first = first1; }
    if (column >= first2) { from = part2; stride = stride2; first = first2; }
    if (column >= first3) { from = part3; stride = stride3; first = first3; }
    T value = {};
    if (from) value = from[static_cast<uint64_t>(row) * stride + (column - first)];
    to[static_cast<uint64_t>(row) * width + column] = value;
  }
}

#define JOIN(name, T)                                                                              \
  KERNEL BOUNDS(DATA_THREADS, 4)                                                                   \
  name(T* to, unsigned total, unsigned units, unsigned width, const T* part0, unsigned stride0,    \
       const T* part1, unsigned stride1, unsigned first1, const T* part2, unsigned stride2,        \
       unsigned first2, const T* part3, unsigned stride3, unsigned first3) {                       \
    join(to, total, units, width, part0, stride0, part1, stride1, first1, part2, stride2, first2,  \
         part3, stride3, first3);                                                                  \
  }                                                                                                \
  EXPORT(name)
JOIN(join_16, uint4)
JOIN(join_4, uint32_t)
JOIN(join_1, unsigned char)

// Unit i of the result, whose innermost axis is the first of `axes`.
template <class T>
DEV void strided(T* to, const T* from, unsigned total, const int* axes, int rank) {
  unsigned inner = axes[0];
  int64_t step = axes[1];
  FOR_EACH(i, total) { to[i] = from[row_offset(axes, rank, i / inner) + i % inner * step]; }
}

#define STRIDED(name, T)                                                        \
  KERNEL BOUNDS(DATA_THREADS, 4)                                               \
  name(T* to, const T* from, unsigned total, const int* axes, int rank) {      \
    strided(to, from, total, axes, rank);                                       \
  }                                                                            \
  EXPORT(name)
STRIDED(strided_16, uint4)
STRIDED(strided_4, uint32_t)
STRIDED(strided_1, unsigned char)

// One square of 32 x 32 of [batch, rows, columns], to [batch, columns, rows].
template <class T>
DEV void transpose(T* to, const T* from, int rows, int columns, T (&square)[32][33]) {
  int across = (columns + 31) / 32;
  int down = (rows + 31) / 32;
  int64_t batch = blockIdx.x / across / down;
  int top = static_cast<int>(blockIdx.x / across % down) * 32;
  int left = static_cast<int>(blockIdx.x % across) * 32;
  int x = threadIdx.x % 32;
  from += batch * rows * columns;
  to += batch * rows * columns;
  for (int y = threadIdx.x / 32; y < 32; y += DATA_THREADS / 32) {
    if (top + y < rows && left + x < columns) {
      square[y][x] = from[static_cast<int64_t>(top + y) * columns + left + x];
    }
  }
  block_sync();
  for (int y = threadIdx.x / 32; y < 32; y += DATA_THREADS / 32) {
    if (left + y < columns && top + x < rows) {
      to[static_cast<int64_t>(left + y) * rows + top + x] = square[x][y];
    }
  }
}

KERNEL BOUNDS(DATA_THREADS, 4)
transpose_4(uint32_t* to, const uint32_t* from, int rows, int columns) {
  SHARED uint32_t square[32][33];
  transpose(to, from, rows, columns, square);
}
EXPORT(transpose_4)

KERNEL BOUNDS(DATA_THREADS, 4)
transpose_1(unsigned char* to, const unsigned char* from, int rows, int columns) {
  SHARED unsigned char square[32][33];
  transpose(to, from, rows, columns, square);
}
EXPORT(transpose_1)

// Four planes of bytes to pixels of four bytes, [N, 4, P] to [N, P, 4]: a stack of frames on its
// way into a convolution. Four pixels per thread; P is a multiple of four.
KERNEL BOUNDS(DATA_THREADS, 4)
interleave_4(uint4* to, const uint32_t* from, unsigned total, unsigned fours) {
  FOR_EACH(i, total) {
    const uint32_t* plane = from + 4ull * (i / fours) * fours + i % fours;
    uint32_t p[4], q[4] = {0, 0, 0, 0};
    UNROLL for (int k = 0; k < 4; k++) p[k] = plane[static_cast<uint64_t>(k) * fours];
    UNROLL for (int pixel = 0; pixel < 4; pixel++) {
      UNROLL for (int k = 0; k < 4; k++) q[pixel] |= (p[k] >> (8 * pixel) & 255u) << (8 * k);
    }
    to[i] = make_uint4(q[0], q[1], q[2], q[3]);
  }
}
EXPORT(interleave_4)

// One element of each row.
KERNEL BOUNDS(DATA_THREADS, 4)
gather(float* to, const float* from, const int* indices, unsigned rows, int width) {
  FOR_EACH(i, rows) { to[i] = from[static_cast<int64_t>(i) * width + indices[i]]; }
}
EXPORT(gather)

// Zeros but for one element of each row.
KERNEL BOUNDS(DATA_THREADS, 4)
scatter(float* to, const float* from, const int* indices, unsigned total, unsigned width) {
  FOR_EACH(i, total) {
    unsigned row = i / width;
    to[i] = static_cast<int>(i % width) == indices[row] ? from[row] : 0.f;
  }
}
EXPORT(scatter)

// One row of `units` of each of the matrices of `choices` rows.
template <class T>
DEV void gather_rows(T* to, const T* from, const int* indices, unsigned total, unsigned choices,
                   unsigned units) {
  FOR_EACH(i, total) {
    unsigned matrix = i / units;
    int64_t row = static_cast<int64_t>(matrix) * choices + indices[matrix];
    to[i] = from[row * units + i % units];
  }
}

// Zeros but for one row of `units` of each of the matrices of `choices` rows.
template <class T>
DEV void scatter_rows(T* to, const T* from, const int* indices, unsigned total, unsigned choices,
                    unsigned units) {
  FOR_EACH(i, total) {
    unsigned row = i / units;
    unsigned matrix = row / choices;
    T value = {};
    if (static_cast<int>(row % choices) == indices[matrix]) {
      value = from[static_cast<uint64_t>(matrix) * units + i % units];
    }
    to[i] = value;
  }
}

#define ROWS_OF_MATRICES(name, function, T)                                            \
  KERNEL BOUNDS(DATA_THREADS, 4)                                                       \
  name(T* to, const T* from, const int* indices, unsigned total, unsigned choices,     \
       unsigned units) {                                                               \
    function(to, from, indices, total, choices, units);                                \
  }                                                                                    \
  EXPORT(name)
ROWS_OF_MATRICES(gather_rows_16, gather_rows, uint4)
ROWS_OF_MATRICES(gather_rows_4, gather_rows, uint32_t)
ROWS_OF_MATRICES(scatter_rows_16, scatter_rows, uint4)
ROWS_OF_MATRICES(scatter_rows_4, scatter_rows, uint32_t)

// Whole rows of `units` by index.
template <class T>
DEV void index_select(T* to, const T* from, const int* indices, unsigned total, unsigned units) {
  FOR_EACH(i, total) {
    to[i] = from[static_cast<int64_t>(indices[i / units]) * units + i % units];
  }
}

#define INDEX_SELECT(name, T)                                                             \
  KERNEL BOUNDS(DATA_THREADS, 4)                                                       \
  name(T* to, const T* from, const int* indices, unsigned total, unsigned units) {     \
    index_select(to, from, indices, total, units);                                             \
  }                                                                                    \
  EXPORT(name)
INDEX_SELECT(index_select_16, uint4)
INDEX_SELECT(index_select_4, uint32_t)
INDEX_SELECT(index_select_1, unsigned char)

// Sums of the rows of each index, in the order of the rows: a thread goes through all indices for
// one element of the result.
KERNEL BOUNDS(DATA_THREADS, 4)
index_add(float* to, const float* from, const int* indices, int rows, unsigned total,
         unsigned width) {
  SHARED int known[DATA_THREADS];
  unsigned i = blockIdx.x * DATA_THREADS + threadIdx.x;
  int mine = static_cast<int>(i / width);
  const float* column = from + i % width;
  float sum = 0;
  for (int first = 0; first < rows; first += DATA_THREADS) {
    block_sync();
    int row = first + static_cast<int>(threadIdx.x);
    known[threadIdx.x] = row < rows ? indices[row] : -1;
    block_sync();
    int count = min(DATA_THREADS, rows - first);
    for (int k = 0; k < count; k++) {
      if (known[k] == mine) sum += column[static_cast<int64_t>(first + k) * width];
    }
  }
  if (i < total) to[i] = sum;
}
EXPORT(index_add)
