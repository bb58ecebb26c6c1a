package org.jarl.env.picture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.jarl.env.Frame;
import org.junit.jupiter.api.Test;

class CanvasTest {
  private static final int WHITE = 0xFFFFFF;
  private static final int BLACK = 0;

  private final Frame frame = new Frame();

  private Canvas canvas(int width, int height) {
    frame.resize(width, height);
    frame.fill(BLACK);
    return new Canvas().on(frame);
  }

  /// The covered area in pixels, from the red part of a white shape on black.
  private double area() {
    double sum = 0;
    for (int y = 0; y < frame.height(); y++) {
      for (int x = 0; x < frame.width(); x++) {
        sum += (frame.pixel(x, y) >> 16) / 255.0;
      }
    }
    return sum;
  }

  @Test
  void shapesCoverTheirArea() {
    canvas(100, 100).disc(50, 50, 30, WHITE);
    assertEquals(Math.PI * 900, area(), 5);
    canvas(100, 100).ring(50, 50, 30, 4, WHITE);
    assertEquals(2 * Math.PI * 30 * 4, area(), 5);
    canvas(100, 100).line(20, 30, 80, 30, 6, WHITE);
    assertEquals(60 * 6 + Math.PI * 9, area(), 3);
    canvas(100, 100).rectangle(10, 20, 50, 30, 0, WHITE);
    assertEquals(1500, area(), 1e-9);
    canvas(100, 100).rectangle(10, 20, 50, 30, 10, WHITE);
    assertEquals(1500 - (4 - Math.PI) * 100, area(), 3);
    canvas(100, 100).polygon(WHITE, 10.3, 10.7, 70.1, 20.2, 30.9, 80.5);
    // Half the cross product of two sides.
    assertEquals(((70.1 - 10.3) * (80.5 - 10.7) - (20.2 - 10.7) * (30.9 - 10.3)) / 2, area(), 2);
  }

  @Test
  void edgesAreBlendedByTheShareOfThePixel() {
    canvas(4, 1).rectangle(1.25, -2, 1.5, 5, 0, WHITE);
    assertEquals(0xBFBFBF, frame.pixel(1, 0));
    assertEquals(0xBFBFBF, frame.pixel(2, 0));
    assertEquals(BLACK, frame.pixel(0, 0));
    assertEquals(BLACK, frame.pixel(3, 0));
  }

  @Test
  void whatAPolygonEnclosesTwiceStaysEmpty() {
    canvas(20, 20)
        .polygon(WHITE, 0, 0, 20, 0, 20, 20, 0, 20, 0, 0, 5, 5, 15, 5, 15, 15, 5, 15, 5, 5);
    assertEquals(400 - 100, area(), 1);
    assertEquals(BLACK, frame.pixel(10, 10));
  }

  @Test
  void whatLiesOutsideIsLeftOut() {
    Canvas canvas = canvas(10, 10);
    canvas.disc(-50, 5, 20, WHITE);
    canvas.rectangle(12, 12, 5, 5, 2, WHITE);
    canvas.line(-9, -9, -5, 30, 3, WHITE);
    canvas.polygon(WHITE, -5, -5, -1, -5, -1, -1);
    assertEquals(0, area());
    canvas.disc(5, 5, 1000, WHITE);
    assertEquals(100, area(), 1e-9);
  }

  @Test
  void aGradientEndsWithItsColours() {
    canvas(1, 3).fillGradient(0x000000, 0x204060);
    assertEquals(0x000000, frame.pixel(0, 0));
    assertEquals(0x102030, frame.pixel(0, 1));
    assertEquals(0x204060, frame.pixel(0, 2));
  }

  @Test
  void aPolygonNeedsThreePoints() {
    Canvas canvas = canvas(2, 2);
    assertEquals(
        "a polygon needs x and y of at least 3 points, got 5 numbers",
        assertThrows(IllegalArgumentException.class, () -> canvas.polygon(WHITE, 1, 2, 3, 4, 5))
            .getMessage());
  }
}
