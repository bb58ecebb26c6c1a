package org.jarl.nn.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
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
class ConvolutionsTest {
  private static final float SCALE = 1 / 255f;
  private static Bench bench;

  @BeforeAll
  static void open() {
    bench = new Bench();
  }

  @AfterAll
  static void close() {
    bench.close();
  }

  /// Sizes of a convolution: images, height and width, channels, outputs, kernel's height and
  /// width, stride, padding.
  private record Sizes(int n, int h, int w, int c, int o, int kh, int kw, int stride, int padding) {
    Shape image() {
      return Shape.of(n, h, w, c);
    }

    Shape weights() {
      return Shape.of(kh, kw, c, o);
    }

    Shape result() {
      int height = (h + 2 * padding - kh) / stride + 1;
      int width = (w + 2 * padding - kw) / stride + 1;
      return Shape.of(n, height, width, o);
    }
  }

  private enum Kind {
    FORWARD,
    BIAS,
    RELU,
    INPUT_GRADIENT,
    WEIGHT_GRADIENT
  }

  /// Where the frames of u8 images are.
  private enum Frames {
    NONE,
    PLANES,
    TABLE
  }

  /// A convolution or gradient, and what it must be.
  private static final class Case {
    private final Sizes sizes;
    private final Kind kind;
    private final Precision precision;
    private final Frames frames;
    private final Tensor t;
    private final float[] first;
    private final float[] second;
    private final float[] bias;
    private final byte[] planes;
    private final int[] indices;

    Case(Sizes sizes, Kind kind, Precision precision, Frames frames) {
      this.sizes = sizes;
      this.kind = kind;
      this.precision = precision;
      this.frames = frames;
      this.t = trace(new Graph("test"), kind);
      first = Rounded.random(t.inputs().get(0).shape().elements(), 1);
      second = Rounded.random(t.inputs().get(1).shape().elements(), 2);
      bias = t.inputs().size() > 2 ? Rounded.random(sizes.o, 3) : new float[0];
      int plane = sizes.h * sizes.w;
      int stored = frames == Frames.TABLE ? 5 : sizes.n * sizes.c;
      planes = new byte[stored * plane];
      new SplittableRandom(4).nextBytes(planes);
      indices = new int[sizes.n * sizes.c];
      for (int i = 0; i < indices.length; i++) {
        indices[i] = frames == Frames.TABLE ? (5 * i + 2) % 6 - 1 : i;
      }
      for (int i = 0; frames != Frames.NONE && i < first.length; i++) {
        int image = i / sizes.c / plane;
        int index = indices[image * sizes.c + i % sizes.c];
        first[i] = index < 0 ? 0 : planes[index * plane + i / sizes.c % plane] & 255;
      }
    }

    private Tensor trace(Graph graph, Kind wanted) {
      Tensor image = graph.input("image", sizes.image().toArray());
      Tensor weights = graph.input("weights", sizes.weights().toArray());
      Tensor gradient = graph.input("gradient", sizes.result().toArray());
      Tensor added = graph.input("bias", sizes.o);
      int s = sizes.stride;
      int p = sizes.padding;
      return switch (wanted) {
        case FORWARD -> Operation.of(new Op.Conv2d(s, p), sizes.result(), List.of(image, weights));
        case BIAS, RELU ->
            Operation.of(
                new Op.ConvBias(s, p, wanted == Kind.RELU),
                sizes.result(),
                List.of(image, weights, added));
        case INPUT_GRADIENT ->
            Operation.of(
                new Op.Conv2dInputGradient(s, p), sizes.image(), List.of(weights, gradient));
        case WEIGHT_GRADIENT ->
            Operation.of(
                new Op.Conv2dWeightGradient(s, p), sizes.weights(), List.of(image, gradient));
      };
    }

    /// Something else than zeros lies before the first plane, where plane -1 would be.
    private long uploadPlanes() {
      int before = 256;
      byte[] all = new byte[before + planes.length];
      Arrays.fill(all, 0, before, (byte) 77);
      System.arraycopy(planes, 0, all, before, planes.length);
      return bench.upload(MemorySegment.ofArray(all)) + before;
    }

    private float[] run(Tiling tiling) {
      long table = frames == Frames.NONE ? 0 : uploadPlanes();
      long picked = frames == Frames.TABLE ? bench.upload(MemorySegment.ofArray(indices)) : 0;
      float[] image = frames == Frames.NONE ? first : new float[0];
      return bench.run(
          t,
          bias.length > 0 ? List.of(image, second, bias) : List.of(image, second),
          precision,
          Convolutions.workspace(t, tiling),
          placement ->
              Convolutions.launches(
                  t,
                  placement,
                  switch (frames) {
                    case NONE ->
                        Convolutions.Image.floats(
                            placement.place(t.inputs().getFirst()), sizes.image());
                    case PLANES -> Convolutions.Image.planes(table, sizes.image(), SCALE);
                    case TABLE -> Convolutions.Image.rows(table, picked, sizes.image(), SCALE);
                  },
                  tiling));
    }

    private double[] reference(double[] a, double[] b) {
      boolean added = kind == Kind.BIAS || kind == Kind.RELU;
      Tensor plain = trace(new Graph("reference"), added ? Kind.FORWARD : kind);
      Map<String, double[]> values =
          Map.of(name(plain.inputs().get(0)), a, name(plain.inputs().get(1)), b);
      double[] result = new Reference(values, new HashMap<>()).value(plain);
      for (int i = 0; frames != Frames.NONE && i < result.length; i++) {
        result[i] *= SCALE;
      }
      return result;
    }

    private static String name(Tensor input) {
      return input.op() instanceof Op.Input(String name, boolean _) ? name : "";
    }

