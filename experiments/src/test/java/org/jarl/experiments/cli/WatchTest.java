package org.jarl.experiments.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.jarl.env.Key;
import org.jarl.env.show.Command;
import org.jarl.env.show.Command.Plain;
import org.jarl.env.show.Scene;
import org.jarl.env.show.Show;
import org.jarl.env.show.Stage;
import org.jarl.experiments.SourceTree;
import org.jarl.experiments.cli.FakeSpectator.Answer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WatchTest {
  private static final Path CONFIGS = SourceTree.root().resolve("experiments/configs");

  /// Moments in 10 seconds of a grid world.
  private static final int TEN_SECONDS = 80;

  @TempDir private static Path folder;
  private static String cartPole;
  private static String memory;

  @BeforeAll
  static void train() {
    cartPole =
        train("cartpole-dqn-quick.yaml", "agent.learningStarts=100", "training.agentSteps=300");
    memory =
        train(
            "gridworld-memory-ppo-lstm.yaml",
            "environment.count=4",
            "agent.minibatches=2",
            "environment.options.length=4",
            "training.agentSteps=300");
  }

  private static String train(String config, String... values) {
    Path run = folder.resolve(config);
    List<String> args = new ArrayList<>();
    args.addAll(List.of("train", CONFIGS.resolve(config).toString(), "--out", run.toString()));
    args.addAll(List.of("--device", "cpu", "--set", "evaluation.episodes=0"));
    for (String value : values) {
      args.addAll(List.of("--set", value));
    }
    Answer answer = FakeSpectator.jarl(List.of(), args.toArray(String[]::new));
    assertEquals("", answer.err());
    return run.toString();
  }

  private static Answer watch(FakeSpectator.Script script, String... args) {
    return watch(FakeSpectator.window(script), args);
  }

  private static Answer watch(FakeSpectator spectator, String... args) {
    List<String> all = new ArrayList<>(List.of("watch", "--device", "cpu", "--threads", "1"));
    all.addAll(List.of(args));
    return FakeSpectator.jarl(List.of(spectator), all.toArray(String[]::new));
  }

  private static void assertDone(Answer answer) {
    assertEquals(new Answer(0, ""), answer);
  }

  private static int best(Scene scene) {
    return scene.bars[1] > scene.bars[0] ? 1 : 0;
  }

  // ---- what is seen
  // -------------------------------------------------------------------------------

  @Test
  void theAgentDoesWhatItThinksBest() {
    List<Scene> scenes = new ArrayList<>();
    assertDone(
        watch(
            stage -> {
              assertTrue(stage.send(Plain.PAUSE));
              scenes.add(FakeSpectator.await(stage, scene -> scene.paused));
              for (int i = 0; i < 5; i++) {
                scenes.add(step(stage, scenes.getLast()));
              }
            },
            cartPole));
    for (int i = 1; i < scenes.size(); i++) {
      Scene before = scenes.get(i - 1);
      Scene scene = scenes.get(i);
      assertEquals(before.step + 1, scene.step);
      assertEquals(List.of("push left", "push right"), scene.actionNames);
      assertEquals(Scene.Bars.ACTION_VALUES, scene.barsAre);
      assertEquals(2, scene.barCount);
      assertEquals(Math.max(scene.bars[0], scene.bars[1]), scene.value);
      assertEquals(best(before), scene.actionIndex);
      assertEquals(scene.actionNames.get(best(before)), scene.action);
      assertEquals(1, scene.reward);
      assertEquals(before.episodeReturn + 1, scene.episodeReturn);
      assertEquals(scene.step, scene.rewardCount);
      assertEquals(Scene.Player.AGENT, scene.player);
      assertEquals(50, scene.pace);
      assertEquals("classic/cartpole-v1 · dqn", scene.title);
      assertTrue(scene.frame.width() > 100);
      assertEquals(org.jarl.env.Space.ElementType.F32, type(scene));
      assertFalse(Arrays.equals(before.seen, scene.seen));
    }
  }

  private static org.jarl.env.Space.ElementType type(Scene scene) {
    return java.util.Objects.requireNonNull(scene.seenSpace).type();
  }

  /// One step by command; shows what it led to.
  private static Scene step(Stage stage, Scene before) {
    assertTrue(stage.send(Plain.STEP));
    return FakeSpectator.await(
        stage,
        scene ->
            scene.step != before.step
                || scene.episode != before.episode
                || scene.ended() != before.ended());
  }

  @Test
  void aPausedSessionStandsStill() {
    assertDone(
        watch(
            stage -> {
              FakeSpectator.await(stage, scene -> scene.step > 0);
              assertTrue(stage.send(Plain.PAUSE));
              long still = FakeSpectator.await(stage, scene -> scene.paused).step;
              // One more of the same moment may come, but nothing goes on.
              for (int i = 0; i < 3; i++) {
                Scene again = stage.take(100_000_000);
                assertTrue(again == null || again.step == still, "the session went on");
              }
              assertTrue(stage.send(Plain.PAUSE));
              Scene on = FakeSpectator.await(stage, scene -> !scene.paused);
              FakeSpectator.await(stage, scene -> scene.step > on.step);
            },
            cartPole));
  }

  @Test
  void theEndOfAnEpisodeIsSeenBeforeTheNextBegins() {
    List<Scene> film = film("--episodes", "2");
    List<Scene> ends = film.stream().filter(Scene::ended).toList();
    assertEquals(2, ends.size());
    Scene end = ends.getFirst();
    Scene next = film.get(film.indexOf(end) + 1);
    Scene before = film.get(film.indexOf(end) - 1);
    assertEquals(before.step + 1, end.step);
    assertTrue(end.terminated);
    assertEquals(0, end.barCount);
    assertEquals(0, next.step);
    assertEquals(end.seed + 1, next.seed);
    assertEquals(1, next.returnCount);
    assertEquals(end.episodeReturn, next.returns[0]);
    assertFalse(samePicture(end, next));
    assertFalse(Arrays.equals(end.seen, next.seen));
  }

  private static boolean samePicture(Scene one, Scene other) {
    return Arrays.equals(one.frame.rgb(), other.frame.rgb());
  }

  private static List<Scene> film(String... args) {
    List<Scene> film = new ArrayList<>();
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of(cartPole, "--headless", "--record", folder.resolve("a.fake").toString()));
    assertDone(watch(FakeSpectator.recorder(film), all.toArray(String[]::new)));
    return film;
  }

  @Test
  void aFilmHoldsEverySceneAndIsTheSameForTheSameSeed() {
    List<Scene> film = film("--seed", "7");
    assertEquals(
        LongStream.rangeClosed(1, film.size()).boxed().toList(),
        film.stream().map(scene -> scene.number).toList());
    for (int i = 0; i < film.size(); i++) {
      assertEquals(i, film.get(i).step);
    }
    List<Scene> again = film("--seed", "7");
    assertEquals(film.size(), again.size());
    for (int i = 0; i < film.size(); i++) {
      assertSame(film.get(i), again.get(i));
    }
    assertFalse(Arrays.equals(film.getFirst().seen, film("--seed", "8").getFirst().seen));
  }

  private static void assertSame(Scene expected, Scene scene) {
    assertArrayEquals(expected.seen, scene.seen);
    assertTrue(samePicture(expected, scene));
    assertArrayEquals(expected.bars, scene.bars);
    assertEquals(expected.value, scene.value);
    assertEquals(expected.action, scene.action);
    assertEquals(expected.episodeReturn, scene.episodeReturn);
    assertArrayEquals(expected.rewards, scene.rewards);
    assertEquals(expected.rewardCount, scene.rewardCount);
    assertEquals(expected.returnCount, scene.returnCount);
    assertEquals(expected.seed, scene.seed);
    assertEquals(expected.episode, scene.episode);
    assertEquals(expected.step, scene.step);
  }

  @Test
  void aWindowAndARecorderLookAtTheSameSession() {
    List<Scene> film = new ArrayList<>();
    FakeSpectator window =
        FakeSpectator.window(stage -> FakeSpectator.await(stage, scene -> scene.step >= 5));
    Path file = folder.resolve("both.fake");
    Answer answer =
        FakeSpectator.jarl(
            List.of(FakeSpectator.recorder(film), window),
            "watch",
            cartPole,
            "--device",
            "cpu",
            "--speed",
            "8",
            "--platform",
            "x11",
            "--record",
            file.toString());
    assertDone(answer);
    assertTrue(film.size() >= 6, () -> film.size() + " scenes");
    for (int i = 0; i < film.size(); i++) {
      assertEquals(i + 1, film.get(i).number);
    }
    assertNotNull(window.show);
    assertEquals(Show.Platform.X11, window.show.platform());
    assertNull(window.show.film());
  }

  // ---- commands
  // -----------------------------------------------------------------------------------

  /// The policy remembers and draws its actions, so that its memory and its random numbers must be
  /// restored too.
  @Test
  void rewindingIsExact() {
    Map<List<Object>, Scene> seen = new LinkedHashMap<>();
    List<Scene> again = new ArrayList<>();
    assertDone(
        watch(
            stage -> {
              assertTrue(stage.send(Plain.PAUSE));
              Scene last = FakeSpectator.await(stage, scene -> scene.paused);
              long moments = 0;
              while (moments < 2 * TEN_SECONDS) {
                seen.put(moment(last), last);
                Scene next = step(stage, last);
                moments += next.step > 0 ? 1 : 0;
                last = next;
              }
              long steps = seen.values().stream().filter(s -> !s.ended()).count();
              assertTrue(stage.send(Plain.REWIND));
              last = FakeSpectator.await(stage, scene -> scene.notice.startsWith("rewound"));
              assertEquals("rewound 10.0 s", last.notice);
              assertTrue(steps > TEN_SECONDS);
              for (int i = 0; i < TEN_SECONDS - 1; i++) {
                again.add(last);
                last = step(stage, last);
              }
            },
            memory,
            "--actions",
            "sample"));
    assertTrue(again.getLast().episode > again.getFirst().episode, "an end lies in between");
    for (Scene scene : again) {
      Scene before = seen.get(moment(scene));
      assertNotNull(before, () -> "never seen: " + moment(scene));
      assertSame(before, scene);
    }
  }

  private static List<Object> moment(Scene scene) {
    return List.of(scene.episode, scene.step, scene.ended());
  }

  @Test
  void thereIsNothingBeforeTheBeginning() {
    assertDone(
        watch(
            stage -> {
              assertTrue(stage.send(Plain.PAUSE));
              assertTrue(stage.send(Plain.REWIND));
              FakeSpectator.await(stage, s -> s.paused && !s.notice.isEmpty());
            },
            cartPole));
  }

  @Test
  void theHumanTakesOverAndGivesBack() {
    assertDone(
        watch(
            stage -> {
              Scene first = FakeSpectator.await(stage, scene -> true);
              assertTrue(first.takesOver);
              assertTrue(first.keyHelp.getFirst().startsWith("LEFT"), first.keyHelp.toString());
              assertTrue(stage.send(Plain.PAUSE));
              assertTrue(stage.send(Plain.TAKE_OVER));
              Scene last =
                  FakeSpectator.await(stage, s -> s.paused && s.player == Scene.Player.HUMAN);
              for (Key key : List.of(Key.LEFT, Key.RIGHT)) {
                assertTrue(stage.send(new Command.Hold(Set.of(key))));
                last = step(stage, last);
                assertEquals(key == Key.LEFT ? "push left" : "push right", last.action);
              }
              assertTrue(stage.send(new Command.Hold(Set.of())));
              last = step(stage, last);
              assertEquals("push right", last.action, "the last push goes on");
              assertTrue(stage.send(Plain.TAKE_OVER));
              last = FakeSpectator.await(stage, s -> s.player == Scene.Player.AGENT);
              int wanted = best(last);
              assertEquals(wanted, step(stage, last).actionIndex);
            },
            cartPole));
  }

  @Test
  void saliencyIsComputedWhenAskedFor() {
    assertDone(
        watch(
            stage -> {
              Scene off = FakeSpectator.await(stage, scene -> true);
              assertEquals(0, off.saliencyHeight);
              assertTrue(stage.send(Plain.SALIENCY));
              Scene on = FakeSpectator.await(stage, scene -> scene.saliencyWidth > 0);
              assertEquals(1, on.saliencyHeight);
              assertEquals(4, on.saliencyWidth);
              float most = 0;
              for (float place : on.saliency) {
                most = Math.max(most, place);
              }
              assertEquals(1, most);
              assertTrue(stage.send(Plain.SALIENCY));
              FakeSpectator.await(stage, scene -> scene.saliencyWidth == 0);
            },
            cartPole));
  }

  @Test
  void episodesAreChosenBySeed() {
    assertDone(
        watch(
            stage -> {
              assertTrue(stage.send(Plain.PAUSE));
              Scene first = FakeSpectator.await(stage, scene -> scene.paused);
              assertEquals(20, first.seed);
              Scene stepped = step(stage, first);
              assertTrue(stage.send(Plain.RESTART));
              Scene restarted = FakeSpectator.await(stage, scene -> scene.step == 0);
              assertEquals(20, restarted.seed);
              assertEquals(2, restarted.episode);
              Scene again = step(stage, restarted);
              assertArrayEquals(stepped.seen, again.seen);
              assertTrue(stage.send(Plain.NEXT_SEED));
              Scene next = FakeSpectator.await(stage, scene -> scene.seed == 21);
              assertFalse(Arrays.equals(restarted.seen, next.seen));
            },
            cartPole,
            "--seed",
            "20"));
  }

  @Test
  void speedsAreKeptInRange() {
    assertDone(
        watch(
            stage -> {
              assertTrue(stage.send(new Command.Speed(2)));
              FakeSpectator.await(stage, scene -> scene.speed == 2);
              assertTrue(stage.send(new Command.Speed(1e6)));
              FakeSpectator.await(stage, scene -> scene.speed == 64);
              assertTrue(stage.send(new Command.Speed(1e-6)));
              FakeSpectator.await(stage, scene -> scene.speed == 1.0 / 16);
            },
            cartPole));
  }

  @Test
  void quittingEndsTheSession() {
    boolean[] over = new boolean[1];
    assertDone(
        watch(
            stage -> {
              assertTrue(stage.send(Plain.QUIT));
              while (!stage.over()) {
                stage.take(1_000_000_000);
              }
              over[0] = true;
            },
            cartPole));
    assertTrue(over[0]);
  }

  /// The states of a console vary in length. What is left over is what drawing and thinking need
  /// for a moment; a state alone takes tens of thousands of bytes.
  @Test
  void watchingAtFullSpeedLeavesHardlyAnyGarbage() {
    String wallball =
        train(
            "atari-wallball-dqn-quick.yaml",
            "agent.bufferCapacity=1000",
            "training.agentSteps=100");
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    assertDone(
        watch(
            stage -> {
              long id = threadOfTheSession();
              Scene before = FakeSpectator.await(stage, scene -> scene.number > 1500);
              long allocated = threads.getThreadAllocatedBytes(id);
              Scene after = FakeSpectator.await(stage, s -> s.number > before.number + 500);
              long bytes = threads.getThreadAllocatedBytes(id) - allocated;
              long each = bytes / (after.number - before.number);
              assertTrue(each < 5_000, () -> each + " bytes per step");
            },
            wallball,
            "--speed",
            "64"));
  }

  private static long threadOfTheSession() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("jarl-watch"))
        .findFirst()
        .orElseThrow()
        .threadId();
  }

  // ---- what cannot be done
  // ------------------------------------------------------------------------

  private static void refuse(int code, String message, String... args) {
    Answer answer = watch((Stage _) -> {}, args);
    assertEquals(new Answer(code, message), answer);
  }

  @Test
  void withoutAWindowThereIsNothingToWatch() {
    Answer answer = FakeSpectator.jarl(List.of(), "watch", cartPole, "--device", "cpu");
    assertEquals(69, answer.code());
    assertEquals(
        "there is no window on the class path: add the jar of Jarl's viewer, or start through the"
            + " launcher, which does\n",
        answer.err());
  }

  @Test
  void aWindowThatCannotOpenSaysWhy() {
    Answer answer =
        watch(
            stage -> {
              throw new IllegalStateException("no display: set DISPLAY");
            },
            cartPole);
    assertEquals(new Answer(69, "no display: set DISPLAY\n"), answer);
  }

  @Test
  void aFilmOfUnknownEndingIsRefused() {
    Answer answer =
        watch(
            FakeSpectator.recorder(new ArrayList<>()), cartPole, "--headless", "--record", "a.avi");
    assertEquals(new Answer(2, "--record must end in one of .fake, got a.avi\n"), answer);
  }

  @Test
  void headlessNeedsAFilm() {
    refuse(2, "--headless shows nothing by itself: add --record FILE\n", cartPole, "--headless");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "65", "-1"})
  void speedsOutOfRangeAreRefused(String speed) {
    Answer answer = watch((Stage _) -> {}, cartPole, "--speed", speed);
    assertEquals(2, answer.code());
    assertTrue(answer.err().startsWith("--speed must be in 0.0625 .. 64.0, got "), answer.err());
  }

  @Test
  void unknownPlatformsAreRefused() {
    Answer answer = watch((Stage _) -> {}, cartPole, "--platform", "beos");
    assertEquals(2, answer.code());
    assertTrue(answer.err().contains("'--platform'"), answer.err());
    assertTrue(answer.err().contains("WAYLAND"), answer.err());
  }

  @Test
  void aFolderThatIsNoRunIsRefused() {
    refuse(2, "nowhere is not a run folder: there is no such folder\n", "nowhere");
  }

  @Test
  void aRunWithoutAPolicyOrOfAnotherVersionIsRefused() throws IOException {
    Path run = Files.createDirectories(folder.resolve("other"));
    Files.copy(Path.of(cartPole, "config.yaml"), run.resolve("config.yaml"));
    Path policy = Files.createDirectories(run.resolve("policy"));
    refuse(
        2,
        policy
            + " holds no policy: it needs policy.json and weights.safetensors, which a run writes"
            + " with each checkpoint\n",
        run.toString());
    for (String name : List.of("policy.json", "weights.safetensors")) {
      Files.copy(Path.of(cartPole, "policy", name), policy.resolve(name));
    }
    Path json = policy.resolve("policy.json");
    String text = Files.readString(json);
    String later = text.replaceFirst("\"format\" ?: 1", "\"format\" : 2");
    assertNotEquals(text, later);
    Files.writeString(json, later);
    refuse(
        2,
        json + " has format 2, this Jarl reads format 1: load it with the Jarl that wrote it\n",
        run.toString());
  }
}
