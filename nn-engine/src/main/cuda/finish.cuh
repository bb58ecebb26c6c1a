// The end of products that were summed in parts.
#pragma once
#include "gpu.cuh"

// Adds `count` parts of `m` x `n` sums in their order, scales, adds the bias, applies ReLU. Row `i`
// goes to targets[i].w where there are targets.
KERNEL finish_product(const float* __restrict__ parts, const float* __restrict__ bias,
                      float* __restrict__ result, const int4* __restrict__ targets, int m, int n,
                      int count, float scale, int relu) {
  int64_t each = static_cast<int64_t>(m) * n;
  int64_t at = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= each) return;
  float sum = 0;
  for (int i = 0; i < count; i++) sum += __ldg(parts + i * each + at);
  unsigned row = static_cast<unsigned>(at) / static_cast<unsigned>(n);
  unsigned column = static_cast<unsigned>(at) - row * n;
  float value = sum * scale;
  if (bias) value += __ldg(bias + column);
  if (relu && value < 0) value = 0;
  result[targets ? static_cast<int64_t>(__ldg(&targets[row].w)) + column : at] = value;
}
EXPORT(finish_product)
