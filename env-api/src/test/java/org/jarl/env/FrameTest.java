package org.jarl.env;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

final class FrameTest {
  @Test
  void pixelsAreRedGreenBlueFromTheTopLeft() {
    Frame frame = new Frame();
    frame.resize(3, 2);
    frame.fill(0x010203);
    frame.fillRectangle(2, 1, 1, 1, 0xf0e0d0);
    assertEquals(0x010203, frame.pixel(0, 0));
    assertEquals(0xf0e0d0, frame.pixel(2, 1));
    assertEquals((byte) 0xf0, frame.rgb()[15]);
    assertEquals((byte) 0xe0, frame.rgb()[16]);
    assertEquals((byte) 0xd0, frame.rgb()[17]);
  }

  @Test
  void rectanglesAreCutAtTheEdge() {
    Frame frame = new Frame();
    frame.resize(2, 2);
    frame.fill(0);
    frame.fillRectangle(-5, -5, 6, 6, 0xffffff);
    frame.fillRectangle(1, 1, 100, 100, 0xff0000);
    assertEquals(0xffffff, frame.pixel(0, 0));
    assertEquals(0, frame.pixel(1, 0));
    assertEquals(0xff0000, frame.pixel(1, 1));
  }

  @Test
  void aSmallerSizeKeepsTheMemory() {
    Frame frame = new Frame();
    frame.resize(10, 10);
    byte[] memory = frame.rgb();
    frame.resize(5, 20);
    assertSame(memory, frame.rgb());
    assertEquals(5, frame.width());
    assertEquals(20, frame.height());
  }

  @Test
  void aSideBelowOneIsRefused() {
    assertEquals(
        "a frame needs positive sides, got 0 x 3",
        assertThrows(IllegalArgumentException.class, () -> new Frame().resize(0, 3)).getMessage());
  }
}
