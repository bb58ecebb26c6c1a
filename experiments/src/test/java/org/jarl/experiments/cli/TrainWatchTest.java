package org.jarl.experiments.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jarl.env.show.Command.Plain;
import org.jarl.env.show.Scene;
import org.jarl.experiments.SourceTree;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.cli.FakeSpectator.Answer;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.run.RunFolder;
import org.jarl.experiments.show.Spectators;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainWatchTest {
  private static final Path CONFIGS = SourceTree.root().resolve("experiments/configs");

  @TempDir private Path folder;

  private Answer train(Path out, List<FakeSpectator> spectators, String... more) {
    List<String> args = new ArrayList<>();
    args.addAll(
        List.of("train", CONFIGS.resolve("cartpole-dqn-quick.yaml").toString(), "--device", "cpu"));
    args.addAll(List.of("--out", out.toString(), "--threads", "1"));
    for (String value :
        List.of("agent.learningStarts=200", "training.agentSteps=2000", "evaluation.episodes=2")) {
      args.addAll(List.of("--set", value));
    }
    args.addAll(List.of(more));
    return FakeSpectator.jarl(spectators, args.toArray(String[]::new));
  }

  @Test
  void whoLooksSeesTheTrainingAndChangesNothing() {
    List<Scene> scenes = new ArrayList<>();
    FakeSpectator window =
        FakeSpectator.window(stage -> {
          for (Plain command : Plain.values()) {
            assertTrue(stage.send(command));
          }
          while (!stage.over()) {
            Scene scene = stage.take(1_000_000_000);
            if (scene != null && scenes.size() < 1000) {
              scenes.add(FakeSpectator.copy(scene));
            }
          }
        });
    Path watched = folder.resolve("watched");
    Path plain = folder.resolve("plain");
    assertEquals(new Answer(0, ""), train(watched, List.of(window), "--watch"));
    assertEquals(new Answer(0, ""), train(plain, List.of()));
    assertEquals(ToyRuns.stateHash(plain), ToyRuns.stateHash(watched));
    assertFalse(scenes.isEmpty());
    long last = 0;
    for (Scene scene : scenes) {
      assertTrue(scene.agentSteps >= last, "later scenes are of later steps");
      last = scene.agentSteps;
      assertEquals(2, scene.barCount);
      assertEquals(4, scene.saliencyWidth, "saliency was asked for");
      assertTrue(scene.frame.width() > 100);
      assertFalse(scene.controllable);
      assertFalse(scene.action.isEmpty());
    }
  }

  @Test
  void closingTheWindowEndsOnlyTheShow() {
    FakeSpectator window = FakeSpectator.window(stage -> FakeSpectator.await(stage, scene -> true));
    Path run = folder.resolve("run");
    assertEquals(new Answer(0, ""), train(run, List.of(window), "--watch"));
    assertTrue(Files.exists(run.resolve("summary.json")));
  }

  @Test
  void aFilmOfTheTrainingNeedsNoWindow() {
    List<Scene> film = new ArrayList<>();
    Path run = folder.resolve("run");
    assertEquals(
        new Answer(0, ""),
        train(
            run,
            List.of(FakeSpectator.recorder(film)),
            "--record",
            folder.resolve("film.fake").toString()));
    assertFalse(film.isEmpty());
    assertTrue(Files.exists(run.resolve("summary.json")));
  }

  @Test
  void whoGoesOnWithARunCanLookToo() throws IOException {
    Path plain = folder.resolve("plain");
    assertEquals(new Answer(0, ""), train(plain, List.of()));
    // One that was stopped before anything began.
    Path run = Files.createDirectory(folder.resolve("run"));
    Files.copy(plain.resolve("config.yaml"), run.resolve("config.yaml"));
    List<Scene> film = new ArrayList<>();
    List<Scene> scenes = new ArrayList<>();
    FakeSpectator window =
        FakeSpectator.window(stage -> scenes.add(FakeSpectator.await(stage, scene -> true)));
    String file = folder.resolve("film.fake").toString();
    String[] args = {
      "resume", run.toString(), "--threads", "1", "--watch", "--dashboard=0", "--record", file
    };
    assertEquals(
        new Answer(0, ""), FakeSpectator.jarl(List.of(window, FakeSpectator.recorder(film)), args));
    assertFalse(film.isEmpty());
    assertEquals("classic/cartpole-v1 · dqn (training)", scenes.getFirst().title);
    assertEquals(ToyRuns.stateHash(plain), ToyRuns.stateHash(run));
    // Now it is finished, and no window opens.
    assertEquals(new Answer(0, ""), FakeSpectator.jarl(List.of(), args));
  }

  @Test
  void withoutAWindowNoRunIsBegun() {
    Path run = folder.resolve("run");
    assertEquals(69, train(run, List.of(), "--watch").code());
    assertFalse(Files.exists(run));
  }

  private static int watched(
      ToyRuns toys, FakeSpectator.Script script, Path run, String... overrides) {
    Experiment experiment = ToyRuns.experiment(overrides);
    Spectators spectators = new Spectators(List.of(FakeSpectator.window(script)));
    try (RunFolder folder = RunFolder.create(run)) {
      return new ShowCommands(toys.tools, spectators, new ShowOptions())
          .train(
              experiment.environment(),
              "tabular",
              true,
              show -> new RunCommands(toys.tools).train(experiment, folder, 1, show));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aWindowThatFailsLeavesTheTrainingAlone(boolean expected) {
    ToyRuns toys = new ToyRuns();
    FakeSpectator.Script script =
        stage -> {
          if (expected) {
            throw new IllegalStateException("no display: set DISPLAY");
          }
          throw new ArithmeticException("a fault");
        };
    assertEquals(0, watched(toys, script, folder.resolve("run")));
    String reason = expected ? "no display: set DISPLAY" : "java.lang.ArithmeticException: a fault";
    assertTrue(
        toys.said()
            .contains(
                "the fake window shows nothing any more: " + reason + "; the training goes on\n"),
        toys.said());
    assertTrue(Files.exists(folder.resolve("run/summary.json")));
  }

  @Test
  void aTrainingThatFailsSaysWhatItSaysUnwatched() {
    FakeSpectator.Script script =
        stage -> {
          while (!stage.over()) {
            stage.take(1_000_000_000);
          }
        };
    UserErrorException failed =
        assertThrows(
            UserErrorException.class,
            () ->
                watched(
                    new ToyRuns(), script, folder.resolve("run"), "environment.options.failAt=30"));
    assertTrue(String.valueOf(failed.getMessage()).contains("the corridor collapsed"));
  }

  @Test
  void anEnvironmentThatDrawsNothingIsShownWithoutAPicture() {
    List<Scene> scenes = new ArrayList<>();
    FakeSpectator.Script script = stage -> scenes.add(FakeSpectator.await(stage, scene -> true));
    assertEquals(
        0,
        watched(
            new ToyRuns(),
            script,
            folder.resolve("run"),
            "environment.options.dark=true",
            "training.agentSteps=50000",
            "training.checkpointPeriod=0",
            "evaluation.episodes=0"));
    assertEquals(0, scenes.getFirst().frame.width());
    assertEquals("this environment draws no picture", scenes.getFirst().notice);
  }
}
