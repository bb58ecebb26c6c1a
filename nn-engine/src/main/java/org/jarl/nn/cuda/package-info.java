/// Programs on NVIDIA GPUs: the driver, through JCuda, and kernels of our own; no toolkit.
///
///     Graph --simplify, fuse--> levels --Compiler--> launches over fixed memory
///                                                     |
///     program.run():   inputs --copy--> [ one CUDA graph of all launches ] --copy--> outputs
///
/// Kernels are CUDA C++ (`src/main/cuda`), shipped as PTX that the driver compiles for the device
/// that is there. Each of `Elementwise…`, `Products`, `Convolutions`, ... says which kernels compute
/// an operation, on which grid, and how much memory it needs beside its result. Sums have a fixed
/// order and nothing depends on how many multiprocessors there are, so equal programs give equal
/// bits on every device of a precision.
///
/// Start reading at [CudaEngine].
@NullMarked
package org.jarl.nn.cuda;

import org.jspecify.annotations.NullMarked;
