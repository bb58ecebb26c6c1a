// The words of gpu.cuh on a processor: threads of a block are fibers, barriers switch between them.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
};
struct float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct int2 { int x, y; };
struct alignas(16) int4 { int x, y, z, w; };
struct uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(4) uchar4 { unsigned char x, y, z, w; };
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
static inline int2 make_int2(int x, int y) { return {x, y}; }

extern dim3 threadIdx, blockIdx, blockDim, gridDim;
extern unsigned char* emulated_dynamic_shared;

#define KERNEL extern "C" void
#define DEV static inline
#define SHARED static
#define DYNAMIC_SHARED(type, name) type* name = reinterpret_cast<type*>(emulated_dynamic_shared)
#define BOUNDS(threads, blocks)
#define UNROLL
#define __restrict__ __restrict

void block_sync();
void warp_sync();
int emulated_lane();
// 64 bytes that a lane shows to its warp.
void* emulated_slot(int lane);

template <class T>
static inline T emulated_xor(T value, int mask) {
  int lane = emulated_lane();
  std::memcpy(emulated_slot(lane), &value, sizeof value);
  warp_sync();
  T result;
  std::memcpy(&result, emulated_slot(lane ^ mask), sizeof result);
  warp_sync();
  return result;
}
DEV float warp_xor(float value, int mask) { return emulated_xor(value, mask); }
DEV int warp_xor(int value, int mask) { return emulated_xor(value, mask); }
DEV double warp_xor(double value, int mask) { return emulated_xor(value, mask); }

DEV float rsqrtf(float x) { return 1.f / std::sqrt(x); }
DEV unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)(((uint64_t)a * b) >> 32); }
DEV float __uint_as_float(unsigned u) { float f; std::memcpy(&f, &u, 4); return f; }
DEV unsigned __float_as_uint(float f) { unsigned u; std::memcpy(&u, &f, 4); return u; }
DEV int __float_as_int(float f) { int u; std::memcpy(&u, &f, 4); return u; }
template <class T> static inline T __ldg(const T* p) { return *p; }
using std::max;
using std::min;

DEV double exact_multiply(double a, double b) { return a * b; }
DEV double exact_add(double a, double b) { return a + b; }

DEV uint32_t to_tf32(float x) {
  uint32_t u;
  std::memcpy(&u, &x, 4);
  u += 0x1000u;
  return u & ~0x1fffu;
}
DEV uint32_t emulated_bf16(float x) {
  uint32_t u;
  std::memcpy(&u, &x, 4);
  u += 0x7fffu + ((u >> 16) & 1);
  return u >> 16;
}
DEV uint32_t to_bf16x2(float low, float high) {
  return emulated_bf16(low) | emulated_bf16(high) << 16;
}

DEV void mma_tf32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  int lane = emulated_lane(), g = lane >> 2, t = lane & 3;
  uint32_t* mine = (uint32_t*)emulated_slot(lane);
  for (int i = 0; i < 4; i++) mine[i] = a[i];
  mine[4] = b[0];
  mine[5] = b[1];
  warp_sync();
  auto number = [](uint32_t u) { u &= ~0x1fffu; float x; std::memcpy(&x, &u, 4); return x; };
  auto at = [&](int lane, int i) { return number(((uint32_t*)emulated_slot(lane))[i]); };
  for (int i = 0; i < 4; i++) {
    int row = g + (i >> 1) * 8, column = t * 2 + (i & 1);
    for (int k = 0; k < 8; k++)
      d[i] += at((row & 7) * 4 + (k & 3), (row >> 3) + 2 * (k >> 2)) * at(column * 4 + (k & 3), 4 + (k >> 2));
  }
  warp_sync();
}

DEV void mma_bf16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  int lane = emulated_lane(), g = lane >> 2, t = lane & 3;
  uint32_t* mine = (uint32_t*)emulated_slot(lane);
  for (int i = 0; i < 4; i++) mine[i] = a[i];
  mine[4] = b[0];
  mine[5] = b[1];
  warp_sync();
  auto at = [&](int lane, int i, int half) {
    uint32_t u = ((uint32_t*)emulated_slot(lane))[i];
    u = half ? u & 0xffff0000u : u << 16;
    float x;
    std::memcpy(&x, &u, 4);
    return x;
  };
  for (int i = 0; i < 4; i++) {
    int row = g + (i >> 1) * 8, column = t * 2 + (i & 1);
    for (int k = 0; k < 16; k++) {
      int pair = (k & 7) >> 1;
      d[i] += at((row & 7) * 4 + pair, (row >> 3) + 2 * (k >> 3), k & 1) *
              at(column * 4 + pair, 4 + (k >> 3), k & 1);
    }
  }
  warp_sync();
}

DEV void copy_16(void* shared, const void* global, bool wanted) {
  if (wanted) std::memcpy(shared, global, 16); else std::memset(shared, 0, 16);
}
DEV void copy_commit() {}
template <int groups> static inline void copy_wait() {}

// Kernels by name, with the sizes of their arguments.
struct KernelInfo {
  const char* name;
  void (*call)(void**);
  int count;
  const size_t* sizes;
};
void emulated_register(const KernelInfo&);
template <class F> struct Registration;
template <class... A>
struct Registration<void (*)(A...)> {
  static constexpr size_t sizes[] = {sizeof(A)..., 0};
  static constexpr int count = sizeof...(A);
  template <void (*f)(A...), size_t... I>
  static void go(void** p, std::index_sequence<I...>) {
    f(*(std::remove_cv_t<std::remove_reference_t<A>>*)p[I]...);
  }
  template <void (*f)(A...)> static void call(void** p) { go<f>(p, std::index_sequence_for<A...>{}); }
};
#define EXPORT(kernel)                                                                         \
  static int registered_##kernel =                                                             \
      (emulated_register(KernelInfo{#kernel, &Registration<decltype(&kernel)>::call<&kernel>,  \
                                    Registration<decltype(&kernel)>::count,                    \
                                    Registration<decltype(&kernel)>::sizes}),                  \
       0);
