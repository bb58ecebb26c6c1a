// Kernels on tensor cores: one PTX module for devices that have them (compute capability 8.0).
#include "gpu.cuh"
