// All kernels that need nothing of tensor cores: one PTX module for every device.
#include "data.cuh"
#include "fused.cuh"
#include "optimizer.cuh"
#include "pool.cuh"
#include "random.cuh"
#include "reduce.cuh"
#include "rounds.cuh"
#include "table.cuh"
#include "convolutions.cuh"
#include "finish.cuh"
#include "products.cuh"

PRODUCTS(fp32, FP32)
CONVOLUTIONS(fp32, FP32)
