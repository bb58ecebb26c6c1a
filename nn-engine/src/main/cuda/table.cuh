// Rows of a table that lies on the device; see CudaTable.java.
#pragma once
#include "gpu.cuh"

// Copies one row by the threads of a block, 16 bytes at a time where both ends allow; zeros for a
// row that is null.
DEV void copy_row(const uint8_t* from, uint8_t* to, int64_t bytes) {
  bool vectors = bytes % 16 == 0 && reinterpret_cast<uintptr_t>(from) % 16 == 0 &&
                 reinterpret_cast<uintptr_t>(to) % 16 == 0;
  if (vectors) {
    for (int64_t i = threadIdx.x; i < bytes / 16; i += blockDim.x)
      reinterpret_cast<uint4*>(to)[i] =
          from ? reinterpret_cast<const uint4*>(from)[i] : make_uint4(0, 0, 0, 0);
  } else {
    for (int64_t i = threadIdx.x; i < bytes; i += blockDim.x) to[i] = from ? from[i] : 0;
  }
}

// Row `indices[block]` of a table, zeros where there is no such row.
KERNEL table_take(const uint8_t* table, const int* indices, uint8_t* to, int64_t bytes, int rows) {
  int row = indices[blockIdx.x];
  const uint8_t* from = row >= 0 && row < rows ? table + row * bytes : nullptr;
  copy_row(from, to + blockIdx.x * bytes, bytes);
}
EXPORT(table_take)

// What was sent goes to its rows: `sent` is a count, so many row numbers, and from `first` bytes on
// the rows themselves. Of equal numbers only the last one counts.
KERNEL table_put(const uint8_t* sent, uint8_t* table, int64_t bytes, int first) {
  const int* header = reinterpret_cast<const int*>(sent);
  int which = blockIdx.x;
  if (which >= header[0]) return;
  int row = header[1 + which];
  for (int i = which + 1; i < header[0]; i++)
    if (header[1 + i] == row) return;
  copy_row(sent + first + which * bytes, table + row * bytes, bytes);
}
EXPORT(table_put)
