// The end of products that were summed in parts.
#pragma once
#include "gpu.cuh"

// Adds `count` parts of `m` x `n` sums, scales, adds the bias, applies ReLU. Row `i` goes to
// targets[i].w where there are targets. `groups` (1, 2, 4 or 8) threads share an element: each adds
// a range of parts in their order, and the first one adds what the groups have in theirs.
KERNEL finish_product(const float* __restrict__ parts, const float* __restrict__ bias,
                      float* __restrict__ result, const int4* __restrict__ targets, int m, int n,
                      int count, int groups, float scale, int relu) {
  SHARED float sums[256];
  int together = 256 / groups;
  int group = static_cast<int>(threadIdx.x) / together;
  int mine = static_cast<int>(threadIdx.x) - group * together;
  int64_t all = static_cast<int64_t>(m) * n;
  int64_t at = static_cast<int64_t>(blockIdx.x) * together + mine;
  int each = (count + groups - 1) / groups;
  int last = min(count, (group + 1) * each);
  float sum = 0;
  if (at < all)
    for (int i = group * each; i < last; i++) sum += __ldg(parts + i * all + at);
  sums[threadIdx.x] = sum;
  block_sync();
  if (group != 0 || at >= all) return;
  for (int i = 1; i < groups; i++) sum += sums[i * together + mine];
  unsigned row = static_cast<unsigned>(at) / static_cast<unsigned>(n);
  unsigned column = static_cast<unsigned>(at) - row * static_cast<unsigned>(n);
  float value = sum * scale;
  if (bias) value += __ldg(bias + column);
  if (relu && value < 0) value = 0;
  result[targets ? static_cast<int64_t>(__ldg(&targets[row].w)) + column : at] = value;
}
EXPORT(finish_product)
