package org.jarl.nn.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jarl.nn.Graph;
import org.jarl.nn.Op;
import org.jarl.nn.Operation;
import org.jarl.nn.Precision;
import org.jarl.nn.Reference;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@WithEmulatedDriver
class ProductsTest {
  private static Bench bench;

  @BeforeAll
  static void open() {
    bench = new Bench();
  }

  @AfterAll
  static void close() {
    bench.close();
  }

  /// A product with or without a bias, and what it must be.
  private static final class Case {
    private final Tensor t;
    private final Precision precision;
    private final float[] a;
    private final float[] b;
    private final float[] bias;

    Case(int[] mkn, Op op, Precision precision) {
      this.precision = precision;
      boolean transposeA = op instanceof Op.MatMul(boolean ta, boolean _) && ta;
      boolean transposeB = op instanceof Op.MatMul(boolean _, boolean tb) && tb;
      Graph graph = new Graph("test");
      int m = mkn[0];
      int k = mkn[1];
      int n = mkn[2];
      Tensor left = transposeA ? graph.input("a", k, m) : graph.input("a", m, k);
      Tensor right = transposeB ? graph.input("b", n, k) : graph.input("b", k, n);
      Tensor third = graph.input("bias", n);
      boolean linear = op instanceof Op.Linear;
      t =
          Operation.of(
              op, Shape.of(m, n), linear ? List.of(left, right, third) : List.of(left, right));
      a = Rounded.random(m * k, 1);
      b = Rounded.random(k * n, 2);
      bias = linear ? Rounded.random(n, 3) : new float[0];
    }

    float[] run(Tiling tiling) {
      return bench.run(
          t,
          linear() ? List.of(a, b, bias) : List.of(a, b),
          precision,
          tiling.workspace(t.shape().size(0), t.shape().size(1)),
          placement -> Products.launches(t, placement, tiling));
    }

    private boolean linear() {
      return bias.length > 0;
    }

    private double[] product(double[] left, double[] right) {
      Op op = linear() ? new Op.MatMul(false, false) : t.op();
      Graph graph = new Graph("reference");
      Tensor a = graph.input("a", t.inputs().get(0).shape().toArray());
      Tensor b = graph.input("b", t.inputs().get(1).shape().toArray());
      Tensor plain = Operation.of(op, t.shape(), List.of(a, b));
      return new Reference(Map.of("a", left, "b", right), new HashMap<>()).value(plain);
    }

    void check(Tiling tiling) {
      double[] left = Rounded.operands(a, precision);
      double[] right = Rounded.operands(b, precision);
      double[] exact = product(left, right);
      double[] sizes = product(Rounded.sizes(left), Rounded.sizes(right));
      for (int i = 0; linear() && i < exact.length; i++) {
        exact[i] += bias[i % bias.length];
        sizes[i] += 1;
        if (t.op() instanceof Op.Linear(boolean relu) && relu) {
          exact[i] = Math.max(0, exact[i]);
        }
      }
      String what = t + " in " + precision + " by " + tiling;
      Bench.seed(1);
      float[] first = run(tiling);
      Rounded.assertSums(exact, sizes, first, what);
      Bench.seed(7);
      assertArrayEquals(first, run(tiling), what + " with threads in another order");
    }
  }

  private static final int[][] SIZES = {
    {1, 1, 1}, {32, 32, 32}, {31, 33, 36}, {33, 4, 31}, {65, 20, 64}, {129, 17, 68}, {3, 100, 2}
  };

  @ParameterizedTest
  @EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
  void productsOfMatricesInAnyOrientationAreExactToTheirOperands(Precision precision) {
    for (int[] size : SIZES) {
      for (int kind = 0; kind < 4; kind++) {
        Op op = new Op.MatMul(kind % 2 == 1, kind >= 2);
        new Case(size, op, precision).check(new Tiling(Tiling.Tile.SMALL, 128, 1));
        if (kind < 3) {
          new Case(size, op, precision).check(new Tiling(Tiling.Tile.LARGE, 128, 1));
        }
        if (kind < 3 && precision != Precision.FP32) {
          new Case(size, op, precision).check(new Tiling(Tiling.Tile.HUGE, 128, 1));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
  void layersAddTheirBiasAndCutBelowZero(Precision precision) {
    for (boolean relu : new boolean[] {false, true}) {
      new Case(new int[] {34, 40, 35}, new Op.Linear(relu), precision)
          .check(new Tiling(Tiling.Tile.SMALL, 64, 1));
      new Case(new int[] {34, 40, 72}, new Op.Linear(relu), precision)
          .check(new Tiling(Tiling.Tile.LARGE, 64, 1));
    }
  }

  @ParameterizedTest
  @EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
  void partsOfASumAddUp(Precision precision) {
    int[][] parts = {{64, 2}, {64, 3}, {32, 5}};
    for (int[] part : parts) {
      // The last part is short, whole, or of one.
      int inner = part[0] * (part[1] - 1) + (part[1] == 2 ? 1 : part[1] == 3 ? 64 : 7);
      Tiling tiling = new Tiling(Tiling.Tile.SMALL, part[0], part[1]);
      new Case(new int[] {5, inner, 33}, new Op.MatMul(false, false), precision).check(tiling);
      new Case(new int[] {5, inner, 33}, new Op.Linear(true), precision).check(tiling);
    }
    new Case(new int[] {3, 32 * 39, 8}, new Op.MatMul(true, false), precision)
        .check(new Tiling(Tiling.Tile.SMALL, 32, 39));
  }

  /// All bits set: rounding up would carry into the sign and leave a zero.
  @ParameterizedTest
  @EnumSource(names = {"FP32", "TF32"})
  void whatIsNotANumberStaysSo(Precision precision) {
    Case one = new Case(new int[] {33, 8, 4}, new Op.Linear(true), precision);
    one.a[0] = Float.intBitsToFloat(0x7fffffff);
    one.a[16] = Float.POSITIVE_INFINITY;
    float[] result = one.run(new Tiling(Tiling.Tile.SMALL, 32, 1));
    for (int column = 0; column < 4; column++) {
      assertTrue(Float.isNaN(result[column]), "row 0 is " + result[column]);
      assertTrue(Float.isFinite(result[4 + column]), "row 1 is " + result[4 + column]);
      float infinite = one.b[column] > 0 ? Float.POSITIVE_INFINITY : 0;
      assertEquals(infinite, result[8 + column], "row 2, after ReLU");
    }
  }

  @Test
  void theModelCutsSumsOnlyWhereBlocksWouldBeFew() {
    List<Tiling.Tile> tiles = List.of(Tiling.Tile.SMALL, Tiling.Tile.LARGE, Tiling.Tile.HUGE);
    Tiling acting = Tiling.of(1, 512, 3136, Precision.TF32, tiles);
    assertTrue(acting.parts() >= 4, acting.toString());
    Tiling wide = Tiling.of(4096, 4096, 1024, Precision.TF32, tiles);
    assertEquals(new Tiling(Tiling.Tile.HUGE, 1024, 1), wide);
    for (int k = 1; k < 5000; k += 37) {
      Tiling tiling = Tiling.of(64, 64, k, Precision.TF32, tiles);
      assertEquals(0, tiling.each() % tiling.tile().depth, tiling.toString());
      int parts = Math.ceilDiv(k, tiling.each());
      assertEquals(parts, tiling.parts(), "no part is empty and none is missing: " + tiling);
    }
  }
}
