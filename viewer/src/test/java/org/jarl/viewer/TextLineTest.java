package org.jarl.viewer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class TextLineTest {
  private static String text(Consumer<TextLine> fill) {
    try (TextLine line = new TextLine()) {
      fill.accept(line.clear());
      return StandardCharsets.UTF_8.decode(line.bytes()).toString();
    }
  }

  private static String number(double number, int decimals) {
    return text(line -> line.add(number, decimals));
  }

  @Test
  void numbersAreRoundedToTheirDecimals() {
    assertEquals("0.00", number(0, 2));
    assertEquals("-0.13", number(-0.126, 2));
    assertEquals("0.00", number(-0.001, 2));
    assertEquals("2.00", number(1.999, 2));
    assertEquals("12.050", number(12.05, 3));
    assertEquals("500", number(499.6, 0));
  }

  @Test
  void longNumbersAreShownWithTheirPowerOfTen() {
    assertEquals("9999999.0", number(9_999_999, 1));
    assertEquals("1.23e9", number(1.234e9, 2));
    assertEquals("-1.00e12", number(-1e12, 2));
  }

  @Test
  void numbersThatAreNoneAreWords() {
    assertEquals("-", number(Double.NaN, 2));
    assertEquals("inf", number(Double.POSITIVE_INFINITY, 2));
    assertEquals("-inf", number(Double.NEGATIVE_INFINITY, 2));
  }

  @Test
  void countsAreShort() {
    assertEquals("9999", text(line -> line.addShort(9999)));
    assertEquals("12.5k", text(line -> line.addShort(12_500)));
    assertEquals("3.2M", text(line -> line.addShort(3_200_000)));
    assertEquals("-9223372036854775807", text(line -> line.add(-Long.MAX_VALUE)));
  }

  @Test
  void longTextEndsInAnEllipsis() {
    assertEquals("DOWNRIGHTFIRE", text(line -> line.add("DOWNRIGHTFIRE", 13)));
    assertEquals("DOWNR…", text(line -> line.add("DOWNRIGHTFIRE", 6)));
    assertEquals("", text(line -> line.add("DOWNRIGHTFIRE", 0)));
  }

  @Test
  void lettersBeyondAsciiAreKeptAndCountedOnce() {
    try (TextLine line = new TextLine()) {
      line.clear().add("café · 日本");
      assertEquals(9, line.columns());
      assertEquals("café · 日本", StandardCharsets.UTF_8.decode(line.bytes()).toString());
    }
  }

  @Test
  void textThatIsTooLongForItsMemoryIsCut() {
    assertEquals("x".repeat(510), text(line -> line.add("x".repeat(1000))));
  }
}
