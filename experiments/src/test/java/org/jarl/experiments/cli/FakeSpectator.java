package org.jarl.experiments.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jarl.env.show.Scene;
import org.jarl.env.show.Show;
import org.jarl.env.show.Spectator;
import org.jarl.env.show.Stage;
import org.jarl.experiments.show.Spectators;
import org.jspecify.annotations.Nullable;

/// A spectator that does what a test says.
final class FakeSpectator implements Spectator {
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  private final Set<String> endings;
  private final Script script;
  @Nullable Show show;

  /// What it does while it attends.
  interface Script {
    void attend(Stage stage);
  }

  private FakeSpectator(Set<String> endings, Script script) {
    this.endings = endings;
    this.script = script;
  }

  static FakeSpectator window(Script script) {
    return new FakeSpectator(Set.of(), script);
  }

  /// Writes films that end in `.fake`: keeps every scene.
  static FakeSpectator recorder(List<Scene> film) {
    return new FakeSpectator(
        Set.of("fake"),
        stage -> {
          while (!stage.over()) {
            Scene scene = stage.take(PATIENCE_NANOS);
            if (scene != null) {
              film.add(copy(scene));
            }
          }
        });
  }

  static Scene copy(Scene scene) {
    Scene copy = new Scene();
    copy.copyFrom(scene);
    return copy;
  }

  /// The next scene that is as wished, as a copy.
  static Scene await(Stage stage, Predicate<Scene> wish) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (System.nanoTime() < deadline) {
      Scene scene = stage.take(PATIENCE_NANOS);
      if (scene == null && stage.over()) {
        throw new AssertionError("the show is over before the scene came");
      }
      if (scene != null && wish.test(scene)) {
        return copy(scene);
      }
    }
    throw new AssertionError("the scene did not come");
  }

  @Override
  public String name() {
    return endings.isEmpty() ? "fake window" : "fake recorder";
  }

  @Override
  public Set<String> endings() {
    return endings;
  }

  @Override
  public void attend(Stage stage, Show how) {
    show = how;
    script.attend(stage);
  }

  /// What a command answered.
  ///
  /// @param err what it said
  record Answer(int code, String err) {}

  /// Runs `jarl` with these spectators alone.
  static Answer jarl(List<FakeSpectator> spectators, String... args) {
    StringWriter err = new StringWriter();
    int code =
        Jarl.run(
            args,
            new PrintWriter(new StringWriter()),
            new PrintWriter(err, true),
            () -> new Spectators(new ArrayList<>(spectators)));
    return new Answer(code, err.toString());
  }
}
