package org.jarl.viewer;

import org.jarl.env.Frame;

/// Letters of 5 by 7 pixels, drawn without any native code. Small letters look like capital ones; a
/// character that is missing shows as a box.
final class PixelFont {
  /// Pixels from one letter to the next.
  static final int ADVANCE = 6;

  /// Pixels of a letter from top to bottom.
  static final int HEIGHT = 7;

  private static final int WIDTH = 5;
  private static final int BOX = 0x7F;

  /// The character, then its rows from the top, each as one digit to the base 32 (`0-9A-V`): the
  /// highest bit is the left pixel.
  private static final String GLYPHS =
      """
      0EHJLPHE 14C4444E 2EH168GV 3EH161HE 426AIV22 5VGU11HE 668GUHHE 7V124444 8EHHEHHE 9EHHF12C
      AEHHVHHH BUHHUHHU CEHGGGHE DUHHHHHU EVGGUGGV FVGGUGGG GEHGNHHF HHHHVHHH IE44444E J72222IC
      KHIKOKIH LGGGGGGV MHRLLHHH NHHPLJHH OEHHHHHE PUHHUGGG QEHHHLID RUHHUKIH SFGGE11U TV444444
      UHHHHHHE VHHHHHA4 WHHHLLLA XHHA4AHH YHHHA444 ZV1248GV .00000CC ,0000448 :0CC0CC0 -000E000
      +044V440 /01248G0 (2488842 )8422248 %OP248J3 =00V0V00 _000000V ?EH12404
      """;

  private static final byte[][] ROWS = rows();

  private PixelFont() {}

  private static byte[][] rows() {
    byte[][] rows = new byte[BOX + 1][];
    for (String glyph : GLYPHS.strip().split("\\s+", -1)) {
      byte[] digits = new byte[HEIGHT];
      for (int i = 0; i < HEIGHT; i++) {
        digits[i] = (byte) Character.digit(glyph.charAt(1 + i), 32);
      }
      rows[glyph.charAt(0)] = digits;
    }
    rows[' '] = new byte[HEIGHT];
    rows[BOX] = new byte[] {31, 17, 17, 17, 17, 17, 31};
    return rows;
  }

  /// Draws one line; what lies outside the picture is left out.
  ///
  /// @param x left edge of the first letter
  /// @param y upper edge
  /// @param scale how wide and high a pixel of a letter is
  static void draw(Frame frame, CharSequence text, int x, int y, int scale, int color) {
    for (int i = 0; i < text.length(); i++) {
      char c = Character.toUpperCase(text.charAt(i));
      byte[] rows = ROWS[c < BOX && ROWS[c] != null ? c : BOX];
      int left = x + i * ADVANCE * scale;
      for (int row = 0; row < HEIGHT; row++) {
        for (int column = 0; column < WIDTH; column++) {
          if ((rows[row] >> WIDTH - 1 - column & 1) != 0) {
            frame.fillRectangle(left + column * scale, y + row * scale, scale, scale, color);
          }
        }
      }
    }
  }
}
