package org.jarl.env.show;

import java.util.Set;
import org.jarl.env.Key;

/// What a spectator asks of the session it looks at. A session ignores what it cannot do: a
/// training run cannot be paused by those who watch it.
public sealed interface Command {

  /// Commands without a value.
  enum Plain implements Command {
    /// Pauses, or goes on.
    PAUSE,
    /// Pauses and takes one step.
    STEP,
    /// Plays the present episode from its beginning.
    RESTART,
    /// Begins an episode of the next seed.
    NEXT_SEED,
    /// Turns the saliency map on or off.
    SALIENCY,
    /// Gives the controls to the human, or back to the agent.
    TAKE_OVER,
    /// Goes back 10 seconds.
    REWIND,
    /// Ends the session.
    QUIT
  }

  /// Sets the speed.
  ///
  /// @param factor of the natural pace, see [Scene#pace]; the session keeps it in its range, so a
  ///   spectator may send twice or half of [Scene#speed] without end
  record Speed(double factor) implements Command {
    public Speed {
      if (!(factor > 0) || Double.isInfinite(factor)) {
        throw new IllegalArgumentException("Speed.factor must be above 0, got " + factor);
      }
    }
  }

  /// Tells the keys of play that are down now, all of them; sent when one goes down or up, and
  /// empty when the window loses the focus.
  record Hold(Set<Key> keys) implements Command {
    public Hold {
      keys = Set.copyOf(keys);
    }
  }
}
