package org.jarl.viewer;

import static org.lwjgl.opengl.GL33C.*;

import java.nio.ByteBuffer;
import org.jarl.env.Frame;
import org.jarl.env.show.Scene;
import org.lwjgl.system.MemoryUtil;

/// Draws a scene through OpenGL 3.3 into a picture of its own, which goes to the screen or back to
/// the program: what is recorded is what is seen, also where windows cover each other.
///
/// Needs a current context and stays on its thread. Allocates nothing per picture once its buffers
/// have grown.
final class Painter implements AutoCloseable {
  private static final float HEAT = 0.9f;
  private static final float TOAST_TEXT = 13;

  private final Quads quads = new Quads();
  private final Brush brush = new Brush();
  private final Layout layout = new Layout();
  private final Hud hud = new Hud(brush, layout);
  private final Help help = new Help(brush);
  private final Texture picture = new Texture(3, false);
  private final Texture heat = new Texture(1, true);
  private final Texture greyInput = new Texture(1, false);
  private final Texture colourInput = new Texture(3, false);
  private final int target = glGenFramebuffers();
  private final int colours = glGenRenderbuffers();
  private final int stencil = glGenRenderbuffers();
  private ByteBuffer read = MemoryUtil.memAlloc(0);
  private int width;
  private int height;

  /// Draws a scene.
  ///
  /// @param scale pixels per point, for displays with many pixels
  /// @param keys whether the list of keys lies over it
  /// @param notice a line for the user, empty for none
  void paint(
      Scene scene, int newWidth, int newHeight, float scale, boolean keys, CharSequence notice) {
    resize(newWidth, newHeight);
    glBindFramebuffer(GL_FRAMEBUFFER, target);
    glViewport(0, 0, width, height);
    layout.compute(scene, width, height, scale);
    clear(Palette.BACKGROUND, 0, 0, width, height);
    if (layout.panelWidth > 0) {
      int x = Math.round(layout.panelX * scale);
      int y = Math.round(layout.panelY * scale);
      int w = Math.round(layout.panelWidth * scale);
      int h = Math.round(layout.panelHeight * scale);
      clear(Palette.PANEL, x, height - y - h, w, h);
    }
    quads.begin(width, height);
    paintPicture(scene);
    paintInput(scene, scale);
    brush.begin(width, height, scale);
    edges(scene, scale);
    hud.draw(scene);
    if (keys) {
      help.draw(scene, width / scale, height / scale);
    } else if (!notice.isEmpty()) {
      toast(notice);
    }
    brush.end();
  }

