package org.jarl.agents;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jarl.agents.config.Schedule;
import org.jarl.env.ActionBatch;
import org.jarl.env.StepBatch;
import org.jarl.nn.Program;
import org.jarl.nn.Variables;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// [Ppo] beside [PlainPpo].
class PlainPpoTest {
  private static final int COPIES = 4;
  private static final int ROLLOUTS = 63;

  /// Everything that can be clipped is clipped at times: the learning rate is so high that ratios
  /// and values leave their ranges within the 16 steps of a rollout.
  private static final Settings SETTINGS =
      Settings.with(s -> {
        s.gamma = 0.9f;
        s.valueClipRange = 0.1f;
        s.entropyCoefficient = 0.01f;
        s.learningRate = new Schedule.Linear(3e-3f, 1e-3f, ROLLOUTS * 64);
      });

  /// 63 rollouts of 16 steps on minibatches of 16 rows: 1,008 steps of the optimizer. Each rollout
  /// is learned from twice, by the agent's own program and, from the same start, by a program of
  /// one round; both must end with the same bits. After each round of the latter, the plain update
  /// from the state before it must have led to the same parameters but for 1e-6, the largest
  /// absolute difference over all of them.
  ///
  /// A second plain learner is given what was seen and done and the minibatches, but never again
  /// the parameters: all its estimates are its own. Its parameters, of about 1, may drift from
  /// those of the agent by 2e-5 in the end; 1,008 roundings by 6e-8 make 6e-5 where all go the same
  /// way, and 2e-6 where they do not, which is what was seen.
  @ParameterizedTest
  @EnumSource(names = {"BUTTONS", "SLIDERS"})
  void aThousandUpdatesAreThoseOfThePlainOne(Identity.Panel panel) {
    Recorder recorder = new Recorder();
    Watched environment =
        new Watched(Training.vector(() -> new Identity(panel, false, 0.1f), COPIES, 1), recorder);
    try (Training training = new Training(SETTINGS.ppo(), environment, 1)) {
      Ppo agent = (Ppo) training.agent;
      List<Variables> variables = new ArrayList<>(List.of(agent.learner.parameters));
      variables.addAll(agent.learner.optimizer().state());
      Program round = training.engine.compile("ppo.round", agent::update);
      boolean continuous = panel == Identity.Panel.SLIDERS;
      PlainPpo plain = new PlainPpo(SETTINGS.ppo(), agent.learner.parameters, continuous);
      PlainPpo free = new PlainPpo(SETTINGS.ppo(), agent.learner.parameters, continuous);
      load(free, read(variables));
      for (int i = 0; i < ROLLOUTS; i++) {
        List<float[]> state = read(variables);
        recorder.clear();
        training.train(() -> false);
        List<float[]> whole = read(variables);
        write(variables, state);

        PlainPpo.Rollout rollout = recorder.rollout();
        load(plain, state);
        PlainPpo.Estimates estimates = plain.estimate(rollout);
        PlainPpo.Estimates ownEstimates = free.estimate(rollout);
        checkEstimates(estimates, agent.update);
        fill(round, agent.update);
        double learningRate = scalar(round, "learningRate");
        double clipRange = scalar(round, "clipRange");
        for (int r = 0; r < SETTINGS.epochs * SETTINGS.minibatches; r++) {
          int[] rows = rows(agent.update, r);
          MemorySegment.copy(rows, 0, round.input("rows"), ValueLayout.JAVA_INT, 0, rows.length);
          round.run();
          plain.learn(rollout, estimates, rows, learningRate, clipRange);
          free.learn(rollout, ownEstimates, rows, learningRate, clipRange);
          state = read(variables);
          double difference = difference(plain.parameters, state.getFirst());
          assertTrue(difference < 1e-6, "rollout " + i + " round " + r + ": " + difference);
          load(plain, state);
        }
        assertArrayEquals(whole.getFirst(), state.getFirst());
        assertArrayEquals(whole.get(1), state.get(1));
        assertArrayEquals(whole.get(2), state.get(2));
        assertEquals(agent.state().updates(), (long) state.get(3)[0]);
      }
      assertEquals(1008, agent.state().updates());
      double drift = difference(free.parameters, read(variables).getFirst());
      assertTrue(plain.clippedRatios > 50, "ratios clipped " + plain.clippedRatios);
      assertTrue(plain.clippedValues > 100, "values clipped " + plain.clippedValues);
      assertTrue(plain.clippedGradients > 100, "gradients clipped " + plain.clippedGradients);
      assertTrue(drift < 2e-5, "on its own it has drifted by " + drift);
    }
  }

