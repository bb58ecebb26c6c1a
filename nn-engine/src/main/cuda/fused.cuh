// Chains of element-wise operations, run by an interpreter: four elements per thread, so that an
// instruction is decoded once for all of them.
//
//   table:  code | inputs | scalars | axes        (org.jarl.nn.cuda.FusedChains writes it)
//   shared: slots of four numbers per thread | a copy of the table | the values of scalars
//
// An instruction is {operation | slot of the result + 1 << 8, a, b, c}; an operand is a slot, or
// SCALAR and more, or LAST for the result of the last instruction but loads. Slot -1 keeps nothing.
#pragma once
#include "numbers.cuh"

enum Spelled {  // in the order of Op.UnaryKind and Op.BinaryKind
  NEGATE, EXP, LOG, TANH, COS, SIGMOID, RELU, SQRT, SQUARE, ABS, SIGN, STEP,
  ADD, SUBTRACT, MULTIPLY, DIVIDE, MAXIMUM, MINIMUM, LESS, EQUAL,
  SELECT, LOAD
};

static const int LAST = -1, SCALAR = 256;
static const int F32 = 0, U8 = 1, I32 = 2, WHOLE = 4;  // WHOLE: index for index

DEV float4 make(const float (&v)[4]) { return make_float4(v[0], v[1], v[2], v[3]); }

template <class F>
DEV float4 each(float4 a, F function) {
  return make_float4(function(a.x), function(a.y), function(a.z), function(a.w));
}

template <class F>
DEV float4 each(float4 a, float4 b, F function) {
  return make_float4(function(a.x, b.x), function(a.y, b.y), function(a.z, b.z),
                     function(a.w, b.w));
}

DEV float element(const void* from, int type, int64_t index) {
  if (type == F32) return static_cast<const float*>(from)[index];
  if (type == U8) return static_cast<const unsigned char*>(from)[index];
  return static_cast<float>(static_cast<const int*>(from)[index]);
}

// Four elements from a multiple of four on.
DEV float4 four(const void* from, int type, int64_t index) {
  if (type == F32) return static_cast<const float4*>(from)[index / 4];
  if (type == U8) {
    uchar4 v = static_cast<const uchar4*>(from)[index / 4];
    return make_float4(v.x, v.y, v.z, v.w);
  }
  int4 v = static_cast<const int4*>(from)[index / 4];
  return make_float4(static_cast<float>(v.x), static_cast<float>(v.y), static_cast<float>(v.z),
                     static_cast<float>(v.w));
}

DEV const void* address(int low, int high) {
  return reinterpret_cast<const void*>(
      static_cast<uint64_t>(static_cast<unsigned>(high)) << 32 | static_cast<unsigned>(low));
}

// Elements `at` to `at + 3` of the result's shape, as far as there are so many.
DEV float4 load(const int* table, int4 input, unsigned at, unsigned elements) {
  const void* from = address(input.y, input.z);
  int type = input.x & 3;
  float v[4] = {0, 0, 0, 0};
  if (input.x & WHOLE) {
    if (at + 4 <= elements) return four(from, type, at);
    UNROLL for (int k = 0; k < 4; k++) {
      if (at + k < elements) v[k] = element(from, type, at + k);
    }
    return make(v);
  }
  int rank = input.x >> 8;
  const int* axes = table + input.w;
  unsigned inner = axes[0];
  int stride = axes[1];
  unsigned row = at / inner;
  unsigned column = at % inner;
  int64_t base = row_offset(axes, rank, row);
  if (inner % 4 == 0) {
    if (stride == 1) return four(from, type, base + column);
    float same = element(from, type, base);
    return make_float4(same, same, same, same);
  }
  UNROLL for (int k = 0; k < 4; k++) {
    if (column == inner) {
      column = 0;
      base = row_offset(axes, rank, ++row);
    }
    if (at + k < elements) v[k] = element(from, type, base + static_cast<int64_t>(column) * stride);
    column++;
  }
  return make(v);
}

DEV float4 operand(int code, const float4* mine, int threads, const float* scalars, float4 last) {
  if (code == LAST) return last;
  if (code >= SCALAR) {
    float same = scalars[code - SCALAR];
    return make_float4(same, same, same, same);
  }
  return mine[code * threads];
}

