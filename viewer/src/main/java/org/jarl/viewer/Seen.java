package org.jarl.viewer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jarl.env.Space;
import org.jarl.env.show.Scene;

/// Reads what the agent sees out of a scene.
final class Seen {
  private static final VarHandle FLOATS =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.nativeOrder());

  private Seen() {}

  /// One number of the input.
  static float element(Scene scene, int index) {
    return scene.seenSpace != null && scene.seenSpace.type() == Space.ElementType.U8
        ? scene.seen[index] & 0xff
        : (float) FLOATS.get(scene.seen, 4 * index);
  }

  /// Writes one input picture as bytes.
  ///
  /// @param thumb which, see [Layout#thumbs]: frames first, then planes
  /// @param out where it goes, 3 bytes per pixel for colours, else 1
  static void picture(Scene scene, int thumb, ByteBuffer out) {
    int channels = scene.imageChannels();
    int planes = channels == 3 ? 1 : channels;
    int pixels = scene.imageHeight() * scene.imageWidth();
    int from = thumb / planes * pixels * channels + thumb % planes;
    int count = channels == 3 ? 3 * pixels : pixels;
    int stride = channels == 3 ? 1 : channels;
    Space.Box space = scene.seenSpace;
    if (space != null && space.type() == Space.ElementType.U8 && stride == 1) {
      out.put(scene.seen, from, count);
      return;
    }
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      float number = element(scene, from + i * stride);
      low = Math.min(low, number);
      high = Math.max(high, number);
    }
    // Zero is black where it can be, and a plane of one value is not noise.
    low = Math.min(low, 0);
    float factor = high > low ? 255 / (high - low) : 0;
    for (int i = 0; i < count; i++) {
      out.put((byte) ((element(scene, from + i * stride) - low) * factor));
    }
  }
}
