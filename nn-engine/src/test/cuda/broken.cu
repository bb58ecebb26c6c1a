// Kernels with faults, and some without: the tests of the emulated driver must find each fault.
#include "gpu.cuh"

// out[i] = the i-th number from the end of its block: right only with the barrier.
DEV void reverse(const int* in, int* out, int* shared, bool barrier) {
  int first = blockIdx.x * blockDim.x;
  shared[threadIdx.x] = in[first + threadIdx.x];
  if (barrier) block_sync();
  out[first + threadIdx.x] = shared[blockDim.x - 1 - threadIdx.x];
}

KERNEL sound_reverse(const int* in, int* out) {
  SHARED int shared[1024];
  reverse(in, out, shared, true);
}
EXPORT(sound_reverse)

KERNEL broken_reverse(const int* in, int* out) {
  SHARED int shared[1024];
  reverse(in, out, shared, false);
}
EXPORT(broken_reverse)

// Two rounds through one array: the second barrier keeps fast threads from overwriting what slow
// ones have yet to read.
DEV void rotate(const int* in, int* out, int* shared, bool barrier) {
  int value = in[threadIdx.x];
  for (int round = 0; round < 2; round++) {
    shared[threadIdx.x] = value;
    block_sync();
    value = shared[(threadIdx.x + 1) % blockDim.x];
    if (barrier) block_sync();
  }
  out[threadIdx.x] = value;
}

KERNEL sound_rotate(const int* in, int* out) {
  SHARED int shared[1024];
  rotate(in, out, shared, true);
}
EXPORT(sound_rotate)

KERNEL broken_rotate(const int* in, int* out) {
  SHARED int shared[1024];
  rotate(in, out, shared, false);
}
EXPORT(broken_rotate)

// Lanes exchange numbers through memory: right only with warp_sync.
KERNEL swap_lanes(const int* in, int* out, int synchronize) {
  DYNAMIC_SHARED(int, shared);
  shared[threadIdx.x] = in[threadIdx.x];
  if (synchronize) warp_sync();
  out[threadIdx.x] = shared[threadIdx.x ^ 1];
}
EXPORT(swap_lanes)

// `from` and later threads do not come to the barrier.
KERNEL leave_before_block_sync(int* out, int from) {
  if (static_cast<int>(threadIdx.x) >= from) return;
  block_sync();
  out[threadIdx.x] = 1;
}
EXPORT(leave_before_block_sync)

// `how`: 0 warp_sync, 1 warp_xor, 2 mma_tf32, 3 mma_bf16, 4 lanes meet at different things,
// 5 some wait for the warp and others for the block.
KERNEL diverge(float* out, int from, int how) {
  float d[4] = {0, 0, 0, 0};
  uint32_t a[4] = {0, 0, 0, 0}, b[2] = {0, 0};
  bool late = static_cast<int>(threadIdx.x) >= from;
  if (late && how < 4) return;
  if (how == 0) warp_sync();
  if (how == 1) d[0] = warp_xor(1.f, 1);
  if (how == 2) mma_tf32(d, a, b);
  if (how == 3) mma_bf16(d, a, b);
  if (how == 4) d[0] = warp_xor(1.f, late ? 1 : 2);
  if (how == 5 && late) block_sync();
  if (how == 5 && !late) warp_sync();
  out[threadIdx.x] = d[0];
}
EXPORT(diverge)

KERNEL read_at(const float* in, float* out, int64_t index) {
  if (threadIdx.x == 5) out[0] = in[index];
}
EXPORT(read_at)

KERNEL write_at(float* out, int64_t index) {
  if (threadIdx.x == 5) out[index] = 1;
}
EXPORT(write_at)

// An address inside a struct in memory: the driver cannot look at it before.
KERNEL follow(const float* const* from, float* out) {
  if (threadIdx.x == 0) out[0] = *from[0];
}
EXPORT(follow)

KERNEL divide(int* out, int divisor) {
  out[threadIdx.x] = static_cast<int>(threadIdx.x) / divisor;
}
EXPORT(divide)

KERNEL recurse_deep(float* out, int depth) {
  volatile float room[64 * 1024];
  for (int i = 64 * 1024 - 1; i >= 0; i -= 512) room[i] = static_cast<float>(depth);
  out[0] = room[0];
}
EXPORT(recurse_deep)

// What shared memory holds before anything is written: 0xffffffff wherever a block looks, also
// where the block before has written.
KERNEL show_shared(uint32_t* fixed, uint32_t* dynamic) {
  SHARED uint32_t array[64];
  DYNAMIC_SHARED(uint32_t, given);
  fixed[blockIdx.x * blockDim.x + threadIdx.x] = array[threadIdx.x];
  dynamic[blockIdx.x * blockDim.x + threadIdx.x] = given[threadIdx.x];
  array[threadIdx.x] = threadIdx.x;
  given[threadIdx.x] = threadIdx.x;
}
EXPORT(show_shared)

KERNEL write_shared_at(float* out, int index) {
  DYNAMIC_SHARED(float, shared);
  shared[index] = 1;
  out[0] = shared[0];
}
EXPORT(write_shared_at)

