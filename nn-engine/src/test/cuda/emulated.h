// The words of gpu.cuh on a processor: the threads of a block are fibers that barriers switch
// between; block.cpp runs them. See README.md for what this finds and what it cannot.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

// What CUDA has built in.

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
};
struct alignas(2) uchar2 { unsigned char x, y; };
struct alignas(4) uchar4 { unsigned char x, y, z, w; };
struct alignas(8) int2 { int x, y; };
struct alignas(16) int4 { int x, y, z, w; };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(16) double2 { double x, y; };

extern dim3 threadIdx, blockIdx, blockDim, gridDim;

#define DEV static inline
#define __restrict__ __restrict
#define __forceinline__ inline
#define __align__(bytes) alignas(bytes)

DEV uchar2 make_uchar2(unsigned char x, unsigned char y) { return {x, y}; }
DEV uchar4 make_uchar4(unsigned char x, unsigned char y, unsigned char z, unsigned char w) {
  return {x, y, z, w};
}
DEV int2 make_int2(int x, int y) { return {x, y}; }
DEV int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
DEV uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
DEV uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
DEV float2 make_float2(float x, float y) { return {x, y}; }
DEV float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
DEV double2 make_double2(double x, double y) { return {x, y}; }

// The bits of a value as another type of the same size.
template <class To, class From>
static inline To emulated_bits(From from) {
  static_assert(sizeof(To) == sizeof(From), "sizes differ");
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

using std::max;
using std::min;
DEV float rsqrtf(float x) { return 1.f / std::sqrt(x); }
DEV double rsqrt(double x) { return 1 / std::sqrt(x); }
DEV float __fdividef(float a, float b) { return a / b; }
#define __expf(x) std::exp(static_cast<float>(x))  // libc has functions of these names
#define __logf(x) std::log(static_cast<float>(x))
#define __sinf(x) std::sin(static_cast<float>(x))
#define __cosf(x) std::cos(static_cast<float>(x))
#define __powf(x, y) std::pow(static_cast<float>(x), static_cast<float>(y))
DEV float __saturatef(float x) { return x > 0 ? x < 1 ? x : 1 : 0; }
DEV float __frcp_rn(float x) { return 1 / x; }
DEV float __fsqrt_rn(float x) { return std::sqrt(x); }
DEV float __fdiv_rn(float a, float b) { return a / b; }
DEV float __fadd_rn(float a, float b) { return a + b; }
DEV float __fsub_rn(float a, float b) { return a - b; }
DEV float __fmul_rn(float a, float b) { return a * b; }
DEV float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
DEV double __dadd_rn(double a, double b) { return a + b; }
DEV double __dmul_rn(double a, double b) { return a * b; }
DEV double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
DEV int __float2int_rn(float x) { return static_cast<int>(std::nearbyint(x)); }
DEV int __mul24(int a, int b) { return (a << 8 >> 8) * (b << 8 >> 8); }
DEV unsigned __umulhi(unsigned a, unsigned b) { return static_cast<uint64_t>(a) * b >> 32; }
DEV uint64_t __umul64hi(uint64_t a, uint64_t b) {
  return static_cast<unsigned __int128>(a) * b >> 64;
}
DEV int __popc(unsigned x) { return __builtin_popcount(x); }
DEV int __clz(int x) { return x ? __builtin_clz(x) : 32; }
DEV int __ffs(int x) { return __builtin_ffs(x); }
DEV float __uint_as_float(unsigned x) { return emulated_bits<float>(x); }
DEV float __int_as_float(int x) { return emulated_bits<float>(x); }
DEV unsigned __float_as_uint(float x) { return emulated_bits<unsigned>(x); }
DEV int __float_as_int(float x) { return emulated_bits<int>(x); }
DEV long long __double_as_longlong(double x) { return emulated_bits<long long>(x); }
DEV double __longlong_as_double(long long x) { return emulated_bits<double>(x); }
template <class T>
static inline T __ldg(const T* place) {
  return *place;
}

// What gpu.cuh adds.

#define KERNEL extern "C" void
#define BOUNDS(threads, blocks)
#define UNROLL

// Memory that a block's threads share has a section of its own, which the first thread of each
// block to come here fills with 0xff: what another block left there is never read unseen.
#define SHARED EMULATED_SHARED(__COUNTER__)
#define EMULATED_SHARED(number) EMULATED_SHARED_NUMBERED(number)
#define EMULATED_SHARED_NUMBERED(number)                                              \
  extern unsigned char emulated_from_##number[] __asm__("__start_jarl_shared_" #number) \
      __attribute__((visibility("hidden")));                                          \
  extern unsigned char emulated_to_##number[] __asm__("__stop_jarl_shared_" #number)  \
      __attribute__((visibility("hidden")));                                          \
  static uint64_t emulated_seen_##number;                                             \
  if (emulated_seen_##number != emulated_block) {                                     \
    emulated_seen_##number = emulated_block;                                          \
    std::memset(emulated_from_##number, 0xff,                                         \
                emulated_to_##number - emulated_from_##number);                       \
  }                                                                                   \
  static __attribute__((section("jarl_shared_" #number)))

#define DYNAMIC_SHARED(type, name) type* name = reinterpret_cast<type*>(emulated_dynamic_shared)

// The number of the block that runs: no two have the same.
extern uint64_t emulated_block;
extern unsigned char* emulated_dynamic_shared;

void block_sync();
void warp_sync();
// What lane `lane ^ mask` gives.
uint64_t emulated_xor(uint64_t bits, int mask);
void emulated_mma_tf32(float* d, const uint32_t* a, const uint32_t* b);
void emulated_mma_bf16(float* d, const uint32_t* a, const uint32_t* b);
// The source is read, and the destination written, at the wait; until then it holds 0xff.
void copy_16(void* shared, const void* global, bool wanted);
void copy_commit();
void emulated_copy_wait(int groups);

DEV float warp_xor(float value, int mask) {
  uint32_t bits = emulated_xor(emulated_bits<uint32_t>(value), mask);
  return emulated_bits<float>(bits);
}
DEV int warp_xor(int value, int mask) {
  return static_cast<int>(emulated_xor(static_cast<uint32_t>(value), mask));
}
DEV double warp_xor(double value, int mask) {
  return emulated_bits<double>(emulated_xor(emulated_bits<uint64_t>(value), mask));
}

DEV double exact_multiply(double a, double b) { return a * b; }
DEV double exact_add(double a, double b) { return a + b; }

DEV uint32_t to_tf32(float value) {
  return (emulated_bits<uint32_t>(value) + 0x1000u) & ~0x1fffu;
}
DEV uint32_t emulated_bf16(float value) {
  uint32_t bits = emulated_bits<uint32_t>(value);
  return (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
}
DEV uint32_t to_bf16x2(float low, float high) {
  return emulated_bf16(low) | emulated_bf16(high) << 16;
}

DEV void mma_tf32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  emulated_mma_tf32(d, a, b);
}
DEV void mma_bf16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  emulated_mma_bf16(d, a, b);
}

template <int groups>
static inline void copy_wait() {
  emulated_copy_wait(groups);
}

// A kernel as the driver finds it: its arguments' sizes, and which of them are addresses.
struct Kernel {
  const char* name;
  void (*call)(void** arguments);
  int count;
  const unsigned char* sizes;
  const bool* addresses;
};
void emulated_register(const Kernel& kernel);

template <class Function>
struct Signature;
template <class... Arguments>
struct Signature<void (*)(Arguments...)> {
  static constexpr unsigned char sizes[] = {sizeof(Arguments)..., 0};
  static constexpr bool addresses[] = {std::is_pointer_v<Arguments>..., false};

  template <void (*function)(Arguments...), size_t... position>
  static void spread(void** arguments, std::index_sequence<position...>) {
    function(*static_cast<std::remove_cv_t<Arguments>*>(arguments[position])...);
  }

  template <void (*function)(Arguments...)>
  static void call(void** arguments) {
    spread<function>(arguments, std::index_sequence_for<Arguments...>{});
  }

  template <void (*function)(Arguments...)>
  static Kernel named(const char* name) {
    return {name, &call<function>, sizeof...(Arguments), sizes, addresses};
  }
};
#define EXPORT(kernel)                          \
  static const bool emulated_exported_##kernel = \
      (emulated_register(Signature<decltype(&kernel)>::named<&kernel>(#kernel)), true);