    void check(Tiling tiling) {
      // A byte has no more bits than bf16: what is scaled afterwards is not rounded at all.
      double[] a = Rounded.operands(first, frames == Frames.NONE ? precision : Precision.FP32);
      double[] b = Rounded.operands(second, precision);
      double[] exact = reference(a, b);
      double[] most = reference(Rounded.sizes(a), Rounded.sizes(b));
      for (int i = 0; bias.length > 0 && i < exact.length; i++) {
        exact[i] += bias[i % bias.length];
        most[i] += 1;
        exact[i] = kind == Kind.RELU ? Math.max(0, exact[i]) : exact[i];
      }
      String what = sizes + " " + kind + " " + frames + " in " + precision + " by " + tiling;
      Bench.seed(1);
      float[] sums = run(tiling);
      Rounded.assertSums(exact, most, sums, what);
      Bench.seed(5);
      assertArrayEquals(sums, run(tiling), what + " with threads in another order");
    }
  }

  private static final Sizes[] SIZES = {
    new Sizes(1, 1, 1, 1, 1, 1, 1, 1, 0),
    new Sizes(2, 5, 6, 4, 8, 3, 3, 1, 1),
    new Sizes(2, 7, 5, 3, 5, 3, 2, 2, 1),
    new Sizes(1, 9, 9, 8, 33, 4, 4, 2, 0),
    new Sizes(3, 8, 11, 5, 32, 2, 3, 3, 2),
    new Sizes(1, 7, 7, 36, 4, 1, 1, 2, 0),
    new Sizes(2, 6, 6, 2, 3, 2, 2, 4, 1),
    new Sizes(1, 3, 4, 4, 68, 3, 3, 1, 2),
  };

  private static void check(Kind kind, Precision precision, Frames frames, Tiling.Tile... tiles) {
    for (Sizes sizes : SIZES) {
      for (Tiling.Tile tile : tiles) {
        if (tile == Tiling.Tile.HUGE && precision == Precision.FP32) {
          continue;
        }
        new Case(sizes, kind, precision, frames).check(new Tiling(tile, 1024, 1));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
  void convolutionsAreExactToTheirOperands(Precision precision) {
    check(Kind.FORWARD, precision, Frames.NONE, Tiling.Tile.values());
    check(Kind.BIAS, precision, Frames.NONE, Tiling.Tile.SMALL);
    check(Kind.RELU, precision, Frames.NONE, Tiling.Tile.TALL);
  }

  @ParameterizedTest
  @EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
  void inputGradientsReachEveryPixelAndNoOther(Precision precision) {
    check(Kind.INPUT_GRADIENT, precision, Frames.NONE, Tiling.Tile.values());
  }

  @ParameterizedTest
  @EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
  void weightGradientsAreExactToTheirOperands(Precision precision) {
    check(Kind.WEIGHT_GRADIENT, precision, Frames.NONE, Tiling.Tile.values());
  }

  @ParameterizedTest
  @EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
  void framesAreReadAsTheyAreStored(Precision precision) {
    Sizes[] stacks = {
      new Sizes(2, 12, 16, 4, 8, 8, 8, 4, 0), // read in fours, as by the network of Mnih et al.
      new Sizes(2, 9, 10, 3, 5, 4, 4, 4, 0), // rows that do not lie in fours
      new Sizes(2, 8, 8, 2, 33, 4, 4, 4, 2), // zeros around them
      new Sizes(1, 6, 8, 4, 4, 3, 3, 1, 1),
    };
    for (Sizes stack : stacks) {
      for (Frames frames : new Frames[] {Frames.PLANES, Frames.TABLE}) {
        for (Tiling.Tile tile : new Tiling.Tile[] {Tiling.Tile.SMALL, Tiling.Tile.TALL}) {
          for (Kind kind : new Kind[] {Kind.FORWARD, Kind.RELU, Kind.WEIGHT_GRADIENT}) {
            new Case(stack, kind, precision, frames).check(new Tiling(tile, 1024, 1));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
  void partsOfASumAddUp(Precision precision) {
    Sizes stack = new Sizes(2, 12, 16, 4, 8, 8, 8, 4, 0);
    Sizes plain = new Sizes(3, 7, 6, 4, 5, 3, 3, 1, 1);
    new Case(plain, Kind.FORWARD, precision, Frames.NONE)
        .check(new Tiling(Tiling.Tile.SMALL, 32, 2));
    new Case(plain, Kind.RELU, precision, Frames.NONE).check(new Tiling(Tiling.Tile.LARGE, 16, 3));
    new Case(plain, Kind.WEIGHT_GRADIENT, precision, Frames.NONE)
        .check(new Tiling(Tiling.Tile.TALL, 48, 3));
    for (Frames frames : new Frames[] {Frames.PLANES, Frames.TABLE}) {
      new Case(stack, Kind.RELU, precision, frames).check(new Tiling(Tiling.Tile.TALL, 96, 3));
      new Case(stack, Kind.WEIGHT_GRADIENT, precision, frames)
          .check(new Tiling(Tiling.Tile.SMALL, 32, 1));
    }
    Sizes many = new Sizes(6, 12, 16, 4, 8, 8, 8, 4, 0);
    new Case(many, Kind.WEIGHT_GRADIENT, precision, Frames.TABLE)
        .check(new Tiling(Tiling.Tile.TALL, 16, 3));
  }

  @Test
  void theModelKnowsATileForEveryConvolution() {
    for (Sizes sizes : SIZES) {
      for (Kind kind : Kind.values()) {
        for (Precision precision : new Precision[] {Precision.FP32, Precision.TF32}) {
          Case one = new Case(sizes, kind, precision, Frames.NONE);
          one.check(Convolutions.tiling(one.t, precision, false));
        }
      }
    }
  }
}
