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
import java.util.Map;
import java.util.Set;
import org.jarl.env.Environments;
import org.jarl.env.Key;
import org.jarl.env.RandomStream;
import org.jarl.env.VectorEnvironment;
import org.jarl.env.show.Command;
import org.jarl.env.show.Command.Plain;
import org.jarl.env.show.Scene;
import org.jarl.env.show.Stage;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.cli.FakeSpectator.Answer;
import org.jarl.experiments.config.EnvironmentConfig;
import org.jarl.experiments.show.Demonstrations;
import org.jarl.experiments.show.Spectators;
import org.jarl.replay.DemonstrationReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlayTest {
  @TempDir private Path folder;

  private static Answer play(FakeSpectator.Script script, String... args) {
    List<String> all = new ArrayList<>(List.of("play"));
    all.addAll(List.of(args));
    return FakeSpectator.jarl(List.of(FakeSpectator.window(script)), all.toArray(String[]::new));
  }

  private static void assertDone(Answer answer) {
    assertEquals(new Answer(0, ""), answer);
  }

  /// Presses and lets go at once.
  private static void tap(Stage stage, Key key) {
    assertTrue(stage.send(new Command.Hold(Set.of(key))));
    assertTrue(stage.send(new Command.Hold(Set.of())));
  }

  // ---- keys
  // ---------------------------------------------------------------------------------------

  @Test
  void aPuzzleTakesOneStepForEachTap() {
    assertDone(
        play(
            stage -> {
              Scene first = FakeSpectator.await(stage, scene -> true);
              assertEquals(Scene.Player.HUMAN, first.player);
              assertFalse(first.takesOver);
              assertTrue(first.keyHelp.contains("RIGHT        right"), first.keyHelp.toString());
              for (int i = 1; i <= 3; i++) {
                int step = i;
                tap(stage, Key.RIGHT);
                Scene next = FakeSpectator.await(stage, scene -> scene.step == step);
                assertEquals("right", next.action);
              }
              Scene later = stage.take(300_000_000);
              assertTrue(later == null || later.step == 3, "no key, no step");
            },
            "gridworld/empty-v0"));
  }

  @Test
  void aGameGoesOnWithoutKeys() {
    assertDone(
        play(
            stage -> {
              Scene idle = FakeSpectator.await(stage, scene -> scene.step == 3);
              assertEquals("coast", idle.action);
              assertTrue(stage.send(new Command.Hold(Set.of(Key.LEFT))));
              FakeSpectator.await(stage, scene -> scene.action.equals("push left"));
              assertTrue(stage.send(new Command.Hold(Set.of())));
              FakeSpectator.await(stage, scene -> scene.action.equals("coast"));
            },
            "classic/mountaincar-v0"));
  }

  @Test
  void numbersArePlayedWithKeysToo() {
    assertDone(
        play(
            stage -> {
              assertTrue(stage.send(new Command.Hold(Set.of(Key.RIGHT))));
              FakeSpectator.await(stage, scene -> scene.action.equals("-2.00"));
            },
            "classic/pendulum-v1",
            "--option",
            "gravity=9.8"));
  }

  @Test
  void whoPausesLetsGoOfEveryKey() {
    assertDone(
        play(
            stage -> {
              assertTrue(stage.send(new Command.Hold(Set.of(Key.LEFT))));
              FakeSpectator.await(stage, scene -> scene.action.equals("push left"));
              assertTrue(stage.send(Plain.PAUSE));
              FakeSpectator.await(stage, scene -> scene.paused);
              assertTrue(stage.send(Plain.PAUSE));
              FakeSpectator.await(stage, scene -> scene.action.equals("coast"));
            },
            "classic/mountaincar-v0"));
  }

  @Test
  void whatIsNotPossibleTakesNoStepAndSaysSo() {
    assertDone(
        play(
            stage -> {
              FakeSpectator.await(stage, scene -> true);
              tap(stage, Key.DIGIT_1);
              Scene refused = FakeSpectator.await(stage, scene -> !scene.notice.isEmpty());
              assertEquals("drop off is not possible here", refused.notice);
              assertEquals(0, refused.step);
            },
            "gridworld/taxi-v0"));
  }

  @Test
  void theScoreIsKeptAndEpisodesFollowEachOther() {
    assertDone(
        play(
            stage -> {
              assertTrue(stage.send(new Command.Hold(Set.of(Key.DIGIT_1))));
              Scene second = FakeSpectator.await(stage, scene -> scene.returnCount == 1);
              assertEquals(1, second.returnCount);
              FakeSpectator.await(stage, scene -> scene.episode == 2);
            },
            "gridworld/deep-sea-v0",
            "--episodes",
            "2",
            "--speed",
            "64"));
  }

  /// What a provider says must fit what its environments take, whatever the options.
  @Test
  void everyEnvironmentSaysItsKeys() {
    try (Environments environments = Environments.discover(List.of())) {
      for (String id : environments.ids()) {
        if (environments.missing(id) != null) {
          continue;
        }
        try (var one = environments.createVector(id, Map.of(), 1, 1)) {
          var controls = environments.controls(id, Map.of(), one.spec().actionSpace());
          assertFalse(controls.moves().isEmpty(), id);
          assertFalse(controls.actionNames().getFirst().equals("action 0") && !id.contains("sea"));
        }
      }
      Map<String, Object> all = Map.of("fullActionSpace", true, "frameSkip", 1);
      try (var one = environments.createVector("atari/wallball-v1", all, 1, 1)) {
        var controls = environments.controls("atari/wallball-v1", all, one.spec().actionSpace());
        assertEquals(18, controls.moves().size());
        assertEquals(60, controls.pace());
      }
    }
  }

  // ---- demonstrations
  // -----------------------------------------------------------------------------

  /// Plays at random for some steps.
  private Path demonstrate(int steps, String... args) {
    Path file = folder.resolve("demonstrations");
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--demonstrations", file.toString(), "--speed", "64"));
    RandomStream random = RandomStream.of(1, "keys");
    List<Key> keys = List.of(Key.UP, Key.DOWN, Key.LEFT, Key.RIGHT, Key.FIRE);
    assertDone(
        play(
            stage -> {
              long[] number = new long[2];
              while (number[1] < steps) {
                Key key = keys.get(random.nextInt(keys.size()));
                assertTrue(stage.send(new Command.Hold(Set.of(key))));
                Scene scene = FakeSpectator.await(stage, s -> s.number > number[0]);
                number[1] += scene.number - number[0];
                number[0] = scene.number;
              }
            },
            all.toArray(String[]::new)));
    return file;
  }

  private static Answer replay(Path file) {
    return FakeSpectator.jarl(List.of(), "play", "--replay", file.toString());
  }

  private static VectorEnvironment played(
      Environments environments, DemonstrationReader reader, Path file) {
    Demonstrations.Header header = Demonstrations.Header.of(reader, file);
    VectorEnvironment one = environments.createVector(header.environment(), header.options(), 1, 1);
    reader.expect(one.spec());
    return one;
  }

  private static long stepsIn(Path file) throws IOException {
    try (var reader = new DemonstrationReader(file);
        Environments environments = Environments.discover(List.of());
        VectorEnvironment _ = played(environments, reader, file)) {
      long steps = 0;
      while (reader.next()) {
        steps += reader.beginsEpisode() ? 0 : 1;
      }
      return steps;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "gridworld/frozen-lake-v0, slippery=true",
    "gridworld/taxi-v0, mask=true",
    "classic/mountaincar-continuous-v0, timeLimit=40",
    "atari/wallball-v1, terminalOnLifeLoss=true",
    "atari/wallball-v1, observation=ram"
  })
  void whatWasPlayedIsReplayedExactly(String id, String option) throws IOException {
    Path file = demonstrate(150, id, "--option", option, "--seed", "5");
    assertDone(replay(file));
    long steps = stepsIn(file);
    assertTrue(steps >= 20, () -> steps + " steps");
  }

  @Test
  void aFileIsWholeUpToItsLastStepWhereverItIsCut() throws IOException {
    Path file = demonstrate(12, "gridworld/frozen-lake-v0");
    byte[] all = Files.readAllBytes(file);
    long steps = stepsIn(file);
    Path cut = folder.resolve("cut");
    long before = steps;
    for (int length = all.length - 1; length > all.length - 100; length -= 7) {
      Files.write(cut, java.util.Arrays.copyOf(all, length));
      assertDone(replay(cut));
      long now = stepsIn(cut);
      assertTrue(now == before || now == before - 1, "a cut loses the last step alone");
      before = now;
    }
    assertTrue(before < steps);
  }

  @Test
  void aDifferenceIsFoundAndNamed() throws IOException {
    Path file = demonstrate(40, "gridworld/frozen-lake-v0");
    Path changed = folder.resolve("changed");
    copyWithOtherSeed(file, changed);
    Answer answer = replay(changed);
    assertEquals(1, answer.code());
  }

  /// The same steps as if they had begun from another seed: the ice then slips otherwise.
  private static void copyWithOtherSeed(Path file, Path to) throws IOException {
    try (var reader = new DemonstrationReader(file);
        Environments environments = Environments.discover(List.of());
        VectorEnvironment one = played(environments, reader, file);
        var writer =
            new Demonstrations.Writer(to, Demonstrations.Header.of(reader, file), one.spec())) {
      var actions = new org.jarl.env.ActionBatch(one.spec().actionSpace(), 1);
      while (reader.next()) {
        if (reader.beginsEpisode()) {
          writer.begin(reader.seed() + 1, one.reset(reader.seed()).observations());
        } else {
          reader.action(actions);
          writer.add(actions, one.step(actions));
        }
      }
    }
  }

  @Test
  void aFlippedByteEndsTheFileThere() throws IOException {
    Path file = demonstrate(12, "gridworld/frozen-lake-v0");
    byte[] all = Files.readAllBytes(file);
    long steps = stepsIn(file);
    all[all.length - 3] ^= 1;
    Files.write(file, all);
    assertEquals(steps - 1, stepsIn(file));
  }

  @Test
  void theHeaderSaysWhatWasPlayed() throws IOException {
    Path file = demonstrate(3, "gridworld/empty-v0", "--option", "size=6");
    try (var reader = new DemonstrationReader(file)) {
      Demonstrations.Header header = Demonstrations.Header.of(reader, file);
      assertEquals("gridworld/empty-v0", header.environment());
      assertEquals(6, header.options().get("size"));
      assertEquals(false, header.options().get("randomGoal"));
      assertEquals("discrete", header.spec().get("action").get("type").stringValue());
    }
  }

  @Test
  void thereIsNoWayBackWhileDemonstrationsAreWritten() {
    Path file = folder.resolve("demonstrations");
    assertDone(
        play(
            stage -> {
              tap(stage, Key.RIGHT);
              FakeSpectator.await(stage, scene -> scene.step == 1);
              assertTrue(stage.send(Plain.REWIND));
              Scene refused = FakeSpectator.await(stage, scene -> !scene.notice.isEmpty());
              assertEquals("no way back while demonstrations are written", refused.notice);
              assertEquals(1, refused.step);
            },
            "gridworld/empty-v0",
            "--demonstrations",
            file.toString()));
    assertDone(replay(file));
  }

  // ---- what cannot be done
  // ------------------------------------------------------------------------

  @Test
  void demonstrationsAreNotWrittenOver() throws IOException {
    Path file = Files.writeString(folder.resolve("there"), "precious");
    Answer answer = play(_ -> {}, "gridworld/empty-v0", "--demonstrations", file.toString());
    assertEquals(
        new Answer(
            2,
            file
                + " is there already, and demonstrations are not written over: name another"
                + " file\n"),
        answer);
    assertEquals("precious", Files.readString(file));
  }

  @Test
  void whatHoldsNoDemonstrationsIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("text"), "some text, long enough");
    assertEquals(
        new Answer(
            2,
            file
                + " holds no demonstrations; write some with: jarl play ENV --demonstrations"
                + " FILE\n"),
        replay(file));
    Path later = folder.resolve("later");
    byte[] bytes = Files.readAllBytes(demonstrate(3, "gridworld/empty-v0"));
    bytes[8] = 9;
    Files.write(later, bytes);
    assertEquals(
        new Answer(2, later + " has version 9, this Jarl reads version 1\n"), replay(later));
  }

  @Test
  void anEnvironmentIsNeeded() {
    Answer answer = play(_ -> {});
    assertEquals(2, answer.code());
    assertTrue(answer.err().startsWith("jarl play needs an environment"), answer.err());
  }

  @Test
  void unknownEnvironmentsAndOptionsAreRefused() {
    Answer unknown = play(_ -> {}, "gridworld/emty-v0");
    assertEquals(2, unknown.code());
    assertTrue(unknown.err().contains("Did you mean \"gridworld/empty-v0\""), unknown.err());
    Answer option = play(_ -> {}, "gridworld/empty-v0", "--option", "sise=6");
    assertEquals(2, option.code());
    assertEquals(
        "gridworld/empty-v0 has no option \"sise\"; did you mean \"size\"? See: jarl envs describe"
            + " gridworld/empty-v0\n",
        option.err());
    assertEquals(
        new Answer(2, "--option size must be a number, got x\n"),
        play(_ -> {}, "gridworld/empty-v0", "--option", "size=x"));
    assertEquals(
        new Answer(2, "--option randomGoal must be true or false, got yes\n"),
        play(_ -> {}, "gridworld/empty-v0", "--option", "randomGoal=yes"));
  }

  @Test
  void anEnvironmentThatDrawsNothingCannotBePlayed() {
    ToyRuns toys = new ToyRuns();
    Spectators spectators = new Spectators(List.of(FakeSpectator.window(_ -> {})));
    ShowCommands commands = new ShowCommands(toys.tools, spectators, new ShowOptions());
    var config = new EnvironmentConfig(ToyRuns.ID, 1, Map.of("length", 6, "dark", true), List.of());
    assertEquals(
        "toy/corridor-v0 cannot be shown: its render() draws nothing; implement"
            + " Environment.render",
        assertThrows(UserErrorException.class, () -> commands.play(config, 1, 0, 1, null))
            .getMessage());
  }
}
