package org.jarl.experiments.show;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.jarl.env.show.Show;
import org.jarl.env.show.Spectator;
import org.jarl.env.show.Stage;
import org.jspecify.annotations.Nullable;

/// Runs a session on a thread of its own while spectators look at it: the first on the calling
/// thread, which some window systems ask for, the others on threads of theirs.
public final class ShowThreads {
  private ShowThreads() {}

  /// One spectator with its stage.
  public record Seat(Spectator spectator, Show show, Stage stage) {}

  /// Runs until the session and all spectators have ended.
  ///
  /// @param failed hears of a spectator that fails, on the spectator's thread; its stage has been
  ///   left then
  /// @return what the session returned; what it threw is thrown
  public static int run(
      String name,
      Callable<Integer> session,
      List<Seat> seats,
      BiConsumer<Spectator, Throwable> failed) {
    AtomicReference<@Nullable Integer> code = new AtomicReference<>();
    AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    Runnable played =
        () -> {
          try {
            code.set(session.call());
          } catch (Throwable e) {
            // Carried to the calling thread, whatever it is.
            thrown.set(e);
          } finally {
            seats.forEach(seat -> seat.stage().end());
          }
        };
    List<Thread> threads = new ArrayList<>();
    threads.add(Thread.ofPlatform().name("jarl-" + name).start(played));
    for (Seat seat : seats.subList(1, seats.size())) {
      threads.add(
          Thread.ofPlatform()
              .name("jarl-" + seat.spectator().name())
              .start(() -> attend(seat, failed)));
    }
    attend(seats.getFirst(), failed);
    threads.forEach(ShowThreads::join);
    rethrow(thrown.get());
    Integer result = code.get();
    if (result == null) {
      throw new IllegalStateException("the session " + name + " ended without a result");
    }
    return result;
  }

  private static void attend(Seat seat, BiConsumer<Spectator, Throwable> failed) {
    try {
      seat.spectator().attend(seat.stage(), seat.show());
    } catch (RuntimeException | Error e) {
      failed.accept(seat.spectator(), e);
    } finally {
      seat.stage().leave();
    }
  }

  private static void join(Thread thread) {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException _) {
        // A session ends by its own means, and its result is what was asked for.
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void rethrow(@Nullable Throwable thrown) {
    switch (thrown) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(thrown);
    }
  }
}
