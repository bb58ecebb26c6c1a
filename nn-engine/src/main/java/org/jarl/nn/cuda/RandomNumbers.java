package org.jarl.nn.cuda;

import java.util.List;
import org.jarl.nn.Op;
import org.jarl.nn.Tensor;

/// Random numbers of a counter, bit for bit those of [org.jarl.nn.Philox]; see `random.cuh`.
final class RandomNumbers {
  private static final int THREADS = 128;

  private RandomNumbers() {}

  /// One thread for a block of four numbers.
  static List<Launch> launches(Tensor tensor, Op.Random op, Placement placement) {
    int elements = tensor.shape().elements();
    return List.of(
        Launch.over("random_numbers", (elements - 1) / 4 + 1, THREADS)
            .pointer(placement.place(tensor))
            .pointer(placement.place(tensor.inputs().getFirst()))
            .integer(elements)
            .integer((int) op.seed())
            .integer((int) (op.seed() >>> 32))
            .integer(op.kind() == Op.RandomKind.NORMAL ? 1 : 0));
  }
}
