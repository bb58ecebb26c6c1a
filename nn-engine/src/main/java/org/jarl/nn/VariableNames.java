package org.jarl.nn;

import java.util.HashSet;
import java.util.Set;

/// The names of the sets of variables that an engine has made.
public final class VariableNames {
  private final Set<String> taken = new HashSet<>();

  /// No names yet.
  public VariableNames() {}

  /// Takes a name.
  ///
  /// @return the name
  /// @throws IllegalArgumentException if it is taken already
  public String take(String name) {
    if (!taken.add(name)) {
      throw new IllegalArgumentException(
          "this engine already has variables \"" + name + "\": names must be unique");
    }
    return name;
  }
}