// Through shared memory in two stages; `wait` 0 is right, 1 waits for one group too few, 2 never.
KERNEL copy_through(const float* in, float* out, int wait) {
  SHARED float shared[2][128];
  int mine = threadIdx.x * 4;
  copy_16(&shared[0][mine], in + mine, true);
  copy_commit();
  copy_16(&shared[1][mine], in + 128 + mine, threadIdx.x < 16);
  copy_commit();
  if (wait == 0) copy_wait<0>();
  if (wait == 1) copy_wait<1>();
  block_sync();
  for (int i = threadIdx.x; i < 256; i += blockDim.x) out[i] = shared[i / 128][i % 128];
}
EXPORT(copy_through)

KERNEL copy_misaligned(const float* in, float* out) {
  SHARED float shared[128];
  copy_16(&shared[threadIdx.x * 4], in + threadIdx.x + 1, true);
  copy_commit();
  copy_wait<0>();
  out[threadIdx.x] = shared[threadIdx.x];
}
EXPORT(copy_misaligned)

// out = in + number, and in what order the blocks came.
KERNEL add_number(const int* in, int* out, int number, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) out[i] = in[i] + number;
}
EXPORT(add_number)

KERNEL note_order(int* order, int* next) {
  if (threadIdx.x == 0) order[next[0]++] = blockIdx.x;
}
EXPORT(note_order)

// d[16][8] = a[16][depth] b[depth][8] by one warp, as PTX lays the fragments out.
KERNEL multiply_tf32(const float* a, const float* b, float* d) {
  int group = threadIdx.x / 4, place = threadIdx.x % 4;
  float sums[4] = {0, 0, 0, 0};
  uint32_t left[4], right[2];
  for (int i = 0; i < 4; i++) left[i] = to_tf32(a[(group + i % 2 * 8) * 8 + place + i / 2 * 4]);
  for (int i = 0; i < 2; i++) right[i] = to_tf32(b[(place + i * 4) * 8 + group]);
  mma_tf32(sums, left, right);
  for (int i = 0; i < 4; i++) d[(group + i / 2 * 8) * 8 + place * 2 + i % 2] = sums[i];
}
EXPORT(multiply_tf32)

KERNEL multiply_bf16(const float* a, const float* b, float* d) {
  int group = threadIdx.x / 4, place = threadIdx.x % 4 * 2;
  float sums[4] = {0, 0, 0, 0};
  uint32_t left[4], right[2];
  for (int i = 0; i < 4; i++) {
    const float* from = a + (group + i % 2 * 8) * 16 + place + i / 2 * 8;
    left[i] = to_bf16x2(from[0], from[1]);
  }
  for (int i = 0; i < 2; i++) {
    const float* from = b + (place + i * 8) * 8 + group;
    right[i] = to_bf16x2(from[0], from[8]);
  }
  mma_bf16(sums, left, right);
  for (int i = 0; i < 4; i++) d[(group + i / 2 * 8) * 8 + place + i % 2] = sums[i];
}
EXPORT(multiply_bf16)

// A block's sum through warps: doubles, ints and floats.
KERNEL sum_block(const float* in, double* out) {
  SHARED double sums[32];
  double sum = warp_sum(static_cast<double>(in[blockIdx.x * blockDim.x + threadIdx.x]));
  int lanes = warp_xor(1, 16) + warp_xor(2, 31);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = sum + lanes - 3;
  block_sync();
  if (threadIdx.x == 0) {
    for (unsigned warp = 1; warp < blockDim.x / 32; warp++) sum += sums[warp];
    out[blockIdx.x] = sum;
  }
}
EXPORT(sum_block)

// c[rows][columns] = a[rows][depth] b[depth][columns], all multiples of 64, tf32: for timing.
KERNEL time_tiles(const float* a, const float* b, float* c, int columns, int depth) {
  SHARED float left[64][36];
  SHARED float right[32][72];
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = lane / 4, place = lane % 4;
  int row = blockIdx.y * 64, column = blockIdx.x * 64;
  float d[4][4] = {};  // this warp: 16 rows, 32 columns
  int top = warp % 4 * 16, side = warp / 4 * 32;
  for (int k = 0; k < depth; k += 32) {
    for (int i = threadIdx.x; i < 512; i += 256) {
      copy_16(&left[i / 8][i % 8 * 4], a + (row + i / 8) * depth + k + i % 8 * 4, true);
      copy_16(&right[i / 16][i % 16 * 4], b + (k + i / 16) * columns + column + i % 16 * 4, true);
    }
    copy_commit();
    copy_wait<0>();
    block_sync();
    for (int inner = 0; inner < 32; inner += 8) {
      uint32_t x[4], y[2];
      for (int i = 0; i < 4; i++)
        x[i] = to_tf32(left[top + group + i % 2 * 8][inner + place + i / 2 * 4]);
      for (int n = 0; n < 4; n++) {
        for (int i = 0; i < 2; i++)
          y[i] = to_tf32(right[inner + place + i * 4][side + n * 8 + group]);
        mma_tf32(d[n], x, y);
      }
    }
    block_sync();
  }
  for (int n = 0; n < 4; n++)
    for (int i = 0; i < 4; i++)
      c[(row + top + group + i / 2 * 8) * columns + column + side + n * 8 + place * 2 + i % 2] =
          d[n][i];
}
EXPORT(time_tiles)
