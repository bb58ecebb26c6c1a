package org.jarl.viewer;

/// The colours of the window, `0xRRGGBB`: light text on dark, two calm accents.
final class Palette {
  static final int BACKGROUND = 0x101318;
  static final int PANEL = 0x181C23;
  static final int EDGE = 0x2A303B;
  static final int TRACK = 0x232933;
  static final int TEXT = 0xE4E7EC;
  static final int MUTED = 0x8C95A6;
  static final int BLUE = 0x6C9EF8;
  static final int TEAL = 0x57C7A9;
  static final int AMBER = 0xE3B15F;
  static final int RED = 0xE0727B;
  static final int DARK_TEXT = 0x12151A;

  private Palette() {}
}
