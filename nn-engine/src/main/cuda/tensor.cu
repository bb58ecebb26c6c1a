// Kernels on tensor cores: one PTX module for devices that have them (compute capability 8.0).
#include "convolutions.cuh"
#include "products.cuh"

PRODUCTS(tf32, TF32)
PRODUCTS(bf16, BF16)
HUGE_PRODUCTS(tf32, TF32)
HUGE_PRODUCTS(bf16, BF16)
CONVOLUTIONS(tf32, TF32)
CONVOLUTIONS(bf16, BF16)
HUGE_CONVOLUTIONS(tf32, TF32)
HUGE_CONVOLUTIONS(bf16, BF16)
