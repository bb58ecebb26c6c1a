// One optimizer step over flat arenas, in two launches:
//
//   prepare_step (one block), or gradient_norm where the gradient is clipped --> a step
//
// Formulas and order of operations are those of org.jarl.nn.cpu.OptimizerKernels. Arenas are whole
// multiples of 16 elements. Nothing happens once a run has been stopped; `control` may be null.
#pragma once
#include "numbers.cuh"

static const int STEP_THREADS = 256;

// What a step needs besides the arenas; sums of squares follow it, 64 bytes from its start.
struct Prepared {
  float rate;
  float size;  // rate / (1 - beta1^t)
  float root;  // 1 / sqrt(1 - beta2^t)
  int reserved;
};

DEV bool is_stopped(const Control* control) { return control && control->stopped; }

DEV const double* squares_of(const Prepared* prepared) {
  return reinterpret_cast<const double*>(prepared) + 8;
}

// By one thread: counts the step.
DEV void count_step(float* steps, const float* rate, float beta1, float beta2,
                    int corrected, Prepared* prepared) {
  float taken = *steps + 1;
  *steps = taken;
  prepared->rate = *rate;
  if (corrected) {
    double correction1 = 1 - pow(static_cast<double>(beta1), static_cast<double>(taken));
    double correction2 = 1 - pow(static_cast<double>(beta2), static_cast<double>(taken));
    prepared->size = static_cast<float>(*rate / correction1);
    prepared->root = static_cast<float>(1 / sqrt(correction2));
  }
}

KERNEL BOUNDS(32, 1)
prepare_step(const Control* control, float* steps, const float* rate, float beta1, float beta2,
             int corrected, Prepared* prepared) {
  if (is_stopped(control) || threadIdx.x != 0) return;
  count_step(steps, rate, beta1, beta2, corrected, prepared);
}
EXPORT(prepare_step)

// A sum of squares for each block, and what prepare_step does.
KERNEL BOUNDS(STEP_THREADS, 2)
gradient_norm(const Control* control, float* steps, const float* rate, float beta1, float beta2,
              int corrected, Prepared* prepared, const float4* gradients, int units) {
  SHARED double shared[STEP_THREADS / 32];
  if (is_stopped(control)) return;
  int end = static_cast<int>(static_cast<int64_t>(units) * (blockIdx.x + 1) / gridDim.x);
  int unit = static_cast<int>(static_cast<int64_t>(units) * blockIdx.x / gridDim.x) + threadIdx.x;
  double sum = 0;
  for (; unit < end; unit += STEP_THREADS) {
    float4 g = gradients[unit];
    sum += static_cast<double>(g.x) * g.x + static_cast<double>(g.y) * g.y +
           (static_cast<double>(g.z) * g.z + static_cast<double>(g.w) * g.w);
  }
  sum = warp_sum(sum);
  if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = sum;
  block_sync();
  if (threadIdx.x != 0) return;
  for (int warp = 1; warp < STEP_THREADS / 32; warp++) sum += shared[warp];
  const_cast<double*>(squares_of(prepared))[blockIdx.x] = sum;
  if (blockIdx.x == 0) count_step(steps, rate, beta1, beta2, corrected, prepared);
}
EXPORT(gradient_norm)

// What the gradient is multiplied by, of `parts` sums of squares, for all threads of a block; 1 for
// no part. As PyTorch's clip_grad_norm_: the small number keeps a zero gradient finite.
DEV float gradient_scale(const Prepared* prepared, int parts, float most, double* shared) {
  if (parts == 0) return 1;
  double sum = 0;
  for (int i = threadIdx.x; i < parts; i += STEP_THREADS) sum += squares_of(prepared)[i];
  sum = warp_sum(sum);
  if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = sum;
  block_sync();
  sum = 0;
  for (int warp = 0; warp < STEP_THREADS / 32; warp++) sum += shared[warp];
  double ratio = most / (sqrt(sum) + 1e-6);
  return ratio < 1 ? static_cast<float>(ratio) : 1.f;
}

// Four elements at a time: `rule(p, g, m, v)` changes p, m and v.
template <int moments, class Rule>
DEV void step(float4* values, const float4* gradients, float4* first, float4* second, int units,
              float scale, Rule rule) {
  for (int i = blockIdx.x * STEP_THREADS + threadIdx.x; i < units; i += gridDim.x * STEP_THREADS) {
    float4 p = values[i], g = gradients[i];
    float4 m = make_float4(0, 0, 0, 0), v = m;
    if (moments > 0) m = first[i];
    if (moments > 1) v = second[i];
    rule(p.x, exact_multiply(g.x, scale), m.x, v.x);
    rule(p.y, exact_multiply(g.y, scale), m.y, v.y);
    rule(p.z, exact_multiply(g.z, scale), m.z, v.z);
    rule(p.w, exact_multiply(g.w, scale), m.w, v.w);
    values[i] = p;
    if (moments > 0) first[i] = m;
    if (moments > 1) second[i] = v;
  }
}

