package org.jarl.nn.cpu;

import java.lang.foreign.MemorySegment;
import org.jarl.nn.Op;
import org.jarl.nn.Philox;
import org.jarl.nn.Tensor;

/// Random numbers of a counter: block `i` of the tensor is Philox at `(counter, i)`, so that any
/// element can be computed alone and on any device.
final class RandomKernel {
  private RandomKernel() {}

  static Kernel random(Tensor tensor, Op.Random op, MemorySegment counter, MemorySegment to) {
    int elements = tensor.shape().elements();
    int[] block = new int[4];
    return new Kernel(tensor.toString(), 1, 40 + 10.0 * elements) {
      @Override
      void run(int slice, Scratch scratch) {
        int low = Floats.getInt(counter, 0);
        int high = Floats.getInt(counter, 1);
        for (int i = 0; i < elements; i++) {
          if (i % 4 == 0) {
            Philox.block(op.seed(), low, high, i / 4, block);
          }
          Floats.set(to, i, Philox.number(op.kind(), block, i % 4));
        }
      }
    };
  }
}
