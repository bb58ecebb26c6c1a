// What kernels are written in: one source for two targets. nvcc makes PTX of it, g++ the emulated
// driver that the tests run on (src/test/cuda/emulated.h defines the same words there).
//
// Rules that both targets need:
// - A kernel is `KERNEL name(arguments) { ... }` followed by `EXPORT(name)`. Arguments are
//   pointers, int, unsigned, float, double or 64-bit integers; Java gives them in order.
// - SHARED arrays stand only in the body of a KERNEL, not in templates or functions: pass pointers
//   on. DYNAMIC_SHARED(type, name) is memory whose size the launch gives.
// - All threads of a block reach every block_sync(), all 32 lanes of a warp every warp_*() and
//   mma_*(): blocks are multiples of 32 threads, and no thread returns early before one of them.
// - No atomics on floats: sums have a fixed order, so results are equal from run to run.
#pragma once
#include <cstdint>

#ifdef __CUDACC__

#define KERNEL extern "C" __global__ void
#define EXPORT(kernel)
#define DEV static __device__ __forceinline__
#define SHARED __shared__
#define DYNAMIC_SHARED(type, name)                                         \
  extern __shared__ __align__(16) unsigned char jarl_dynamic_shared[];     \
  type* name = reinterpret_cast<type*>(jarl_dynamic_shared)
#define BOUNDS(threads, blocks) __launch_bounds__(threads, blocks)
#define UNROLL _Pragma("unroll")

DEV void block_sync() { __syncthreads(); }

DEV void warp_sync() { __syncwarp(); }

// The value of lane `lane ^ mask`.
DEV float warp_xor(float value, int mask) { return __shfl_xor_sync(0xffffffffu, value, mask); }
DEV int warp_xor(int value, int mask) { return __shfl_xor_sync(0xffffffffu, value, mask); }
DEV double warp_xor(double value, int mask) { return __shfl_xor_sync(0xffffffffu, value, mask); }

// The f32 with 10 bits of mantissa that tensor cores read, rounded to nearest, ties away from zero.
DEV uint32_t to_tf32(float value) {
#if __CUDA_ARCH__ >= 800
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
  return bits;
#else
  return 0;  // only kernels of the tensor-core set use it
#endif
}

// Two bf16 in one word, `low` in the lower half, rounded to nearest even.
DEV uint32_t to_bf16x2(float low, float high) {
#if __CUDA_ARCH__ >= 800
  uint32_t bits;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
  return bits;
#else
  return 0;  // only kernels of the tensor-core set use it
#endif
}

// d[16x8] += a[16x8] b[8x8], tf32 operands; fragments as PTX mma.m16n8k8 has them.
DEV void mma_tf32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#if __CUDA_ARCH__ >= 800
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
      "{%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

// d[16x8] += a[16x16] b[16x8], bf16 operands in pairs; fragments as PTX mma.m16n8k16 has them.
DEV void mma_bf16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#if __CUDA_ARCH__ >= 800
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

// Starts a copy of 16 bytes from global to shared memory, both aligned to 16; zeros where `wanted`
// is false (the source is then not read). Complete after copy_commit and copy_wait.
DEV void copy_16(void* shared, const void* global, bool wanted) {
#if __CUDA_ARCH__ >= 800
  unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  int bytes = wanted ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(global), "r"(bytes)
               : "memory");
#else
  *static_cast<uint4*>(shared) =
      wanted ? *static_cast<const uint4*>(global) : make_uint4(0, 0, 0, 0);
#endif
}

DEV void copy_commit() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits until at most `groups` of the newest committed groups of this thread are under way.
template <int groups>
DEV void copy_wait() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(groups) : "memory");
#endif
}

// Products and sums of double precision that the compiler may not join into one operation.
DEV double exact_multiply(double a, double b) { return __dmul_rn(a, b); }
DEV double exact_add(double a, double b) { return __dadd_rn(a, b); }

#else
#include "emulated.h"
#endif

DEV float warp_sum(float value) {
  UNROLL for (int mask = 16; mask > 0; mask >>= 1) value += warp_xor(value, mask);
  return value;
}

DEV double warp_sum(double value) {
  UNROLL for (int mask = 16; mask > 0; mask >>= 1) value += warp_xor(value, mask);
  return value;
}

// The state of a run that goes through several rounds, at the head of a program's inputs: the host
// sends zeros with them.
struct Control {
  int round;    // of the tensors that are being computed
  int stopped;  // 1 from the round on in which the condition to stop held
  int taken;    // rounds that took effect
  int reserved;
};
