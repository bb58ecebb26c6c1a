package org.jarl.nn.cuda;

import java.util.ArrayList;
import java.util.List;
import org.jarl.nn.Op;
import org.jarl.nn.Precision;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;

/// Convolutions and their gradients as products of matrices that are never laid out; kernels in
/// convolutions.cuh. Images are `[N, H, W, C]`, weights `[KH, KW, C, O]`.
final class Convolutions {
  private static final List<Tiling.Tile> TILES = List.of(Tiling.Tile.values());
  private static final List<Tiling.Tile> TILES_OF_BYTES =
      List.of(Tiling.Tile.SMALL, Tiling.Tile.TALL);

  /// Words of a phase's description; see convolutions.cuh.
  private static final int PHASE_WORDS = 24;

  private Convolutions() {}

  /// Where the pixels of an image `[N, H, W, C]` are.
  ///
  /// @param address of the first one, or of a table of planes
  /// @param bytes u8, else f32
  /// @param n elements from image to image, 0 where indices pick planes; the others likewise
  /// @param scale what a u8 is multiplied by
  /// @param indices address of i32 `[N, C]`, the numbers of the planes `[H, W]` in the table, -1
  ///   for a plane of zeros; or 0
  record Image(long address, boolean bytes, int n, int h, int w, int c, float scale, long indices) {

    /// An f32 tensor.
    static Image floats(long address, Shape shape) {
      int row = shape.size(2) * shape.size(3);
      return new Image(address, false, shape.size(1) * row, row, shape.size(3), 1, 1, 0);
    }

    /// u8 planes `[N, C, H, W]`.
    static Image planes(long address, Shape shape, float scale) {
      int plane = shape.size(1) * shape.size(2);
      return new Image(address, true, shape.size(3) * plane, shape.size(2), 1, plane, scale, 0);
    }

    /// u8 planes `[H, W]` of a table.
    static Image rows(long table, long indices, Shape shape, float scale) {
      return new Image(table, true, 0, shape.size(2), 1, 0, scale, indices);
    }

    /// Whether channels are the slowest axis of the order in which taps are taken.
    private boolean planar() {
      return bytes && w == 1;
    }
  }

  /// Sizes of one convolution.
  private record Geometry(Shape image, Shape weights, Shape result, int stride, int padding) {
    /// A tap's row and column share a word.
    private static final int MOST = Short.MAX_VALUE;

    Geometry {
      if (weights.size(0) > MOST || weights.size(1) > MOST) {
        throw new IllegalArgumentException(
            "a convolution's kernel must be at most %d high and wide on a GPU, got %s; use the cpu"
                .formatted(MOST, weights));
      }
    }

    static Geometry of(Tensor t) {
      Shape a = t.inputs().get(0).shape();
      Shape b = t.inputs().get(1).shape();
      return switch (t.op()) {
        case Op.Conv2d(int s, int p) -> new Geometry(a, b, t.shape(), s, p);
        case Op.ConvBias(int s, int p, _) -> new Geometry(a, b, t.shape(), s, p);
        case Op.Conv2dInputGradient(int s, int p) -> new Geometry(t.shape(), a, b, s, p);
        case Op.Conv2dWeightGradient(int s, int p) -> new Geometry(a, t.shape(), b, s, p);
        default -> throw new IllegalStateException("not a convolution: " + t);
      };
    }

    int positions() {
      return result.product(0, 3);
    }

    int outputs() {
      return weights.size(3);
    }

    int taps() {
      return weights.product(0, 3);
    }

    /// Whether four taps that follow each other lie side by side, aligned, and in one image; of
    /// bytes, also that none is outside.
    boolean vector(Image from) {
      if (!from.bytes) {
        return image.size(3) % 4 == 0;
      }
      int plane = image.size(1) * image.size(2);
      int together = from.planar() ? weights.size(1) : image.size(3);
      return (from.planar() ? stride % 4 == 0 : from.c == 1 && from.w % 4 == 0)
          && together % 4 == 0
          && padding == 0
          && from.h % 4 == 0
          && plane * (from.planar() ? 1 : image.size(3)) % 4 == 0
          && from.address % 4 == 0;
    }

