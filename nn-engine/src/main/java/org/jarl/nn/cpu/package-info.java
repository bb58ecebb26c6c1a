/// The cpu back end: a graph becomes a fixed list of kernels over fixed memory.
///
///     Graph --Compiler--> placement: one segment per tensor, levels, shared by lifetime
///                         kernels:   oneDNN for large products, Java for all else
///                         waves:     kernels of one level, dealt out to threads
///           --CpuProgram.run--> rows of tables, then wave after wave
///
/// Bits do not depend on the number of threads: what a task computes is fixed when the program is
/// compiled, no sum crosses tasks but in a fixed order, and threads only decide who runs a task.
/// Start reading at [org.jarl.nn.cpu.Compiler].
@NullMarked
package org.jarl.nn.cpu;

import org.jspecify.annotations.NullMarked;