  private void resize(int newWidth, int newHeight) {
    if (newWidth == width && newHeight == height) {
      return;
    }
    width = newWidth;
    height = newHeight;
    glBindRenderbuffer(GL_RENDERBUFFER, colours);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, width, height);
    glBindRenderbuffer(GL_RENDERBUFFER, stencil);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH24_STENCIL8, width, height);
    glBindFramebuffer(GL_FRAMEBUFFER, target);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, colours);
    glFramebufferRenderbuffer(
        GL_FRAMEBUFFER, GL_DEPTH_STENCIL_ATTACHMENT, GL_RENDERBUFFER, stencil);
    int state = glCheckFramebufferStatus(GL_FRAMEBUFFER);
    if (state != GL_FRAMEBUFFER_COMPLETE) {
      throw new IllegalStateException(
          "OpenGL cannot draw into a picture of %d x %d pixels, code 0x%x"
              .formatted(width, height, state));
    }
  }

  private static void clear(int rgb, int x, int y, int w, int h) {
    glEnable(GL_SCISSOR_TEST);
    glScissor(x, y, w, h);
    glClearColor((rgb >> 16 & 0xff) / 255f, (rgb >> 8 & 0xff) / 255f, (rgb & 0xff) / 255f, 1);
    glClear(GL_COLOR_BUFFER_BIT | GL_STENCIL_BUFFER_BIT);
    glDisable(GL_SCISSOR_TEST);
  }

  private void paintPicture(Scene scene) {
    if (layout.pictureWidth == 0) {
      return;
    }
    int bytes = 3 * scene.frame.width() * scene.frame.height();
    picture.pixels(scene.frame.width(), scene.frame.height()).put(scene.frame.rgb(), 0, bytes);
    picture.upload();
    // A map over the numbers of a vector says nothing about places in the picture.
    if (scene.saliencyHeight > 1) {
      ByteBuffer map = heat.pixels(scene.saliencyWidth, scene.saliencyHeight);
      for (int i = 0; i < scene.saliencyWidth * scene.saliencyHeight; i++) {
        map.put((byte) Math.round(255 * Math.clamp(scene.saliency[i], 0, 1)));
      }
      heat.upload();
      quads.heat(heat, HEAT);
    }
    quads.draw(
        picture, layout.pictureX, layout.pictureY, layout.pictureWidth, layout.pictureHeight);
    quads.noHeat();
  }

  private void paintInput(Scene scene, float scale) {
    int thumbs = Layout.thumbs(scene);
    if (thumbs == 0 || layout.height(Layout.INPUT) == 0) {
      return;
    }
    Texture input = scene.imageChannels() == 3 ? colourInput : greyInput;
    ByteBuffer pixels = input.pixels(scene.imageWidth(), thumbs * scene.imageHeight());
    for (int i = 0; i < thumbs; i++) {
      Seen.picture(scene, i, pixels);
    }
    input.upload();
    float x = layout.panelX + Layout.PAD;
    float y = layout.top(Layout.INPUT) + Layout.HEADING;
    for (int i = 0; i < thumbs; i++) {
      int column = i % Layout.THUMBS_PER_ROW;
      int line = i / Layout.THUMBS_PER_ROW;
      quads.draw(
          input,
          (float) i / thumbs,
          (i + 1f) / thumbs,
          Math.round((x + column * (layout.thumbWidth + Layout.THUMB_GAP)) * scale),
          Math.round((y + line * (layout.thumbHeight + Layout.THUMB_GAP)) * scale),
          Math.round(layout.thumbWidth * scale),
          Math.round(layout.thumbHeight * scale));
    }
  }

  private void edges(Scene scene, float scale) {
    if (layout.panelWidth > 0) {
      if (layout.panelX > 0) {
        brush.box(layout.panelX, 0, 1, layout.panelHeight, 0, Palette.EDGE);
      } else {
        brush.box(0, layout.panelY, layout.panelWidth, 1, 0, Palette.EDGE);
      }
    }
    if (layout.pictureWidth > 0) {
      brush.frame(
          layout.pictureX / scale - 1,
          layout.pictureY / scale - 1,
          layout.pictureWidth / scale + 2,
          layout.pictureHeight / scale + 2,
          0,
          scene.ended() ? Palette.RED : Palette.EDGE);
    } else {
      String words =
          scene.number == 0 ? "waiting for a picture" : "this environment draws no picture";
      brush.line.clear().add(words, brush.columns(layout.gameWidth, TOAST_TEXT));
      brush.middle(layout.gameWidth / 2, layout.gameHeight / 2, TOAST_TEXT, Palette.MUTED);
    }
  }

  private void toast(CharSequence notice) {
    int columns = brush.columns(layout.gameWidth - 40, TOAST_TEXT);
    brush.line.clear().add(notice, columns);
    float wide = brush.width(brush.line.columns(), TOAST_TEXT) + 24;
    float y = layout.gameHeight - 38;
    brush.alpha(0.9f);
    brush.box((layout.gameWidth - wide) / 2, y, wide, 26, 13, Palette.EDGE);
    brush.alpha(1);
    brush.middle(layout.gameWidth / 2, y + 13, TOAST_TEXT, Palette.TEXT);
  }

  /// Brings the picture into the window's back buffer.
  void show() {
    glBindFramebuffer(GL_READ_FRAMEBUFFER, target);
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, 0);
    glBlitFramebuffer(0, 0, width, height, 0, 0, width, height, GL_COLOR_BUFFER_BIT, GL_NEAREST);
    glBindFramebuffer(GL_FRAMEBUFFER, target);
  }

  /// Copies the picture out.
  void read(Frame out) {
    out.resize(width, height);
    int stride = 3 * width;
    if (read.capacity() < stride * height) {
      MemoryUtil.memFree(read);
      read = MemoryUtil.memAlloc(stride * height);
    }
    glBindFramebuffer(GL_FRAMEBUFFER, target);
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, read.clear());
    glPixelStorei(GL_PACK_ALIGNMENT, 4);
    for (int y = 0; y < height; y++) {
      read.get((height - 1 - y) * stride, out.rgb(), y * stride, stride);
    }
  }

  @Override
  public void close() {
    glDeleteFramebuffers(target);
    glDeleteRenderbuffers(colours);
    glDeleteRenderbuffers(stencil);
    picture.close();
    heat.close();
    greyInput.close();
    colourInput.close();
    quads.close();
    brush.close();
    MemoryUtil.memFree(read);
  }
}
