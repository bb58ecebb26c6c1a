package org.jarl.viewer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jarl.env.Action;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environment;
import org.jarl.env.Environments;
import org.jarl.env.Frame;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.Step;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Films real environments: every frame must be exact where the format allows it. Prints best
/// milliseconds per frame and bytes, which `docs/recording.md` quotes: `mvn -pl viewer -am test
/// -Dexcluded.groups= -Dtest=FilmSpeedTest -Dsurefire.failIfNoSpecifiedTests=false
/// -DargLine="--enable-native-access=ALL-UNNAMED -Djarl.film.frames=600"`.
@Tag("slow")
class FilmSpeedTest {
  private static final int FRAMES = Integer.getInteger("jarl.film.frames", 200);

  @TempDir Path folder;

  @Test
  void filmsOfRealEnvironmentsAreExactAndTheirFramesAreQuicklyWritten() throws IOException {
    boolean ffmpeg = FfmpegWriter.find(System.getenv("PATH")) != null;
    for (String id :
        List.of("atari/wallball-v1", "classic/cartpole-v1", "gridworld/four-rooms-v0")) {
      List<Frame> frames = film(id);
      for (String ending :
          ffmpeg ? List.of(".apng", ".gif", ".mp4", ".webm") : List.of(".apng", ".gif")) {
        for (int scale : new int[] {1, 2}) {
          measure(id, frames, ending, scale);
        }
      }
    }
  }

  private void measure(String id, List<Frame> frames, String ending, int scale) throws IOException {
    Path file = folder.resolve("film" + ending);
    double best = Double.POSITIVE_INFINITY;
    int rounds = FRAMES < 600 ? 1 : 3;
    for (int round = 0; round < rounds; round++) {
      long start = System.nanoTime();
      try (Film film = Film.create(file, new Film.Settings(50, scale, true))) {
        frames.forEach(film::add);
      }
      best = Math.min(best, (System.nanoTime() - start) / 1e6 / frames.size());
    }
    System.out.printf(
        "%-24s %4d x %-4d %-5s %6.3f ms/frame %9d bytes%n",
        id,
        scale * frames.get(0).width(),
        scale * frames.get(0).height(),
        ending,
        best,
        Files.size(file));
    List<int[]> decoded =
        switch (ending) {
          case ".apng" -> new ApngDecoder(Files.readAllBytes(file)).frames;
          case ".gif" -> new GifDecoder(Files.readAllBytes(file)).frames;
          default -> List.of();
        };
    for (int i = 0; i < decoded.size(); i++) {
      String what = id + ending + " frame " + i;
      if (ending.equals(".gif") && id.startsWith("classic/")) {
        assertNear(Films.pixels(frames.get(i), scale), decoded.get(i), what);
      } else {
        Films.assertShows(frames.get(i), scale, decoded.get(i), what);
      }
    }
    if (!decoded.isEmpty()) {
      assertEquals(FRAMES, decoded.size());
      assertTrue(best < 20, best + " ms per frame");
    }
  }

  /// More than 256 colours in one picture are not exact in a GIF.
  private static void assertNear(int[] expected, int[] actual, String what) {
    for (int i = 0; i < expected.length; i++) {
      for (int shift = 16; shift >= 0; shift -= 8) {
        int difference = (expected[i] >> shift & 0xff) - (actual[i] >> shift & 0xff);
        assertTrue(Math.abs(difference) <= 8, what + ", pixel " + i + ": " + difference);
      }
    }
  }

  /// What an environment shows while chance acts.
  private static List<Frame> film(String id) {
    List<Frame> frames = new ArrayList<>();
    try (Environments environments = Environments.discover(List.of());
        Environment environment = environments.create(id, Map.of());
        Arena arena = Arena.ofConfined()) {
      Space.Box space = environment.spec().observationSpace();
      Observation observation = new Observation(space, arena.allocate(space.bytes(), 64));
      RandomStream random = RandomStream.of(1, "film");
      Space.Discrete actions = (Space.Discrete) environment.spec().actionSpace();
      Step step = new Step(observation, random, new boolean[actions.n()]);
      ActionBatch batch = new ActionBatch(actions, 1);
      Action action = new Action();
      action.bind(batch.indices(), batch.values(), 0);
      boolean ended = true;
      while (frames.size() < FRAMES) {
        if (ended) {
          environment.reset(random, observation);
          ended = false;
        } else {
          batch.indices()[0] = random.nextInt(actions.n());
          step.clear();
          environment.step(action, step);
          ended = step.terminated() || step.truncated();
        }
        Frame frame = new Frame();
        assertTrue(environment.render(frame), id + " draws nothing");
        frames.add(frame);
      }
    }
    return frames;
  }
}