  /// Remembers the steps of one rollout.
  private static final class Recorder implements Watched.Watcher {
    private final List<double[]> observations = new ArrayList<>();
    private final List<double[]> actions = new ArrayList<>();
    private final List<double[]> next = new ArrayList<>();
    private final List<Double> rewards = new ArrayList<>();
    private final List<Boolean> terminated = new ArrayList<>();
    private final List<Boolean> truncated = new ArrayList<>();

    void clear() {
      for (List<?> list : List.of(observations, actions, next, rewards, terminated, truncated)) {
        list.clear();
      }
    }

    @Override
    public void acts(StepBatch seen, ActionBatch taken) {
      for (int i = 0; i < COPIES; i++) {
        observations.add(row(seen.observations(), i));
        double[] action = new double[taken.size()];
        for (int d = 0; d < action.length; d++) {
          int at = i * action.length + d;
          action[d] = taken.indices().length > 0 ? taken.indices()[at] : taken.values()[at];
        }
        actions.add(action);
      }
    }

    @Override
    public void sees(StepBatch step) {
      for (int i = 0; i < COPIES; i++) {
        next.add(row(step.ended(i) ? step.finalObservations() : step.observations(), i));
        rewards.add((double) step.rewards()[i]);
        terminated.add(step.terminated()[i]);
        truncated.add(step.truncated()[i]);
      }
    }

    private static double[] row(MemorySegment rows, int i) {
      double[] row = new double[Identity.LAMPS];
      for (int k = 0; k < row.length; k++) {
        row[k] = rows.getAtIndex(ValueLayout.JAVA_FLOAT, (long) i * row.length + k);
      }
      return row;
    }

    PlainPpo.Rollout rollout() {
      boolean[] ends = new boolean[rewards.size()];
      boolean[] cuts = new boolean[ends.length];
      for (int row = 0; row < ends.length; row++) {
        ends[row] = terminated.get(row);
        cuts[row] = truncated.get(row);
      }
      return new PlainPpo.Rollout(
          COPIES,
          observations.toArray(double[][]::new),
          actions.toArray(double[][]::new),
          rewards.stream().mapToDouble(Double::doubleValue).toArray(),
          next.toArray(double[][]::new),
          ends,
          cuts);
    }
  }

  /// Parameters, both moments, and the number of steps.
  private static List<float[]> read(List<Variables> variables) {
    try (Arena arena = Arena.ofConfined()) {
      return variables.stream()
          .map(set -> {
            MemorySegment host = arena.allocate(set.bytes(), 64);
            set.read(host);
            return host.toArray(ValueLayout.JAVA_FLOAT);
          })
          .toList();
    }
  }

  private static void write(List<Variables> variables, List<float[]> values) {
    try (Arena arena = Arena.ofConfined()) {
      for (int i = 0; i < values.size(); i++) {
        MemorySegment host = arena.allocate(variables.get(i).bytes(), 64);
        host.copyFrom(MemorySegment.ofArray(values.get(i)));
        variables.get(i).write(host);
      }
    }
  }

  private static void load(PlainPpo plain, List<float[]> state) {
    plain.load(state.get(0), state.get(1), state.get(2), (int) state.get(3)[0]);
  }

  /// What the learner was given is what the plain one makes of the same steps.
  private static void checkEstimates(PlainPpo.Estimates estimates, Program learner) {
    checkClose("logProbabilities", estimates.logProbabilities(), learner);
    checkClose("values", estimates.values(), learner);
    checkClose("advantages", estimates.advantages(), learner);
    checkClose("returns", estimates.returns(), learner);
  }

  private static void checkClose(String input, double[] expected, Program learner) {
    float[] given = learner.input(input).toArray(ValueLayout.JAVA_FLOAT);
    for (int row = 0; row < expected.length; row++) {
      assertEquals(expected[row], given[row], 1e-5, input + " of row " + row);
    }
  }

  /// All inputs of a round but its rows.
  private static void fill(Program round, Program learner) {
    for (String input :
        List.of(
            "observations",
            "actions",
            "logProbabilities",
            "values",
            "advantages",
            "returns",
            "learningRate",
            "clipRange")) {
      round.input(input).copyFrom(learner.input(input));
    }
  }

  private static int[] rows(Program learner, int round) {
    int size = SETTINGS.horizon * COPIES / SETTINGS.minibatches;
    return learner
        .input("rows")
        .asSlice(4L * size * round, 4L * size)
        .toArray(ValueLayout.JAVA_INT);
  }

  private static double scalar(Program program, String input) {
    return program.input(input).get(ValueLayout.JAVA_FLOAT, 0);
  }

  private static double difference(double[] expected, float[] got) {
    double most = 0;
    for (int i = 0; i < got.length; i++) {
      most = Math.max(most, Math.abs(expected[i] - got[i]));
    }
    return most;
  }
}
