package org.jarl.benchmarks;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import org.jarl.env.Action;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environment;
import org.jarl.env.Environments;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.Step;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// Agent steps of environments on one thread, resets included, actions at random from a table.
public class EnvironmentBenchmark {
  private static final int COPIES = 1024;

  /// Steps of a single copy per call, so that JMH's own call does not count.
  private static final int STEPS = 1000;

  /// Tables of actions, used in turn: drawing an action costs as much as stepping a CartPole.
  private static final int TABLES = 64;

  private static int[] actions(int choices, int length) {
    RandomStream random = RandomStream.of(7, "benchmark actions");
    int[] table = new int[length];
    for (int i = 0; i < length; i++) {
      table[i] = random.nextInt(choices);
    }
    return table;
  }

  /// One simulator as its author wrote it, and what a caller keeps for it.
  private static final class Single {
    private final Environment environment;
    private final RandomStream random = RandomStream.of(1, "benchmark");
    private final Observation observation;
    private final Step step;
    private final Action action = new Action();
    private final int[] table;
    private int episodeSteps;

    Single(String id) {
      environment = Environments.discover(List.of()).create(id, Map.of());
      Space.Box box = environment.spec().observationSpace();
      observation = new Observation(box, Arena.ofAuto().allocate(box.bytes(), 64));
      step = new Step(observation, random, new boolean[0]);
      table = actions(((Space.Discrete) environment.spec().actionSpace()).n(), STEPS);
      environment.reset(random, observation);
    }

    float run() {
      int limit = environment.spec().timeLimit();
      float rewards = 0;
      for (int i = 0; i < STEPS; i++) {
        action.bind(table, NO_VALUES, i);
        step.clear();
        environment.step(action, step);
        rewards += step.reward();
        if (step.terminated() || ++episodeSteps == limit) {
          environment.reset(random, observation);
          episodeSteps = 0;
        }
      }
      return rewards;
    }
  }

  private static final float[] NO_VALUES = {};

  /// Many copies as a learner steps them.
  private static final class Many {
    private final VectorEnvironment environment;
    private final ActionBatch[] actions = new ActionBatch[TABLES];
    private int turn;

    Many(String id, int count) {
      environment = Environments.discover(List.of()).createVector(id, Map.of(), count, 1);
      Space space = environment.spec().actionSpace();
      int[] table = actions(((Space.Discrete) space).n(), TABLES * count);
      for (int i = 0; i < TABLES; i++) {
        actions[i] = new ActionBatch(space, count);
        System.arraycopy(table, i * count, actions[i].indices(), 0, count);
      }
      environment.reset(1);
    }

    StepBatch run() {
      turn = (turn + 1) % TABLES;
      return environment.step(actions[turn]);
    }
  }

  /// CartPole behind the author's interface.
  @State(Scope.Benchmark)
  public static class SingleCartPole {
    private final Single single = new Single("classic/cartpole-v1");
  }

  /// Acrobot behind the author's interface.
  @State(Scope.Benchmark)
  public static class SingleAcrobot {
    private final Single single = new Single("classic/acrobot-v1");
  }

  /// CartPole, one copy behind the learner's interface.
  @State(Scope.Benchmark)
  public static class OneCartPole {
    private final Many many = new Many("classic/cartpole-v1", 1);
  }

  /// CartPole, 1024 copies.
  @State(Scope.Benchmark)
  public static class CartPoles {
    private final Many many = new Many("classic/cartpole-v1", COPIES);
  }

  /// Acrobot, 1024 copies.
  @State(Scope.Benchmark)
  public static class Acrobots {
    private final Many many = new Many("classic/acrobot-v1", COPIES);
  }

  /// Four rooms, 1024 copies.
  @State(Scope.Benchmark)
  public static class FourRooms {
    private final Many many = new Many("gridworld/four-rooms-v0", COPIES);
  }

  /// Cliff walking, 1024 copies.
  @State(Scope.Benchmark)
  public static class Cliffs {
    private final Many many = new Many("gridworld/cliff-v0", COPIES);
  }

  /// 1000 steps of one simulator.
  @Benchmark
  @OperationsPerInvocation(STEPS)
  @JmhTable.Counts("steps")
  public float cartPoleSingle(SingleCartPole state) {
    return state.single.run();
  }

  /// 1000 steps of one simulator.
  @Benchmark
  @OperationsPerInvocation(STEPS)
  @JmhTable.Counts("steps")
  public float acrobotSingle(SingleAcrobot state) {
    return state.single.run();
  }

  /// One step of one copy.
  @Benchmark
  @JmhTable.Counts("steps")
  public StepBatch cartPoleVectorOf1(OneCartPole state) {
    return state.many.run();
  }

  /// One step of 1024 copies.
  @Benchmark
  @OperationsPerInvocation(COPIES)
  @JmhTable.Counts("steps")
  public StepBatch cartPoleVectorOf1024(CartPoles state) {
    return state.many.run();
  }

  /// One step of 1024 copies.
  @Benchmark
  @OperationsPerInvocation(COPIES)
  @JmhTable.Counts("steps")
  public StepBatch acrobotVectorOf1024(Acrobots state) {
    return state.many.run();
  }

  /// One step of 1024 copies.
  @Benchmark
  @OperationsPerInvocation(COPIES)
  @JmhTable.Counts("steps")
  public StepBatch fourRoomsVectorOf1024(FourRooms state) {
    return state.many.run();
  }

  /// One step of 1024 copies.
  @Benchmark
  @OperationsPerInvocation(COPIES)
  @JmhTable.Counts("steps")
  public StepBatch cliffVectorOf1024(Cliffs state) {
    return state.many.run();
  }
}