DEV float4 unary(int operation, float4 a) {
  switch (operation) {
    case NEGATE: return each(a, [](float x) { return -x; });
    case EXP: return each(a, [](float x) { return exponential(x); });
    case LOG: return each(a, [](float x) { return logf(x); });
    case TANH: return each(a, [](float x) { return hyperbolic_tangent(x); });
    case COS: return each(a, [](float x) { return cosine(x); });
    case SIGMOID: return each(a, [](float x) { return sigmoid(x); });
    case RELU: return each(a, [](float x) { return larger(x, 0.f); });
    case SQRT: return each(a, [](float x) { return sqrtf(x); });
    case SQUARE: return each(a, [](float x) { return x * x; });
    case ABS: return each(a, [](float x) { return fabsf(x); });
    case SIGN: return each(a, [](float x) { return x > 0 ? 1.f : x < 0 ? -1.f : x; });
    default: return each(a, [](float x) { return x > 0 ? 1.f : 0.f; });
  }
}

DEV float4 binary(int operation, float4 a, float4 b) {
  switch (operation) {
    case ADD: return each(a, b, [](float x, float y) { return x + y; });
    case SUBTRACT: return each(a, b, [](float x, float y) { return x - y; });
    case MULTIPLY: return each(a, b, [](float x, float y) { return x * y; });
    case DIVIDE: return each(a, b, [](float x, float y) { return x / y; });
    case MAXIMUM: return each(a, b, [](float x, float y) { return larger(x, y); });
    case MINIMUM: return each(a, b, [](float x, float y) { return smaller(x, y); });
    case LESS: return each(a, b, [](float x, float y) { return x < y ? 1.f : 0.f; });
    default: return each(a, b, [](float x, float y) { return x == y ? 1.f : 0.f; });
  }
}

DEV float4 select(float4 a, float4 b, float4 c) {
  return make_float4(a.x > 0 ? b.x : c.x, a.y > 0 ? b.y : c.y, a.z > 0 ? b.z : c.z,
                     a.w > 0 ? b.w : c.w);
}

// Copies the table to shared memory and reads the scalars.
DEV void prepare(const int* from, int* table, int words, float* scalars, int scalarsAt, int count) {
  for (int i = threadIdx.x; i < words; i += blockDim.x) table[i] = from[i];
  for (int i = threadIdx.x; i < count; i += blockDim.x) {
    const int* scalar = from + scalarsAt + 4 * i;
    scalars[i] = scalar[0] < 0 ? __uint_as_float(scalar[1])
                               : element(address(scalar[1], scalar[2]), scalar[0], 0);
  }
  block_sync();
}

// `early` inputs are loaded to the slots of their numbers first, four at a time, so that one does
// not wait for the other; `result` is an operand.
KERNEL BOUNDS(128, 6)
fused(float* to, unsigned elements, const int* words, int wordCount, int slots, int codes,
      int inputs, int early, int scalarCount, int result) {
  DYNAMIC_SHARED(float4, columns);
  int threads = blockDim.x;
  float4* mine = columns + threadIdx.x;
  int* table = reinterpret_cast<int*>(columns + slots * threads);
  float* scalars = reinterpret_cast<float*>(table + wordCount);
  prepare(words, table, wordCount, scalars, 4 * (codes + inputs), scalarCount);
  const int4* code = reinterpret_cast<const int4*>(table);
  const int4* input = code + codes;
  unsigned units = (elements + 3) / 4;
  for (unsigned unit = blockIdx.x * threads + threadIdx.x; unit < units;
       unit += gridDim.x * threads) {
    unsigned at = 4 * unit;
    for (int first = 0; first < early; first += 4) {
      float4 loaded[4];
      UNROLL for (int k = 0; k < 4; k++) {
        if (first + k < early) loaded[k] = load(table, input[first + k], at, elements);
      }
      UNROLL for (int k = 0; k < 4; k++) {
        if (first + k < early) mine[(first + k) * threads] = loaded[k];
      }
    }
    float4 last = make_float4(0, 0, 0, 0);
    for (int i = 0; i < codes; i++) {
      int4 now = code[i];
      int operation = now.x & 255;
      int slot = (now.x >> 8) - 1;
      if (operation == LOAD) {
        mine[slot * threads] = load(table, input[now.y], at, elements);
        continue;
      }
      float4 a = operand(now.y, mine, threads, scalars, last);
      if (operation < ADD) {
        last = unary(operation, a);
      } else {
        float4 b = operand(now.z, mine, threads, scalars, last);
        last = operation < SELECT ? binary(operation, a, b)
                                  : select(a, b, operand(now.w, mine, threads, scalars, last));
      }
      if (slot >= 0) mine[slot * threads] = last;
    }
    last = operand(result, mine, threads, scalars, last);
    if (at + 4 <= elements) {
      reinterpret_cast<float4*>(to)[unit] = last;
    } else {
      float v[4] = {last.x, last.y, last.z, last.w};
      UNROLL for (int k = 0; k < 4; k++) {
        if (at + k < elements) to[at + k] = v[k];
      }
    }
  }
}
EXPORT(fused)
