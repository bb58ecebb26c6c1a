// Philox4x32-10 (Salmon et al. 2011) and the numbers that org.jarl.nn.Philox makes of it, bit for
// bit: the normal ones go through the logarithm, sine and cosine of fdlibm (which StrictMath is
// specified by), here for the arguments that occur alone and in operations that no compiler joins.
#pragma once
#include "numbers.cuh"

DEV double minus(double a, double b) { return exact_add(a, -b); }

// a + b * rest: one step of Horner's scheme.
DEV double horner(double a, double b, double rest) { return exact_add(a, exact_multiply(b, rest)); }

// ln(m / 2^24) for 1 <= m <= 2^24: with m / 2^24 = 2^k (1 + f), |f| < sqrt(2) - 1, it is
// k ln 2 + ln(1 + f), where ln(1 + f) is odd in s = f / (2 + f).
DEV double logarithm(int m) {
  const double ln2High = 6.93147180369123816490e-01, ln2Low = 1.90821492927058770002e-10;
  unsigned bits = __float_as_uint(static_cast<float>(m));
  int exponent = static_cast<int>(bits >> 23) - 127;
  int fraction = static_cast<int>(bits & 0x7fffff) >> 3;  // of the high word of a double
  bool above = fraction + 0x95f64 >= 0x100000;            // than the root of 2, about
  double k = exponent - 24 + above;
  double x = m * static_cast<double>(__uint_as_float((127u - exponent - above) << 23));
  double f = x - 1;
  double kHigh = exact_multiply(k, ln2High), kLow = exact_multiply(k, ln2Low);
  if (((fraction + 2) & 0xfffff) < 3) {
    double rest = exact_multiply(exact_multiply(f, f),
                                 minus(0.5, exact_multiply(0.33333333333333333, f)));
    return minus(kHigh, minus(minus(rest, kLow), f));
  }
  double s = f / exact_add(2, f);
  double z = exact_multiply(s, s);
  double w = exact_multiply(z, z);
  double even = exact_multiply(w, horner(3.999999999940941908e-01, w,
                                         horner(2.222219843214978396e-01, w,
                                                1.531383769920937332e-01)));
  double odd = horner(1.818357216161805012e-01, w, 1.479819860511658591e-01);
  odd = horner(2.857142874366239149e-01, w, odd);
  odd = exact_multiply(z, horner(6.666666666666735130e-01, w, odd));
  double series = exact_add(odd, even);
  if (((fraction - 0x6147a) | (0x6b851 - fraction)) > 0) {
    double half = exact_multiply(exact_multiply(0.5, f), f);
    double rest = exact_add(exact_multiply(s, exact_add(half, series)), kLow);
    return minus(kHigh, minus(minus(half, rest), f));
  }
  return minus(kHigh, minus(minus(exact_multiply(s, minus(f, series)), kLow), f));
}

// For |x| <= pi / 4.
DEV double sine(double x) {
  double z = exact_multiply(x, x);
  double r = horner(-2.50507602534068634195e-08, z, 1.58969099521155010221e-10);
  r = horner(2.75573137070700676789e-06, z, r);
  r = horner(-1.98412698298579493134e-04, z, r);
  r = horner(8.33333333332248946124e-03, z, r);
  r = horner(-1.66666666666666324348e-01, z, r);
  return exact_add(x, exact_multiply(exact_multiply(z, x), r));
}

// For |x| <= pi / 4.
DEV double cosine(double x) {
  int high = high_word(x) & 0x7fffffff;
  double z = exact_multiply(x, x);
  double r = horner(2.08757232129817482790e-09, z, -1.13596475577881948265e-11);
  r = horner(-2.75573143513906633035e-07, z, r);
  r = horner(2.48015872894767294178e-05, z, r);
  r = horner(-1.38888888888741095749e-03, z, r);
  r = horner(4.16666666666666019037e-02, z, r);
  double rest = exact_multiply(z, exact_multiply(z, r));
  double half = exact_multiply(0.5, z);
  if (high < 0x3fd33333) return minus(1, minus(half, rest));
  // About x / 4, so that 1 - part has no error.
  double part = high > 0x3fe90000 ? 0.28125 : double_of(high - 0x00200000);
  return minus(minus(1, part), minus(minus(half, part), rest));
}

// cos(2 pi turn / 2^24), the nearest quarter turn taken off first.
DEV double turn_cosine(int turn) {
  int quarters = (turn + (1 << 21)) >> 22;
  double rest = exact_multiply((turn - quarters * (1 << 22)) * 0x1p-23, 3.141592653589793);
  double value = quarters & 1 ? sine(rest) : cosine(rest);
  int quarter = quarters & 3;
  return quarter == 1 || quarter == 2 ? -value : value;
}

DEV void philox(uint32_t k0, uint32_t k1, uint32_t (&c)[4]) {
  UNROLL for (int round = 0; round < 10; round++) {
    uint32_t low0 = 0xD2511F53u * c[0], high0 = __umulhi(0xD2511F53u, c[0]);
    uint32_t low1 = 0xCD9E8D57u * c[2], high1 = __umulhi(0xCD9E8D57u, c[2]);
    c[0] = high1 ^ c[1] ^ k0;
    c[1] = low1;
    c[2] = high0 ^ c[3] ^ k1;
    c[3] = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

// Two normal numbers of two words, by Box and Muller (1958).
DEV void normal_pair(uint32_t a, uint32_t b, float& first, float& second) {
  double radius = sqrt(exact_multiply(-2, logarithm(static_cast<int>(a >> 8) + 1)));
  int turn = static_cast<int>(b >> 8);
  first = static_cast<float>(exact_multiply(radius, turn_cosine(turn)));
  second = static_cast<float>(exact_multiply(radius, turn_cosine(turn - (1 << 22))));
}

DEV float uniform(uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

// Four elements per thread: block `unit` of the counter.
KERNEL BOUNDS(128, 4)
random_numbers(float* to, const int* counter, unsigned elements, uint32_t keyLow, uint32_t keyHigh,
               int normal) {
  unsigned unit = blockIdx.x * blockDim.x + threadIdx.x;
  if (unit >= (elements + 3) / 4) return;
  uint32_t c[4] = {static_cast<uint32_t>(counter[0]), static_cast<uint32_t>(counter[1]), unit, 0};
  philox(keyLow, keyHigh, c);
  float v[4];
  if (normal) {
    normal_pair(c[0], c[1], v[0], v[1]);
    normal_pair(c[2], c[3], v[2], v[3]);
  } else {
    UNROLL for (int k = 0; k < 4; k++) v[k] = uniform(c[k]);
  }
  if (4 * unit + 4 <= elements) {
    reinterpret_cast<float4*>(to)[unit] = make_float4(v[0], v[1], v[2], v[3]);
  } else {
    UNROLL for (int k = 0; k < 4; k++) {
      if (4 * unit + k < elements) to[4 * unit + k] = v[k];
    }
  }
}
EXPORT(random_numbers)
