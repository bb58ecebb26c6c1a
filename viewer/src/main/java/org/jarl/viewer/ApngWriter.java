package org.jarl.viewer;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import org.jarl.env.Frame;
import org.jarl.env.picture.Png;

/// Writes a lossless film as animated PNG (PNG specification, third edition, section 11.3.4).
///
///     signature IHDR acTL | fcTL IDAT | fcTL fdAT | fcTL fdAT | ... IEND
///
/// Every frame but the first holds only the rectangle that changed. After each frame the file is
/// complete: the number of frames in acTL is counted up once the frame is there, and between these
/// two writes the file holds one frame more than it announces, which readers leave out. Not
/// thread-safe.
final class ApngWriter implements FilmWriter {
  private static final byte DISPOSE_NONE = 0;
  private static final byte BLEND_SOURCE = 0;

  /// Signature, IHDR, and length and type of acTL come before the number of frames.
  private static final int COUNT_AT = 8 + 25 + 8;

  /// The number of frames, that of repeats, and the checksum.
  private static final int COUNT_BYTES = 12;

  private final GrowingFile file;
  private final int framesPerSecond;
  private final int scale;
  private final Png png = new Png();
  private final Change change = new Change();
  private int frames;
  private int sequence;

  /// @param framesPerSecond 1 to 65535
  /// @param scale how wide and high a pixel of a frame is in the film
  ApngWriter(SeekableByteChannel channel, int framesPerSecond, int scale) {
    file = new GrowingFile(channel, Png.endMark());
    this.framesPerSecond = framesPerSecond;
    this.scale = scale;
  }

  @Override
  public void write(Frame frame) throws IOException {
    change.to(frame);
    png.out().clear();
    if (frames == 0) {
      png.header(frame.width() * scale, frame.height() * scale);
      control(1);
    }
    png.begin("fcTL");
    png.out().putInt(sequence++);
    png.out().putInt(change.width() * scale);
    png.out().putInt(change.height() * scale);
    png.out().putInt(change.x() * scale);
    png.out().putInt(change.y() * scale);
    png.out().putInt(1 << 16 | framesPerSecond); // shown for 1 / framesPerSecond
    png.out().put(DISPOSE_NONE);
    png.out().put(BLEND_SOURCE);
    png.end();
    if (frames == 0) {
      png.begin("IDAT");
    } else {
      png.begin("fdAT");
      png.out().putInt(sequence++);
    }
    png.pixels(frame, change.x(), change.y(), change.width(), change.height(), scale);
    png.end();
    file.append(png.out());
    if (frames > 0) {
      png.out().clear();
      control(frames + 1);
      file.patch(COUNT_AT, png.out().array(), 8, COUNT_BYTES);
    }
    frames++;
  }

  /// Announces a number of frames, to be played again and again.
  private void control(int count) {
    png.begin("acTL");
    png.out().putInt(count);
    png.out().putInt(0);
    png.end();
  }

  @Override
  public void close() throws IOException {
    png.close();
    file.close();
  }
}
