// All kernels that need nothing of tensor cores: one PTX module for every device.
#include "rounds.cuh"
