package org.jarl.env.atari;

/// Shrinks images of one channel to a square by averaging over areas. Not thread-safe.
sealed interface Shrinker permits ExactShrinker, OpenCvShrinker {

  /// Source pixels along an axis that nearly every pixel of a result covers at most, and that are
  /// therefore added without a loop: 210 and 160 to 84 are 2.5 and 1.9 to 1.
  int USUAL_TAPS = 3;

  /// Shrinks one image.
  ///
  /// @param pixels `[height, width]`, each less by 128 than what it means: bytes with sign are what
  ///   vector units widen fast
  /// @param repeats `[height]`, whether a row is like the one above, so that work can be saved
  /// @param out receives `[size, size]`, from 0 to 255
  void shrink(byte[] pixels, boolean[] repeats, byte[] out);
}
