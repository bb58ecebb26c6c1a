package org.jarl.viewer;

import java.io.Closeable;
import java.io.IOException;
import org.jarl.env.Frame;

/// Writes the frames of a film in one format. All frames have the size of the first. Not
/// thread-safe.
interface FilmWriter extends Closeable {

  /// Adds a frame, shown for one period of the film's rate.
  ///
  /// @throws IOException if it could not be written: the file then holds the frames before
  void write(Frame frame) throws IOException;

  /// Finishes the file.
  @Override
  void close() throws IOException;
}
