package org.jarl.env;

/// A key of human play, whatever the device: a window maps arrows and WASD to the four directions,
/// space to [#FIRE], digits to digits; a game pad its cross and buttons. Every other key of a
/// device is free for commands to the session and for shortcuts of the window.
public enum Key {
  /// Up, forward.
  UP,
  /// Down, back.
  DOWN,
  /// Left.
  LEFT,
  /// Right.
  RIGHT,
  /// The button.
  FIRE,
  /// Digit 0.
  DIGIT_0,
  /// Digit 1.
  DIGIT_1,
  /// Digit 2.
  DIGIT_2,
  /// Digit 3.
  DIGIT_3,
  /// Digit 4.
  DIGIT_4,
  /// Digit 5.
  DIGIT_5,
  /// Digit 6.
  DIGIT_6,
  /// Digit 7.
  DIGIT_7,
  /// Digit 8.
  DIGIT_8,
  /// Digit 9.
  DIGIT_9
}
