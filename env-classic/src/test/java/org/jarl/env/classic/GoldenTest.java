package org.jarl.env.classic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.jarl.env.Action;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environment;
import org.jarl.env.MemoryState;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.Step;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Agreement with trajectories of Gymnasium 1.4.0 (12 episodes per task, `float64` states).
///
/// From each recorded state one step agrees to 1e-12 relative (to 1 where a number is below 1; the
/// car with a throttle rounds its state to f32 and agrees to the bit). Whole trajectories, started
/// once and never corrected, drift apart by the last bits of sine and cosine, multiplied by the
/// dynamics; the bounds below are the measured ones, rounded up.
class GoldenTest {
  private static final JsonNode ENVIRONMENTS = read();

  private static JsonNode read() {
    try (InputStream file =
        Objects.requireNonNull(
            GoldenTest.class.getResourceAsStream("classic-control-golden.json.gz"))) {
      return new JsonMapper().readTree(new GZIPInputStream(file)).get("environments");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Environment create(String name) {
    return switch (name) {
      case "CartPole-v1" -> new CartPole();
      case "Acrobot-v1" -> new Acrobot();
      case "MountainCar-v0" -> new MountainCar();
      case "MountainCarContinuous-v0" -> new MountainCarContinuous();
      case "Pendulum-v1" -> new Pendulum();
      default -> throw new IllegalArgumentException(name);
    };
  }

  @ParameterizedTest
  @CsvSource({
    "CartPole-v1, 1e-12",
    "Acrobot-v1, 1e-12",
    "MountainCar-v0, 1e-12",
    "MountainCarContinuous-v0, 0",
    "Pendulum-v1, 1e-12",
  })
  void oneStepFromEachRecordedStateAgrees(String name, double tolerance) {
    JsonNode recorded = ENVIRONMENTS.get(name);
    assertEquals(recorded.get("timeLimit").asInt(), create(name).spec().timeLimit());
    int steps = 0;
    for (JsonNode episode : recorded.get("episodes")) {
      Rig rig = new Rig(create(name), numbers(episode.get("start")));
      for (JsonNode step : episode.get("steps")) {
        double[] expected = numbers(step.get(1));
        rig.step(step.get(0));
        assertClose(expected, rig.state(), tolerance, name + " step " + steps);
        assertObservation(numbers(step.get(2)), rig.observation, name + " step " + steps);
        float reward = (float) step.get(3).asDouble();
        assertEquals(reward, rig.step.reward(), Math.ulp(reward), name);
        assertEquals(step.get(4).asBoolean(), rig.step.terminated(), name);
        rig.set(expected);
        steps++;
      }
    }
    assertTrue(steps > 1000, () -> name + " has too few recorded steps");
  }

  /// The greatest distance over all steps of all episodes, up to 220 steps long.
  @ParameterizedTest
  @CsvSource({
    "CartPole-v1, 2e-9",
    "Acrobot-v1, 2e-13",
    "MountainCar-v0, 1e-15",
    "MountainCarContinuous-v0, 0",
    "Pendulum-v1, 2e-10",
  })
  void wholeTrajectoriesStayTogether(String name, double tolerance) {
    for (JsonNode episode : ENVIRONMENTS.get(name).get("episodes")) {
      Rig rig = new Rig(create(name), numbers(episode.get("start")));
      for (JsonNode step : episode.get("steps")) {
        rig.step(step.get(0));
        assertClose(numbers(step.get(1)), rig.state(), tolerance, name);
        assertEquals(step.get(4).asBoolean(), rig.step.terminated(), name);
      }
    }
  }

  private static void assertClose(
      double[] expected, double[] actual, double tolerance, String what) {
    for (int i = 0; i < expected.length; i++) {
      double scale = Math.max(1, Math.abs(expected[i]));
      assertEquals(expected[i], actual[i], tolerance * scale, what + " number " + i);
    }
  }

  /// Rounded to f32 from states that differ in their last bits: at most one f32 step apart.
  private static void assertObservation(double[] expected, Observation actual, String what) {
    for (int i = 0; i < expected.length; i++) {
      float e = (float) expected[i];
      assertEquals(e, actual.get(i), Math.max(Math.ulp(e), 1e-12f), what + " element " + i);
    }
  }

  private static double[] numbers(JsonNode array) {
    double[] numbers = new double[array.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = array.get(i).asDouble();
    }
    return numbers;
  }

  /// An environment whose state is set and read through its saved form.
  private static final class Rig {
    private final Environment environment;
    private final ActionBatch actions;
    private final Action action = new Action();
    private final Observation observation;
    private final Step step;
    private final int size;

    Rig(Environment environment, double[] state) {
      this.environment = environment;
      Space.Box space = environment.spec().observationSpace();
      actions = new ActionBatch(environment.spec().actionSpace(), 1);
      action.bind(actions.indices(), actions.values(), 0);
      observation = new Observation(space, MemorySegment.ofArray(new byte[4 * space.size()]));
      step = new Step(observation, RandomStream.of(0, "unused"), new boolean[0]);
      size = state.length;
      environment.reset(RandomStream.of(0, "unused"), observation);
      set(state);
    }

    void step(JsonNode recorded) {
      if (actions.indices().length == 0) {
        actions.values()[0] = (float) recorded.asDouble();
      } else {
        actions.indices()[0] = recorded.asInt();
      }
      step.clear();
      environment.step(action, step);
    }

    double[] state() {
      double[] state = new double[size];
      ByteBuffer numbers = numbers(MemoryState.save(environment));
      for (int i = 0; i < size; i++) {
        state[i] = numbers.getDouble();
      }
      return state;
    }

    void set(double[] state) {
      byte[] saved = MemoryState.save(environment);
      ByteBuffer numbers = numbers(saved);
      for (double number : state) {
        numbers.putDouble(number);
      }
      MemoryState.load(saved, environment);
    }

    /// The numbers behind the section's mark, length and name (and the length of an array).
    private ByteBuffer numbers(byte[] saved) {
      ByteBuffer buffer = ByteBuffer.wrap(saved).order(ByteOrder.LITTLE_ENDIAN);
      int header = 8 + buffer.getInt(4);
      return buffer.position(environment instanceof Acrobot ? header + 4 : header);
    }
  }
}
