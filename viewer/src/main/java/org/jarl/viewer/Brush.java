package org.jarl.viewer;

import static org.lwjgl.nanovg.NanoVG.*;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.lwjgl.nanovg.NVGColor;
import org.lwjgl.nanovg.NanoVGGL3;
import org.lwjgl.system.MemoryUtil;

/// Draws shapes and text through NanoVG, in points: a point is `scale` pixels, the origin the upper
/// left corner. Colours are `0xRRGGBB`. Needs a current OpenGL context; allocates nothing per call.
final class Brush implements AutoCloseable {
  /// Every character of the font has this width, in parts of its size.
  private static final float ADVANCE = 0.6f;

  private static final String FONTS = "/com/formdev/flatlaf/fonts/jetbrains_mono/";

  /// The line that [#text] draws: fill it, then draw.
  final TextLine line = new TextLine();

  private final long vg;
  private final NVGColor color = NVGColor.malloc();
  private final ByteBuffer regularFile;
  private final ByteBuffer boldFile;
  private final int regular;
  private final int bold;
  private float scale = 1;
  private float alpha = 1;

  Brush() {
    vg = NanoVGGL3.nvgCreate(NanoVGGL3.NVG_ANTIALIAS);
    if (vg == 0) {
      throw new IllegalStateException("NanoVG cannot draw with this OpenGL driver");
    }
    regularFile = font("JetBrainsMono-Regular.ttf");
    boldFile = font("JetBrainsMono-Bold.ttf");
    regular = nvgCreateFontMem(vg, "regular", regularFile, false);
    bold = nvgCreateFontMem(vg, "bold", boldFile, false);
    if (regular < 0 || bold < 0) {
      throw new IllegalStateException("NanoVG cannot read the font of " + FONTS);
    }
  }

  private static ByteBuffer font(String file) {
    try (InputStream in = Brush.class.getResourceAsStream(FONTS + file)) {
      if (in == null) {
        throw new IllegalStateException(
            "the class path lacks " + FONTS + file + "; build Jarl again");
      }
      byte[] bytes = in.readAllBytes();
      return MemoryUtil.memAlloc(bytes.length).put(bytes).flip();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the font " + FONTS + file, e);
    }
  }

  /// Begins a picture of this size in pixels.
  void begin(int width, int height, float pixelsPerPoint) {
    scale = pixelsPerPoint;
    alpha = 1;
    nvgBeginFrame(vg, width / scale, height / scale, scale);
  }

  void end() {
    nvgEndFrame(vg);
  }

  /// How much what follows covers: 1 all, 0 nothing.
  void alpha(float cover) {
    alpha = cover;
  }

  private NVGColor color(int rgb) {
    color.r((rgb >> 16 & 0xff) / 255f).g((rgb >> 8 & 0xff) / 255f).b((rgb & 0xff) / 255f).a(alpha);
    return color;
  }

  void box(float x, float y, float width, float height, float radius, int rgb) {
    nvgBeginPath(vg);
    nvgRoundedRect(vg, x, y, width, height, Math.min(radius, Math.min(width, height) / 2));
    nvgFillColor(vg, color(rgb));
    nvgFill(vg);
  }

  void frame(float x, float y, float width, float height, float radius, int rgb) {
    nvgBeginPath(vg);
    nvgRoundedRect(vg, x + 0.5f, y + 0.5f, width - 1, height - 1, radius);
    stroke(1, rgb);
  }

  void line(float x0, float y0, float x1, float y1, float width, int rgb) {
    nvgBeginPath(vg);
    nvgMoveTo(vg, x0, y0);
    nvgLineTo(vg, x1, y1);
    stroke(width, rgb);
  }

  void disc(float x, float y, float radius, int rgb) {
    nvgBeginPath(vg);
    nvgCircle(vg, x, y, radius);
    nvgFillColor(vg, color(rgb));
    nvgFill(vg);
  }

  /// Begins a path of lines, to be ended by [#stroke] or [#fill].
  void from(float x, float y) {
    nvgBeginPath(vg);
    nvgMoveTo(vg, x, y);
  }

  /// Goes on elsewhere without a line.
  void move(float x, float y) {
    nvgMoveTo(vg, x, y);
  }

  void to(float x, float y) {
    nvgLineTo(vg, x, y);
  }

  void stroke(float width, int rgb) {
    nvgStrokeWidth(vg, width);
    nvgLineJoin(vg, NVG_ROUND);
    nvgStrokeColor(vg, color(rgb));
    nvgStroke(vg);
  }

  void fill(int rgb) {
    nvgClosePath(vg);
    nvgFillColor(vg, color(rgb));
    nvgFill(vg);
  }

  /// Keeps what follows within a rectangle, until [#unclip].
  void clip(float x, float y, float width, float height) {
    nvgScissor(vg, x, y, width, height);
  }

  void unclip() {
    nvgResetScissor(vg);
  }

  /// The middle of the pixel column at x, for upright lines without blurred sides.
  float sharp(float x) {
    return ((float) Math.floor(x * scale) + 0.5f) / scale;
  }

  /// A width rounded up to an odd number of pixels.
  float pixels(float width) {
    return ((int) Math.ceil(width * scale) | 1) / scale;
  }

  /// The width of so many characters.
  float width(int columns, float size) {
    return columns * Math.round(ADVANCE * size * scale) / scale;
  }

  /// How many characters fit.
  int columns(float width, float size) {
    return Math.max(0, (int) (width / width(1, size)));
  }

  /// Draws [#line] with its left end at x, centred about y.
  void left(float x, float y, float size, int rgb) {
    text(x, y, size, rgb, regular, NVG_ALIGN_LEFT);
  }

  /// Draws [#line] in bold letters with its left end at x.
  void leftBold(float x, float y, float size, int rgb) {
    text(x, y, size, rgb, bold, NVG_ALIGN_LEFT);
  }

  /// Draws [#line] with its right end at x.
  void right(float x, float y, float size, int rgb) {
    text(x, y, size, rgb, regular, NVG_ALIGN_RIGHT);
  }

  /// Draws [#line] with its middle at x.
  void middle(float x, float y, float size, int rgb) {
    text(x, y, size, rgb, regular, NVG_ALIGN_CENTER);
  }

  private void text(float x, float y, float size, int rgb, int font, int align) {
    nvgFontFaceId(vg, font);
    nvgFontSize(vg, size);
    nvgTextAlign(vg, align | NVG_ALIGN_MIDDLE);
    nvgFillColor(vg, color(rgb));
    nvgText(vg, x, y, line.bytes());
  }

  @Override
  public void close() {
    NanoVGGL3.nvgDelete(vg);
    color.free();
    line.close();
    MemoryUtil.memFree(regularFile);
    MemoryUtil.memFree(boldFile);
  }
}
