package org.jarl.viewer;

import static org.lwjgl.opengl.GL33C.*;

import java.nio.ByteBuffer;
import org.lwjgl.system.MemoryUtil;

/// A picture in OpenGL's memory that changes often. Grey ones show the same in red, green and blue.
final class Texture implements AutoCloseable {
  private final int id = glGenTextures();
  private final int channels;
  private final int filter;
  private ByteBuffer pixels = MemoryUtil.memAlloc(0);
  private int width;
  private int height;

  /// A texture without a size.
  ///
  /// @param channels 1 for grey, 3 for colours
  /// @param smooth whether it is blended when enlarged; when made smaller it always is
  Texture(int channels, boolean smooth) {
    this.channels = channels;
    filter = smooth ? GL_LINEAR : GL_NEAREST;
  }

  /// The bytes to fill, row by row from the top, for a picture of this size; see [#upload].
  ByteBuffer pixels(int newWidth, int newHeight) {
    int bytes = newWidth * newHeight * channels;
    if (pixels.capacity() < bytes) {
      MemoryUtil.memFree(pixels);
      pixels = MemoryUtil.memAlloc(bytes);
    }
    pixels.clear().limit(bytes);
    if (newWidth != width || newHeight != height) {
      width = newWidth;
      height = newHeight;
      reserve();
    }
    return pixels;
  }

  private void reserve() {
    glBindTexture(GL_TEXTURE_2D, id);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, filter);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    if (channels == 1) {
      glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_SWIZZLE_G, GL_RED);
      glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_SWIZZLE_B, GL_RED);
    }
    glTexImage2D(
        GL_TEXTURE_2D,
        0,
        channels == 1 ? GL_R8 : GL_RGB8,
        width,
        height,
        0,
        channels == 1 ? GL_RED : GL_RGB,
        GL_UNSIGNED_BYTE,
        0L);
  }

  /// Takes over what was filled into [#pixels].
  void upload() {
    glBindTexture(GL_TEXTURE_2D, id);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    glTexSubImage2D(
        GL_TEXTURE_2D,
        0,
        0,
        0,
        width,
        height,
        channels == 1 ? GL_RED : GL_RGB,
        GL_UNSIGNED_BYTE,
        pixels.rewind());
    glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
  }

  void bind(int unit) {
    glActiveTexture(GL_TEXTURE0 + unit);
    glBindTexture(GL_TEXTURE_2D, id);
    glActiveTexture(GL_TEXTURE0);
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  @Override
  public void close() {
    glDeleteTextures(id);
    MemoryUtil.memFree(pixels);
  }
}
