package org.jarl.env.show;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Hands scenes from the session that steps an environment to one spectator, and commands back.
///
///     session                                         spectator
///     draft() fill, publish() --scene--> [ready] --> take() draw
///     poll() <--------------------------[queue]<----- send(command)
///     end()  ---------------------------------------> over()
///     left() <--------------------------------------- leave()
///
/// Three scenes go round: one that the session fills, one that waits, one that the spectator looks
/// at. With [Handover#LATEST] the session never waits and a scene that was not taken in time is
/// replaced; with [Handover#EVERY] it waits for each to be taken. One thread publishes, one takes;
/// commands may come from any. Steady use allocates nothing.
public final class Stage {

  /// What happens to a scene that nobody has taken when the next one comes.
  public enum Handover {
    /// It is replaced: for windows, and for sessions that must not wait.
    LATEST,
    /// The session waits: for recorders.
    EVERY
  }

  private static final int COMMANDS = 256;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Handover handover;
  private final ArrayDeque<Command> commands = new ArrayDeque<>(COMMANDS);
  private Scene draft = new Scene();
  private Scene ready = new Scene();
  private Scene shown = new Scene();

  /// Whether `ready` has not been taken. Written under the lock.
  private volatile boolean fresh;

  private volatile boolean ended;
  private volatile boolean left;

  /// Whether somebody has asked for a scene and waits for the next.
  private volatile boolean wanted;

  private volatile Command.@Nullable Hold refused;

  /// An empty stage.
  public Stage(Handover handover) {
    this.handover = handover;
  }

  /// How scenes are handed over.
  public Handover handover() {
    return handover;
  }

  // ---- the session's side

  /// Whether a scene published now would be looked at: the spectator has taken the last one and
  /// asked for another, and has not left. Cheap enough for every step of a training loop.
  public boolean wanted() {
    return wanted && !left;
  }

  /// The scene to fill, owned by the session until [#publish]; its content is undefined, so fill
  /// all of it.
  public Scene draft() {
    return draft;
  }

  /// Shows the draft. Returns at once once the spectator has left, or when the thread is
  /// interrupted while it waits; the scene is then not shown.
  public void publish() {
    synchronized (this) {
      while (handover == Handover.EVERY && fresh && !left) {
        if (!pause(0)) {
          return;
        }
      }
      if (left) {
        return;
      }
      Scene filled = draft;
      draft = ready;
      ready = filled;
      fresh = true;
      wanted = false;
      notifyAll();
    }
  }

  /// The next command.
  ///
  /// @return null when there is none
  public @Nullable Command poll() {
    synchronized (this) {
      Command next = commands.poll();
      if (next == null && refused != null) {
        next = refused;
        refused = null;
      }
      return next;
    }
  }

  /// Waits for a command, for a scene to be taken or for the spectator to leave; returns when one
  /// of them happens or the time is over, so callers look again.
  public void await(long nanos) {
    synchronized (this) {
      if (commands.isEmpty() && refused == null && !left && nanos > 0) {
        pause(nanos);
      }
    }
  }

  /// Says that no scene follows. What was published can still be taken.
  public void end() {
    synchronized (this) {
      ended = true;
      notifyAll();
    }
  }

  /// Whether the spectator has gone, so that nothing need be shown any more.
  public boolean left() {
    return left;
  }

  // ---- the spectator's side

  /// The newest scene, if it was not taken before. The spectator owns it until its next `take`.
  ///
  /// @return null when there is no new one; the last one stays valid
  public @Nullable Scene take() {
    synchronized (this) {
      wanted = !ended;
      if (!fresh) {
        return null;
      }
      Scene newest = ready;
      ready = shown;
      shown = newest;
      fresh = false;
      notifyAll();
      return newest;
    }
  }

  /// The newest scene, waiting for it if need be.
  ///
  /// @return null when the time is over, when the show is, or when the thread is interrupted
  public @Nullable Scene take(long nanos) {
    long deadline = System.nanoTime() + nanos;
    synchronized (this) {
      wanted = !ended;
      while (!fresh && !ended && !left) {
        long rest = deadline - System.nanoTime();
        if (rest <= 0 || !pause(rest)) {
          return null;
        }
      }
      return take();
    }
  }

  /// Whether the session has ended and its last scene was taken.
  public boolean over() {
    synchronized (this) {
      return ended && !fresh;
    }
  }

  /// Sends a command to the session.
  ///
  /// @return false when it is lost because too many wait; the keys that are held are never lost
  public boolean send(Command command) {
    synchronized (this) {
      notifyAll();
      if (commands.size() < COMMANDS) {
        commands.add(command);
        refused = null;
        return true;
      }
      if (command instanceof Command.Hold hold) {
        refused = hold;
        return true;
      }
      return false;
    }
  }

  /// Ends the show for its spectator. May be called more than once.
  public void leave() {
    synchronized (this) {
      left = true;
      notifyAll();
    }
  }

  /// Waits on the lock, which the caller holds.
  ///
  /// @param nanos 0 for no limit
  /// @return false when interrupted
  @SuppressWarnings("WaitNotInLoop") // the callers loop, or look again when it returns
  private boolean pause(long nanos) {
    try {
      wait(nanos == 0 ? 0 : Math.max(1, nanos / NANOS_PER_MILLI));
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
