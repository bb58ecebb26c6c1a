package org.jarl.viewer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class PlatformTest {
  @Test
  void aPlatformIsFoundByTheNameItShows() {
    for (Platform platform : Platform.values()) {
      assertSame(platform, Platform.named(platform.toString()));
    }
  }

  @Test
  void anUnknownPlatformIsRefusedWithAllNames() {
    var error = assertThrows(IllegalArgumentException.class, () -> Platform.named("cocoa"));
    assertEquals("platform must be one of auto, x11, wayland, null, got cocoa", error.getMessage());
  }
}
