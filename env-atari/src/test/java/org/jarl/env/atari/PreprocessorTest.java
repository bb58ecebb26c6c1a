package org.jarl.env.atari;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import org.jarl.env.atari.AtariOptions.Resize;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PreprocessorTest {
  private static final int HEIGHT = 210;
  private static final int WIDTH = 160;

  private static byte[] identity() {
    byte[] table = new byte[256];
    for (int i = 0; i < 256; i++) {
      table[i] = (byte) i;
    }
    return table;
  }

  private static byte[] random(long seed, int length) {
    byte[] bytes = new byte[length];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }

  /// As games draw: long runs of one colour, and rows that are like the one above.
  private static byte[] picture(long seed, int height, int width) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] picture = new byte[height * width];
    for (int y = 0; y < height; y++) {
      if (y > 0 && random.nextInt(3) > 0) {
        System.arraycopy(picture, (y - 1) * width, picture, y * width, width);
      } else {
        for (int x = 0, end; x < width; x = end) {
          end = Math.min(width, x + 1 + random.nextInt(30));
          Arrays.fill(picture, y * width + x, y * width + end, (byte) random.nextInt());
        }
      }
    }
    return picture;
  }

  private static MemorySegment screen(byte[] indices) {
    return Arena.ofAuto().allocate(indices.length).copyFrom(MemorySegment.ofArray(indices));
  }

  /// One result, written between guards that must not change.
  private static byte[] into(Preprocessor preprocessor, byte[] previous, byte[] last) {
    MemorySegment to = Arena.ofAuto().allocate(preprocessor.bytes() + 16);
    to.fill((byte) 77);
    preprocessor.into(screen(previous), screen(last), to, 8);
    for (int i = 0; i < 8; i++) {
      assertEquals(77, to.get(JAVA_BYTE, i));
      assertEquals(77, to.get(JAVA_BYTE, to.byteSize() - 1 - i));
    }
    return to.asSlice(8, preprocessor.bytes()).toArray(JAVA_BYTE);
  }

  /// The definition, in longs: every pixel of the result is the average over the area that it
  /// covers, rounded half up. Pixel `x` of the source covers `x * size` up to `(x + 1) * size`,
  /// pixel `i` of the result `i * width` up to `(i + 1) * width`.
  private static byte[] average(int[] pixels, int height, int width, int size) {
    byte[] out = new byte[size * size];
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        long sum = 0;
        for (int i = y * height / size; i < height && i * size < (y + 1) * height; i++) {
          for (int j = x * width / size; j < width && j * size < (x + 1) * width; j++) {
            sum += pixels[i * width + j] * shared(y, height, i, size) * shared(x, width, j, size);
          }
        }
        long area = (long) height * width;
        out[y * size + x] = (byte) Math.floorDiv(2 * sum + area, 2 * area);
      }
    }
    return out;
  }

  private static long shared(int result, int source, int pixel, int size) {
    int from = Math.max(result * source, pixel * size);
    int to = Math.min((result + 1) * source, (pixel + 1) * size);
    return Math.max(0, to - from);
  }

  private static int[] larger(byte[] table, int channel, byte[] previous, byte[] last) {
    int[] pixels = new int[last.length];
    for (int i = 0; i < pixels.length; i++) {
      int a = table[channel * 256 + (previous[i] & 0xff)] & 0xff;
      int b = table[channel * 256 + (last[i] & 0xff)] & 0xff;
      pixels[i] = Math.max(a, b);
    }
    return pixels;
  }

  @ParameterizedTest
  @CsvSource({
    "210, 160, 84",
    "210, 160, 1",
    "210, 160, 2",
    "210, 160, 7",
    "210, 160, 10",
    "210, 160, 64",
    "210, 160, 83",
    "210, 160, 96",
    "210, 160, 105",
    "210, 160, 159",
    "210, 160, 160",
    "250, 160, 84",
    "84, 84, 84",
    "168, 168, 84",
    "1, 1, 1",
    "3, 5, 2",
    "17, 31, 13",
    "97, 89, 61"
  })
  void exactResultsFollowTheDefinition(int height, int width, int size) {
    byte[] table = random(size, 3 * 256);
    byte[] noise = random(height, height * width);
    byte[] other = random(width + 1000, height * width);
    checkExact(table, height, width, size, noise, other);
    byte[] picture = picture(height, height, width);
    byte[] similar = picture.clone();
    for (int i = 0; i < similar.length; i += 501) {
      similar[i] = other[i];
    }
    checkExact(table, height, width, size, picture, picture);
    checkExact(table, height, width, size, picture, similar);
    checkExact(table, height, width, size, picture, picture(width, height, width));
  }

  private static void checkExact(
      byte[] table, int height, int width, int size, byte[] previous, byte[] last) {
    byte[] seen = into(new Preprocessor(height, width, size, Resize.AREA, table), previous, last);
    assertEquals(size * size * 3, seen.length);
    for (int channel = 0; channel < 3; channel++) {
      byte[] expected = average(larger(table, channel, previous, last), height, width, size);
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], seen[i * 3 + channel], "channel " + channel + " pixel " + i);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Resize.class)
  void uniformScreensKeepTheirLuminance(Resize resize) {
    for (int size : new int[] {1, 10, 84, 121, 160}) {
      var preprocessor = new Preprocessor(HEIGHT, WIDTH, size, resize, identity());
      for (int value : new int[] {0, 1, 127, 128, 254, 255}) {
        byte[] screen = new byte[HEIGHT * WIDTH];
        Arrays.fill(screen, (byte) value);
        for (byte pixel : into(preprocessor, screen, screen)) {
          assertEquals(value, pixel & 0xff);
        }
      }
    }
  }

  @Test
  void theLargerIsTakenOfLuminanceNotOfPaletteIndices() {
    byte[] table = new byte[256];
    table[1] = 9;
    table[2] = 5;
    var preprocessor = new Preprocessor(1, 2, 0, Resize.AREA, table);
    assertArrayEquals(new byte[] {9, 9}, into(preprocessor, new byte[] {1, 2}, new byte[] {2, 1}));
  }

  @Test
  void wholeScreensAreNotShrunk() {
    byte[] table = random(3, 3 * 256);
    byte[] previous = random(4, HEIGHT * WIDTH);
    byte[] last = random(5, HEIGHT * WIDTH);
    byte[] seen = into(new Preprocessor(HEIGHT, WIDTH, 0, Resize.AREA, table), previous, last);
    for (int channel = 0; channel < 3; channel++) {
      int[] expected = larger(table, channel, previous, last);
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], seen[i * 3 + channel] & 0xff);
      }
    }
  }

  @Test
  void resultsDoNotDependOnWhatWasSeenBefore() {
    for (Resize resize : Resize.values()) {
      var used = new Preprocessor(HEIGHT, WIDTH, 84, resize, identity());
      for (int seed = 0; seed < 5; seed++) {
        byte[] previous = picture(seed, HEIGHT, WIDTH);
        byte[] last = seed % 2 == 0 ? previous : random(seed, HEIGHT * WIDTH);
        var fresh = new Preprocessor(HEIGHT, WIDTH, 84, resize, identity());
        assertArrayEquals(into(fresh, previous, last), into(used, previous, last));
      }
    }
  }

  /// 40 pictures and what OpenCV 4.6 made of them.
  @Test
  void openCvsBitsAreMet() throws IOException {
    byte[] golden;
    try (InputStream in =
        new GZIPInputStream(
            Objects.requireNonNull(
                PreprocessorTest.class.getResourceAsStream("area-resize-golden.bin.gz")))) {
      golden = in.readAllBytes();
    }
    int images = golden.length / (HEIGHT * WIDTH + 84 * 84);
    assertEquals(40, images);
    assertEquals(0, golden.length % images);
    var openCv = new Preprocessor(HEIGHT, WIDTH, 84, Resize.OPENCV, identity());
    var exact = new Preprocessor(HEIGHT, WIDTH, 84, Resize.AREA, identity());
    int different = 0;
    for (int i = 0; i < images; i++) {
      byte[] image = part(golden, i * HEIGHT * WIDTH, HEIGHT * WIDTH);
      byte[] expected = part(golden, images * HEIGHT * WIDTH + i * 84 * 84, 84 * 84);
      assertArrayEquals(expected, into(openCv, image, image), "picture " + i);
      byte[] near = into(exact, image, image);
      for (int k = 0; k < near.length; k++) {
        assertTrue(Math.abs((near[k] & 0xff) - (expected[k] & 0xff)) <= 1);
        different += near[k] == expected[k] ? 0 : 1;
      }
    }
    assertTrue(different > 0 && different < 1000, "pixels where the two ways differ: " + different);
  }

  /// CRC-32 of what OpenCV 4.6 makes of [#noise]: `zlib.crc32(cv2.resize(noise, (size, size),
  /// interpolation=cv2.INTER_AREA).tobytes())`.
  @ParameterizedTest
  @CsvSource({
    "210, 160, 1, 1069182125",
    "210, 160, 2, 3498832859",
    "210, 160, 3, 483740846",
    "210, 160, 5, 3286608019",
    "210, 160, 7, 646161796",
    "210, 160, 10, 1992258868",
    "210, 160, 21, 337125750",
    "210, 160, 36, 3270811066",
    "210, 160, 42, 2520668073",
    "210, 160, 64, 2607973134",
    "210, 160, 72, 2271935777",
    "210, 160, 80, 116376337",
    "210, 160, 83, 2419498096",
    "210, 160, 84, 3207775642",
    "210, 160, 96, 935082674",
    "210, 160, 105, 3499167458",
    "210, 160, 128, 1723919923",
    "210, 160, 159, 4157111098",
    "210, 160, 160, 3268419092",
    "250, 160, 84, 816229200",
    "250, 160, 10, 3805624806",
    "250, 160, 125, 3146846672",
    "84, 84, 84, 341753418",
    "168, 168, 84, 3062707917",
    "126, 126, 42, 3747340734",
    "210, 168, 42, 2881480080",
    "3, 5, 2, 2672986640",
    "31, 17, 13, 1194768072",
    "97, 89, 61, 3512950041"
  })
  void openCvsBitsAreMetAtOtherSizes(int height, int width, int size, long checksum) {
    byte[] noise = noise(height * width);
    CRC32 seen = new CRC32();
    seen.update(
        into(new Preprocessor(height, width, size, Resize.OPENCV, identity()), noise, noise));
    assertEquals(checksum, seen.getValue());
  }

  /// Easily made again in Python.
  private static byte[] noise(int length) {
    byte[] noise = new byte[length];
    for (int i = 0; i < length; i++) {
      int mixed = i * 0x9E3779B1;
      noise[i] = (byte) ((mixed ^ mixed >>> 15) * 0x85EBCA6B >>> 24);
    }
    return noise;
  }

  private static byte[] part(byte[] of, int from, int length) {
    return Arrays.copyOfRange(of, from, from + length);
  }

  @ParameterizedTest
  @EnumSource(Resize.class)
  void nothingIsAllocated(Resize resize) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    MemorySegment previous = screen(random(1, HEIGHT * WIDTH));
    MemorySegment last = screen(random(2, HEIGHT * WIDTH));
    for (int channels = 1; channels <= 3; channels += 2) {
      var preprocessor = new Preprocessor(HEIGHT, WIDTH, 84, resize, random(3, channels * 256));
      MemorySegment to = Arena.ofAuto().allocate(preprocessor.bytes());
      preprocessor.into(previous, last, to, 0);
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 100; i++) {
        preprocessor.into(previous, last, to, 0);
      }
      assertEquals(0, threads.getCurrentThreadAllocatedBytes() - before);
    }
  }

  @Test
  void impossibleSizesAndTablesAreRefused() {
    var size =
        assertThrows(
            IllegalArgumentException.class,
            () -> new Preprocessor(HEIGHT, WIDTH, 161, Resize.AREA, identity()));
    assertEquals("size must be 0 to 160, got 161", size.getMessage());
    var table =
        assertThrows(
            IllegalArgumentException.class,
            () -> new Preprocessor(HEIGHT, WIDTH, 84, Resize.AREA, new byte[255]));
    assertEquals("table must hold 256 numbers per channel, got 255", table.getMessage());
  }
}
