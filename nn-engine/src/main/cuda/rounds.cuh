// What lies between the rounds of a run; see Control.
#pragma once
#include "gpu.cuh"

// Brings this round's value of an input to where kernels read it.
KERNEL load_round(const Control* control, const uint32_t* all, uint32_t* place, int words) {
  const uint32_t* from = all + static_cast<int64_t>(control->round) * words;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < words; i += gridDim.x * blockDim.x)
    place[i] = from[i];
}
EXPORT(load_round)

// Brings an output to its row, unless the run has ended.
KERNEL store_round(const Control* control, const uint32_t* place, uint32_t* all, int words) {
  if (control->stopped) return;
  uint32_t* to = all + static_cast<int64_t>(control->round) * words;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < words; i += gridDim.x * blockDim.x)
    to[i] = place[i];
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
