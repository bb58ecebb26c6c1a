// All kernels that need nothing of tensor cores: one PTX module for every device.
#include "data.cuh"
#include "fused.cuh"
#include "optimizer.cuh"
#include "pool.cuh"
#include "random.cuh"
#include "reduce.cuh"
#include "rounds.cuh"
