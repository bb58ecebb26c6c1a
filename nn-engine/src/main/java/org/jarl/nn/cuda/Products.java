package org.jarl.nn.cuda;

import java.util.ArrayList;
import java.util.List;
import org.jarl.nn.Op;
import org.jarl.nn.Precision;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;

/// Products of matrices: [Op.MatMul] and [Op.Linear]; kernels in products.cuh.
final class Products {
  private static final List<Tiling.Tile> TILES =
      List.of(Tiling.Tile.SMALL, Tiling.Tile.LARGE, Tiling.Tile.HUGE);
  private static final List<Tiling.Tile> SMALL = List.of(Tiling.Tile.SMALL);

  private Products() {}

  private static boolean transposed(Tensor t, int input) {
    return t.op() instanceof Op.MatMul(boolean a, boolean b) && (input == 0 ? a : b);
  }

  private static int inner(Tensor t) {
    Shape a = t.inputs().getFirst().shape();
    return a.size(transposed(t, 0) ? 0 : 1);
  }

  /// How it is dealt out.
  static Tiling tiling(Tensor t, Precision precision) {
    List<Tiling.Tile> tiles = transposed(t, 0) && transposed(t, 1) ? SMALL : TILES;
    return Tiling.of(t.shape().size(0), t.shape().size(1), inner(t), precision, tiles);
  }

  /// Bytes beside the result.
  static long workspace(Tensor t, Precision precision) {
    return tiling(t, precision).workspace(t.shape().size(0), t.shape().size(1));
  }

  /// The launches that compute it.
  static List<Launch> launches(Tensor t, Placement placement) {
    return launches(t, placement, tiling(t, placement.precision()));
  }

  /// The launches that compute it, dealt out in this way.
  static List<Launch> launches(Tensor t, Placement placement, Tiling tiling) {
    int m = t.shape().size(0);
    int n = t.shape().size(1);
    boolean relu = t.op() instanceof Op.Linear(boolean wanted) && wanted;
    long bias = t.op() instanceof Op.Linear ? placement.place(t.inputs().get(2)) : 0;
    boolean whole = tiling.parts() == 1;
    String kind = (transposed(t, 0) ? "t" : "n") + (transposed(t, 1) ? "t" : "n");
    List<Launch> launches = new ArrayList<>();
    launches.add(
        tiling
            .launch("product_" + kind, m, n, placement.precision())
            .pointer(placement.place(t.inputs().get(0)))
            .pointer(placement.place(t.inputs().get(1)))
            .pointer(whole ? bias : 0)
            .pointer(whole ? placement.place(t) : placement.workspace())
            .integer(m)
            .integer(n)
            .integer(inner(t))
            .integer(tiling.each())
            .integer(whole && relu ? 1 : 0));
    if (!whole) {
      var end = new Tiling.End(placement.place(t), 0, 1, bias, relu);
      launches.add(tiling.finish(placement.workspace(), end, m, n));
    }
    return launches;
  }
}
