// Functions of numbers that kernels share: the bits of the cpu back end where the comment says so.
#pragma once
#include "gpu.cuh"

// Products and sums of f32 that the compiler may not join into one operation.
#ifdef __CUDACC__
DEV float exact_multiply(float a, float b) { return __fmul_rn(a, b); }
DEV float exact_add(float a, float b) { return __fadd_rn(a, b); }
DEV int high_word(double value) { return __double2hiint(value); }
DEV double double_of(int high) { return __hiloint2double(high, 0); }
#else
DEV float exact_multiply(float a, float b) { return a * b; }
DEV float exact_add(float a, float b) { return a + b; }
DEV int high_word(double value) {
  int64_t bits;
  std::memcpy(&bits, &value, 8);
  return static_cast<int>(bits >> 32);
}
DEV double double_of(int high) {
  int64_t bits = static_cast<int64_t>(high) << 32;
  double value;
  std::memcpy(&value, &bits, 8);
  return value;
}
#endif

// The larger one, NaN where either is.
DEV float larger(float a, float b) { return a > b || a != a ? a : b; }

// The smaller one, NaN where either is.
DEV float smaller(float a, float b) { return a < b || a != a ? a : b; }

// e^x within 2 units in the last place; the operations of org.jarl.nn.cpu.Maths, so its bits.
DEV float exponential(float x) {
  float bounded = smaller(larger(x, -104.f), 89.f);
  float n = exact_add(fmaf(bounded, 1.442695f, 12582912.f), -12582912.f);
  float r = fmaf(n, static_cast<float>(-(0.6931471805599453 - 355.0 / 512)),
                 fmaf(n, -355.f / 512, bounded));
  float p = fmaf(r, 1.f / 5040, 1.f / 720);
  p = fmaf(p, r, 1.f / 120);
  p = fmaf(p, r, 1.f / 24);
  p = fmaf(p, r, 1.f / 6);
  p = fmaf(p, r, 0.5f);
  p = fmaf(p, r, 1.f);
  float e = fmaf(p, r, 1.f);
  if (n != n) return n;
  int half = static_cast<int>(n) >> 1;
  int rest = static_cast<int>(n) - half;
  return exact_multiply(e * __uint_as_float((half + 127u) << 23),
                        __uint_as_float((rest + 127u) << 23));
}

// Within 4 units in the last place; the operations of org.jarl.nn.cpu.Maths, so its bits.
DEV float hyperbolic_tangent(float x) {
  float r = exact_multiply(0.5f, smaller(fabsf(x), 9.011f));
  float p = fmaf(1.3952103e-6f, r, -6.835366e-6f);
  p = fmaf(p, r, 6.265676e-5f);
  p = fmaf(p, r, 1.1775475e-4f);
  p = fmaf(p, r, 1.4857436e-3f);
  p = fmaf(p, r, 8.268437e-3f);
  p = fmaf(p, r, 4.168956e-2f);
  p = fmaf(p, r, 1.6666296e-1f);
  p = fmaf(p, r, 0.5000002f);
  float e = fmaf(exact_multiply(r, r), p, r);
  e = fmaf(e, e, exact_add(e, e));
  e = fmaf(e, e, exact_add(e, e));
  return copysignf(e / exact_add(e, 2.f), x);
}

// Within 2e-7 up to a million; the operations of org.jarl.nn.cpu.Maths, so its bits.
DEV float cosine(float x) {
  float q = exact_add(exact_add(fmaf(x, 1.f / 3.1415927f, -0.5f), 12582912.f), -12582912.f);
  float h = exact_add(q, 0.5f);
  float r = fmaf(h, 8.742278e-8f, fmaf(h, -3.1415927f, x));
  r = smaller(larger(r, -2.f), 2.f);
  float z = exact_multiply(r, r);
  float p = fmaf(1.6059044e-10f, z, -1.f / 39916800);
  p = fmaf(p, z, 1.f / 362880);
  p = fmaf(p, z, -1.f / 5040);
  p = fmaf(p, z, 1.f / 120);
  p = fmaf(p, z, -1.f / 6);
  float sine = fmaf(exact_multiply(r, z), p, r);
  float half = exact_multiply(0.5f, q);
  float odd = exact_add(half, -exact_add(exact_add(half, 12582912.f), -12582912.f));
  float sign = fmaf(exact_multiply(8.f, odd), odd, -1.f);
  return smaller(larger(exact_multiply(sign, sine), -1.f), 1.f);
}

DEV float sigmoid(float x) { return 1.f / (1.f + exponential(-x)); }

// Axes of a tensor that is read with other strides, from the innermost on, {size, stride} each:
// offset of an index that counts rows of the innermost axis.
DEV int64_t row_offset(const int* axes, int rank, unsigned row) {
  int64_t offset = 0;
  for (int axis = 1; axis < rank; axis++) {
    unsigned size = axes[2 * axis];
    offset += static_cast<int64_t>(row % size) * axes[2 * axis + 1];
    row /= size;
  }
  return offset;
}