    /// Entries of the taps in the order in which an image's are taken: where they lie beside a
    /// position, row and column, channel, and where they lie in the weights.
    int[] taps(Image from) {
      int[] words = new int[4 * taps()];
      int channels = image.size(3);
      for (int tap = 0, kernel = weights.product(0, 2); tap < taps(); tap++) {
        int c = from.planar() ? tap / kernel : tap % channels;
        int place = from.planar() ? tap % kernel : tap / channels;
        int y = place / weights.size(1);
        int x = place % weights.size(1);
        words[4 * tap] = y * from.h + x * from.w + c * from.c;
        words[4 * tap + 1] = y << 16 | x;
        words[4 * tap + 2] = c;
        words[4 * tap + 3] = (place * channels + c) * outputs();
      }
      return words;
    }

    /// Adds how positions lie in an image.
    Launch positions(Launch launch, Image from) {
      int perImage = result.size(1) * result.size(2);
      int perRow = result.size(2);
      return launch
          .integer(magic(perImage))
          .integer(shift(perImage))
          .integer(magic(perRow))
          .integer(shift(perRow))
          .integer(perImage)
          .integer(perRow)
          .integer(from.n)
          .integer(stride * from.h)
          .integer(stride * from.w)
          .integer(-padding * (from.h + from.w))
          .integer(-padding)
          .integer(-padding)
          .integer(stride)
          .integer(from.indices == 0 ? 0 : image.size(3));
    }
  }

  /// With [#shift] the numbers by which a kernel divides by `d`: `(high(n * magic) + n) >> shift`.
  private static int magic(int d) {
    return (int) (((1L << shift(d)) - d << 32) / d + 1);
  }

  private static int shift(int d) {
    return 32 - Integer.numberOfLeadingZeros(d - 1);
  }

  /// How it is dealt out.
  ///
  /// @param bytes whether the image is one of u8
  static Tiling tiling(Tensor t, Precision precision, boolean bytes) {
    Geometry g = Geometry.of(t);
    List<Tiling.Tile> tiles = bytes ? TILES_OF_BYTES : TILES;
    int positions = g.result.product(0, 3);
    return switch (t.op()) {
      case Op.Conv2dWeightGradient _ ->
          Tiling.of(g.taps(), g.outputs(), positions, precision, tiles);
      case Op.Conv2dInputGradient _ -> {
        // As for one product of all phases' rows.
        int inner = g.weights.product(0, 2) * g.outputs() / (g.stride * g.stride);
        int pixels = g.image.product(0, 3);
        yield Tiling.ofOnePart(pixels, g.image.size(3), Math.max(1, inner), precision, tiles);
      }
      default -> Tiling.of(positions, g.outputs(), g.taps(), precision, tiles);
    };
  }

  /// Bytes beside the result, for an image of f32.
  static long workspace(Tensor t, Precision precision) {
    return workspace(t, precision, false);
  }

  /// Bytes beside the result.
  ///
  /// @param bytes whether the image is one of u8
  static long workspace(Tensor t, Precision precision, boolean bytes) {
    return workspace(t, tiling(t, precision, bytes));
  }

  /// Bytes beside the result, dealt out in this way.
  static long workspace(Tensor t, Tiling tiling) {
    int outputs = t.shape().size(3);
    return tiling.workspace(t.shape().product(0, 3), outputs);
  }

  /// The launches that compute it from an image of f32, which is the first input but for the input
  /// gradient.
  static List<Launch> launches(Tensor t, Placement placement) {
    Tensor first = t.inputs().getFirst();
    return launches(t, placement, Image.floats(placement.place(first), first.shape()));
  }

  /// The launches that compute it.
  ///
  /// @param image instead of the first input; the input gradient has none
  static List<Launch> launches(Tensor t, Placement placement, Image image) {
    return launches(t, placement, image, tiling(t, placement.precision(), image.bytes));
  }