// decay * old + rest * now.
DEV float running(float decay, float old, float rest, float now) {
  return exact_add(exact_multiply(decay, old), exact_multiply(rest, now));
}

#define RULE(name)                                                                              \
  KERNEL BOUNDS(STEP_THREADS, 4)                                                                \
  name(const Control* control, const Prepared* prepared, int parts, float most, float4* values, \
       const float4* gradients, float4* first, float4* second, int units, float a, float b,     \
       float epsilon, float decay)
#define RULE_BEGINS                                                     \
  SHARED double shared[STEP_THREADS / 32];                              \
  if (is_stopped(control)) return;                                      \
  float scale = gradient_scale(prepared, parts, most, shared);          \
  float rate = prepared->rate

RULE(step_sgd) {
  RULE_BEGINS;
  step<0>(values, gradients, first, second, units, scale, [=](float& p, float g, float&, float&) {
    p = exact_add(p, -exact_multiply(rate, g));
  });
}
EXPORT(step_sgd)

// `a` is the momentum.
RULE(step_momentum) {
  RULE_BEGINS;
  step<1>(values, gradients, first, second, units, scale,
          [=](float& p, float g, float& m, float&) {
            m = exact_add(exact_multiply(a, m), g);
            p = exact_add(p, -exact_multiply(rate, m));
          });
}
EXPORT(step_momentum)

// `a` is the decay of both running means, b = 1 - a.
RULE(step_rms_prop) {
  RULE_BEGINS;
  step<1>(values, gradients, first, second, units, scale,
          [=](float& p, float g, float& n, float&) {
            n = running(a, n, b, exact_multiply(g, g));
            p = exact_add(p, -(exact_multiply(rate, g) / exact_add(sqrtf(n), epsilon)));
          });
}
EXPORT(step_rms_prop)

RULE(step_rms_prop_centered) {
  RULE_BEGINS;
  step<2>(values, gradients, first, second, units, scale,
          [=](float& p, float g, float& n, float& m) {
            n = running(a, n, b, exact_multiply(g, g));
            m = running(a, m, b, g);
            // Rounding makes the difference of equal numbers negative, after some 270 equal gradients.
            float variance = fmaxf(exact_add(n, -exact_multiply(m, m)), 0);
            p = exact_add(p, -(exact_multiply(rate, g) / sqrtf(exact_add(variance, epsilon))));
          });
}
EXPORT(step_rms_prop_centered)

// `a` and `b` are beta1 and beta2; `decay` of the weights, 0 for plain Adam.
RULE(step_adam) {
  RULE_BEGINS;
  float size = prepared->size, root = prepared->root;
  float rest1 = 1 - a, rest2 = 1 - b, keep = exact_add(1, -exact_multiply(rate, decay));
  step<2>(values, gradients, first, second, units, scale,
          [=](float& p, float g, float& m, float& v) {
            m = running(a, m, rest1, g);
            v = running(b, v, rest2, exact_multiply(g, g));
            float change = exact_multiply(m, size) /
                           exact_add(exact_multiply(sqrtf(v), root), epsilon);
            p = exact_add(exact_multiply(p, keep), -change);
          });
}
EXPORT(step_adam)

// target += rate * (source - target); a rate of 1 copies.
KERNEL BOUNDS(STEP_THREADS, 4)
blend(const Control* control, const float4* source, float4* target, int units, float rate) {
  if (is_stopped(control)) return;
  for (int i = blockIdx.x * STEP_THREADS + threadIdx.x; i < units; i += gridDim.x * STEP_THREADS) {
    float4 from = source[i];
    if (rate != 1) {
      float4 to = target[i];
      from.x = exact_add(to.x, exact_multiply(rate, exact_add(from.x, -to.x)));
      from.y = exact_add(to.y, exact_multiply(rate, exact_add(from.y, -to.y)));
      from.z = exact_add(to.z, exact_multiply(rate, exact_add(from.z, -to.z)));
      from.w = exact_add(to.w, exact_multiply(rate, exact_add(from.w, -to.w)));
    }
    target[i] = from;
  }
}
EXPORT(blend)
