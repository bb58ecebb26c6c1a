package org.jarl.experiments.show;

import java.util.EnumSet;
import java.util.Set;
import org.jarl.env.Key;

/// The keys of a human player: those that are down, and those that were tapped since the last step,
/// so that none is missed however short.
final class PlayKeys {
  private final EnumSet<Key> down = EnumSet.noneOf(Key.class);
  private final EnumSet<Key> tapped = EnumSet.noneOf(Key.class);

  /// Takes up what a spectator says is down now.
  void hold(Set<Key> keys) {
    for (Key key : keys) {
      if (!down.contains(key)) {
        tapped.add(key);
      }
    }
    down.clear();
    down.addAll(keys);
  }

  /// Whether a key is down, or was since the last [#take].
  boolean busy() {
    return !down.isEmpty() || !tapped.isEmpty();
  }

  /// The keys of one step. Those that stay down count again.
  Set<Key> take() {
    EnumSet<Key> taken = EnumSet.copyOf(down);
    taken.addAll(tapped);
    tapped.clear();
    return taken;
  }

  /// Forgets every key until it is pressed anew: whoever pauses lets go.
  void letGo() {
    tapped.clear();
    down.clear();
  }
}