  /// The launches that compute it, dealt out in this way.
  static List<Launch> launches(Tensor t, Placement placement, Image image, Tiling tiling) {
    return switch (t.op()) {
      case Op.Conv2dInputGradient _ -> List.of(inputGradient(t, placement, tiling));
      case Op.Conv2dWeightGradient _ -> weightGradient(t, placement, image, tiling);
      case Op.ConvBias(_, _, boolean relu) ->
          forward(t, placement, image, tiling, new Bias(placement.place(t.inputs().get(2)), relu));
      default -> forward(t, placement, image, tiling, new Bias(0, false));
    };
  }

  private record Bias(long address, boolean relu) {}

  private static List<Launch> forward(
      Tensor t, Placement placement, Image image, Tiling tiling, Bias bias) {
    Geometry g = Geometry.of(t);
    boolean whole = tiling.parts() == 1;
    int m = g.positions();
    int n = g.outputs();
    Launch launch =
        image(tiling, "convolution", m, g, placement, image)
            .pointer(placement.place(t.inputs().get(1)))
            .pointer(whole ? bias.address : 0)
            .pointer(whole ? placement.place(t) : placement.workspace())
            .pointer(placement.table(g.taps(image)));
    sizes(launch, m, n, g.taps(), tiling, g.image);
    launch.integer(g.vector(image) ? 1 : 0).integer(whole && bias.relu ? 1 : 0);
    List<Launch> launches = new ArrayList<>(List.of(g.positions(launch, image)));
    if (!whole) {
      var end = new Tiling.End(placement.place(t), 0, image.scale, bias.address, bias.relu);
      launches.add(tiling.finish(placement.workspace(), end, m, n));
    }
    return launches;
  }

  private static List<Launch> weightGradient(
      Tensor t, Placement placement, Image image, Tiling tiling) {
    Geometry g = Geometry.of(t);
    boolean whole = tiling.parts() == 1;
    int m = g.taps();
    int n = g.outputs();
    long taps = placement.table(g.taps(image));
    long targets = image.planar() ? taps : 0;
    Launch launch =
        image(tiling, "weight_gradient", m, g, placement, image)
            .pointer(placement.place(t.inputs().get(1)))
            .pointer(whole ? placement.place(t) : placement.workspace())
            .pointer(taps)
            .pointer(whole ? targets : 0);
    sizes(launch, m, n, g.positions(), tiling, g.image);
    launch.integer(g.vector(image) ? 1 : 0);
    List<Launch> launches = new ArrayList<>(List.of(g.positions(launch, image)));
    if (!whole) {
      var end = new Tiling.End(placement.place(t), targets, image.scale, 0, false);
      launches.add(tiling.finish(placement.workspace(), end, m, n));
    }
    return launches;
  }

  /// A launch for sums whose image is the first argument.
  private static Launch image(
      Tiling tiling, String kernel, int m, Geometry g, Placement placement, Image image) {
    String name = image.bytes ? kernel + "_bytes" : kernel;
    Launch launch =
        tiling.launch(name, m, g.outputs(), placement.precision()).pointer(image.address);
    if (image.bytes) {
      launch
          .pointer(image.indices)
          .integer(g.image.size(1) * g.image.size(2))
          .number(tiling.parts() == 1 ? image.scale : 1);
    }
    return launch;
  }

  private static void sizes(Launch launch, int m, int n, int k, Tiling tiling, Shape image) {
    launch
        .integer(m)
        .integer(n)
        .integer(k)
        .integer(tiling.each())
        .integer(image.size(1))
        .integer(image.size(2));
  }

