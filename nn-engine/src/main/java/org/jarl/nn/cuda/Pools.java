package org.jarl.nn.cuda;

import java.util.List;
import org.jarl.nn.Op;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;

/// Max pooling, by the kernels of `pool.cuh`: four channels per thread where they can be divided
/// so.
final class Pools {
  private static final int THREADS = 256;

  private Pools() {}

  /// Of [Op.MaxPool2d]: one thread for four elements of the result.
  static List<Launch> forward(Tensor tensor, Op.MaxPool2d op, Placement placement) {
    Tensor image = tensor.inputs().getFirst();
    int lanes = lanes(image.shape());
    int units = tensor.shape().elements() / lanes;
    Launch launch =
        Launch.over("max_pool_" + lanes, units, THREADS)
            .pointer(placement.place(image))
            .pointer(placement.place(tensor))
            .integer(units);
    return List.of(
        geometry(launch, image.shape(), tensor.shape())
            .integer(op.size())
            .integer(op.stride())
            .integer(op.padding()));
  }

  /// Of [Op.MaxPool2dGradient]: one thread for four elements of the image.
  static List<Launch> gradient(Tensor tensor, Op.MaxPool2dGradient op, Placement placement) {
    Tensor result = tensor.inputs().get(1);
    int lanes = lanes(tensor.shape());
    int units = tensor.shape().elements() / lanes;
    Launch launch =
        Launch.over("max_pool_gradient_" + lanes, units, THREADS)
            .pointer(placement.place(tensor.inputs().getFirst()))
            .pointer(placement.place(result))
            .pointer(placement.place(tensor.inputs().get(2)))
            .pointer(placement.place(tensor))
            .integer(units);
    return List.of(
        geometry(launch, tensor.shape(), result.shape())
            .integer(op.size())
            .integer(op.stride())
            .integer(op.padding()));
  }

  private static int lanes(Shape image) {
    return image.size(3) % 4 == 0 ? 4 : 1;
  }

  private static Launch geometry(Launch launch, Shape image, Shape result) {
    return launch
        .integer(image.size(1))
        .integer(image.size(2))
        .integer(image.size(3))
        .integer(result.size(1))
        .integer(result.size(2));
  }
}
