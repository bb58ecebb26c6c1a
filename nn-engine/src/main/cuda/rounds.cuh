// What lies between the rounds of a run; see Control.
#pragma once
#include "gpu.cuh"

DEV void move(const uint8_t* from, uint8_t* to, int64_t bytes) {
  int64_t first = blockIdx.x * static_cast<int64_t>(blockDim.x) + threadIdx.x;
  int64_t stride = gridDim.x * static_cast<int64_t>(blockDim.x);
  if (bytes % 4 == 0) {
    for (int64_t i = first; i < bytes / 4; i += stride)
      reinterpret_cast<uint32_t*>(to)[i] = reinterpret_cast<const uint32_t*>(from)[i];
  } else {
    for (int64_t i = first; i < bytes; i += stride) to[i] = from[i];
  }
}

KERNEL copy_bytes(const uint8_t* from, uint8_t* to, int64_t bytes) { move(from, to, bytes); }
EXPORT(copy_bytes)

// Brings this round's value of an input to where kernels read it.
KERNEL load_round(const Control* control, const uint8_t* all, uint8_t* place, int64_t bytes) {
  move(all + control->round * bytes, place, bytes);
}
EXPORT(load_round)

// Brings an output to its row, unless the run has ended.
KERNEL store_round(const Control* control, const uint8_t* place, uint8_t* all, int64_t bytes) {
  if (control->stopped) return;
  move(place, all + control->round * bytes, bytes);
}
EXPORT(store_round)

// When all tensors of a round are computed and stored: decides whether the round takes effect.
// `condition` may be null.
KERNEL judge_round(Control* control, const float* condition) {
  if (threadIdx.x != 0 || control->stopped) return;
  if (condition && *condition > 0)
    control->stopped = 1;
  else
    control->taken++;
}
EXPORT(judge_round)

// When the effects of a round are over.
KERNEL next_round(Control* control) {
  if (threadIdx.x == 0) control->round++;
}
EXPORT(next_round)