  /// Pixels `h` with equal `(h + padding) mod stride`, along one axis.
  ///
  /// @param remainder which one
  /// @param first quotient `(h + padding) / stride`
  /// @param count of pixels
  /// @param taps of the kernel that reach them: `remainder`, `remainder + stride`, ...
  private record Phase(int remainder, int first, int count, int taps) {
    static Phase of(int remainder, int size, int kernel, int stride, int padding) {
      int first = Math.ceilDiv(padding - remainder, stride);
      int last = Math.floorDiv(size - 1 + padding - remainder, stride);
      int taps = Math.max(0, Math.ceilDiv(kernel - remainder, stride));
      return new Phase(remainder, first, Math.max(0, last - first + 1), taps);
    }

    /// The first pixel.
    int pixel(int stride, int padding) {
      return first * stride + remainder - padding;
    }
  }

  private static Launch inputGradient(Tensor t, Placement placement, Tiling tiling) {
    Geometry g = Geometry.of(t);
    int s = g.stride;
    int[] phases = new int[s * s * PHASE_WORDS];
    List<int[]> taps = new ArrayList<>();
    int entries = 0;
    int most = 0;
    for (int i = 0; i < s * s; i++) {
      Phase y = Phase.of(i / s, g.image.size(1), g.weights.size(0), s, g.padding);
      Phase x = Phase.of(i % s, g.image.size(2), g.weights.size(1), s, g.padding);
      int[] own = tapsOf(g, y, x);
      describe(g, y, x, entries, phases, i * PHASE_WORDS);
      taps.add(own);
      entries += own.length / 4;
      most = Math.max(most, phases[i * PHASE_WORDS]);
    }
    int[] all = new int[Math.max(4, 4 * entries)];
    int at = 0;
    for (int[] own : taps) {
      System.arraycopy(own, 0, all, at, own.length);
      at += own.length;
    }
    int channels = g.image.size(3);
    return new Tiling(tiling.tile(), 0, s * s)
        .launch("input_gradient", most, channels, placement.precision())
        .pointer(placement.place(t.inputs().get(0)))
        .pointer(placement.place(t.inputs().get(1)))
        .pointer(placement.place(t))
        .pointer(placement.table(phases))
        .pointer(placement.table(all))
        .integer(channels)
        .integer(g.outputs())
        .integer(g.result.size(1))
        .integer(g.result.size(2));
  }

  /// The taps that reach a phase, output by output: beside a position of the result, and where they
  /// lie in the weights.
  private static int[] tapsOf(Geometry g, Phase y, Phase x) {
    int outputs = g.outputs();
    int[] words = new int[4 * y.taps * x.taps * outputs];
    for (int i = 0; i < words.length / 4; i++) {
      int row = i / outputs / x.taps;
      int column = i / outputs % x.taps;
      int o = i % outputs;
      int kernel =
          (y.remainder + row * g.stride) * g.weights.size(1) + x.remainder + column * g.stride;
      words[4 * i] = o - (row * g.result.size(2) + column) * outputs;
      words[4 * i + 1] = -row << 16 | -column & 0xffff;
      words[4 * i + 3] = kernel * g.weights.size(2) * outputs + o;
    }
    return words;
  }

  private static void describe(Geometry g, Phase y, Phase x, int firstTap, int[] words, int at) {
    int perImage = y.count * x.count;
    int outputs = g.outputs();
    int width = g.result.size(2);
    int channels = g.image.size(3);
    int imageRow = g.image.size(2) * channels;
    int[] own = {
      g.image.size(0) * perImage,
      y.taps * x.taps * outputs,
      firstTap,
      0,
      magic(Math.max(1, perImage)),
      shift(Math.max(1, perImage)),
      magic(Math.max(1, x.count)),
      shift(Math.max(1, x.count)),
      perImage,
      x.count,
      g.result.size(1) * width * outputs,
      width * outputs,
      outputs,
      (y.first * width + x.first) * outputs,
      y.first,
      x.first,
      g.image.size(1) * imageRow,
      g.stride * imageRow,
      g.stride * channels,
      y.pixel(g.stride, g.padding) * imageRow + x.pixel(g.stride, g.padding) * channels
    };
    System.arraycopy(own, 0, words, at, own.length);
  }
}
