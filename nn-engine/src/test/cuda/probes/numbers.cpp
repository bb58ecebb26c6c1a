// The functions behind normal numbers for all arguments that occur, without the kernel: what
// RandomNumbersTest holds against StrictMath.
#include "gpu.cuh"
#undef KERNEL
#undef EXPORT
#define KERNEL [[maybe_unused]] static void
#define EXPORT(kernel)
#include "random.cuh"

extern "C" void logarithms(double* to, int count) {
  for (int i = 0; i < count; i++) to[i] = logarithm(i + 1);
}

extern "C" void cosines(double* to, int count) {
  for (int turn = 0; turn < count; turn++) to[turn] = turn_cosine(turn);
}
