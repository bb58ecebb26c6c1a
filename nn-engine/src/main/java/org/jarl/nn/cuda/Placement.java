package org.jarl.nn.cuda;

import org.jarl.nn.Precision;
import org.jarl.nn.Tensor;

/// Where an operation of a program finds its memory when its launches are made.
interface Placement {

  /// Device address of a tensor, aligned to 64 bytes; reshaped tensors lie where their source does.
  long place(Tensor tensor);

  /// Device address of the memory that the operation asked for beside its result, aligned to 64
  /// bytes; its content is undefined at first.
  long workspace();

  /// Device address of numbers that stay the same for the program's life.
  long table(int[] words);

  /// Never [Precision#AUTO].
  Precision precision();
}
