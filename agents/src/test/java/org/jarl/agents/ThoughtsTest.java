package org.jarl.agents;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.MemoryState;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.show.Scene;
import org.jarl.nn.Engine;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ThoughtsTest {
  private static final boolean[] ALL_LEGAL = {};
  private static final Engine ENGINE = new CpuEngine(1);
  private static final NetworkConfig MLP =
      new NetworkConfig.Mlp(List.of(16, 16), NetworkConfig.Activation.TANH);
  private static final NetworkConfig CNN = new NetworkConfig.NipsCnn(List.of(16));
  private static final PolicyConfig.Memory NONE = new PolicyConfig.Memory.None();

  @AfterAll
  static void close() {
    ENGINE.close();
  }

  private static int networks;

  private static String unique() {
    return "network" + networks++;
  }

  private static Policy values(EnvironmentSpec spec, NetworkConfig network) {
    RandomStream random = RandomStream.of(3, "values");
    QNetwork values = new QNetwork(ENGINE.variables(unique()), spec, network, true, random);
    return new GreedyPolicy(ENGINE, values, spec, 1);
  }

  private static Policy probabilities(
      EnvironmentSpec spec, NetworkConfig network, PolicyConfig.Memory memory) {
    PolicyConfig.Noise noise = new PolicyConfig.Noise.Gaussian(-0.5f);
    PolicyConfig config =
        new PolicyConfig(network, false, NetworkConfig.Initialization.FAN_IN, noise, memory);
    RandomStream random = RandomStream.of(4, "probabilities");
    ActorCritic critic = new ActorCritic(ENGINE.variables(unique()), spec, config, random);
    return new LearnedPolicy(ENGINE, critic, config, spec, 1, Policy.Choice.MODE);
  }

  private static EnvironmentSpec spec(Space.Box seen, int depth, Space actions) {
    EnvironmentSpec spec = EnvironmentSpec.of(seen, actions);
    return depth == 1 ? spec : spec.withStacking(seen, new Stacking(depth, Padding.FIRST));
  }

  private static Stream<Arguments> policies() {
    Space choices = new Space.Discrete(3);
    EnvironmentSpec vector = spec(Space.Box.f32(5), 1, choices);
    EnvironmentSpec vectors = spec(Space.Box.f32(3, 4), 3, choices);
    EnvironmentSpec planes = spec(Space.Box.u8(4, 3, 2), 1, choices);
    EnvironmentSpec screens = spec(Space.Box.u8(2, 20, 20), 2, choices);
    EnvironmentSpec panels = spec(Space.Box.f32(5), 1, new Space.MultiDiscrete(List.of(2, 3)));
    EnvironmentSpec numbers = spec(Space.Box.f32(5), 1, Space.Box.bounded(-1, 1, 2));
    return Stream.of(
        Arguments.of("values of a vector", vector, values(vector, MLP)),
        Arguments.of("values of a stack", vectors, values(vectors, MLP)),
        Arguments.of("values of planes", planes, values(planes, MLP)),
        Arguments.of("values of screens", screens, values(screens, CNN)),
        Arguments.of("probabilities", vector, probabilities(vector, MLP, NONE)),
        Arguments.of("probabilities of screens", screens, probabilities(screens, CNN, NONE)),
        Arguments.of("several choices", panels, probabilities(panels, MLP, NONE)),
        Arguments.of("numbers", numbers, probabilities(numbers, MLP, NONE)),
        Arguments.of("a memory", vector, probabilities(vector, MLP, Settings.LSTM)));
  }

  private static MemorySegment observation(EnvironmentSpec spec, Arena arena) {
    Space.Box box = spec.observationSpace();
    MemorySegment memory = arena.allocate(box.bytes(), 64);
    RandomStream random = RandomStream.of(5, "observation");
    for (int i = 0; i < box.size(); i++) {
      if (box.type() == Space.ElementType.U8) {
        memory.set(ValueLayout.JAVA_BYTE, i, (byte) (20 + random.nextInt(200)));
      } else {
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
      }
    }
    return memory;
  }

  private static Thoughts of(Policy policy) {
    return Objects.requireNonNull(policy.thoughts());
  }

  /// What the saliency is the slope of, as documented.
  private static double choice(Thoughts thoughts, EnvironmentSpec spec, MemorySegment seen) {
    thoughts.think(seen, ALL_LEGAL);
    return switch (thoughts.kind()) {
      case ACTION_VALUES -> largest(thoughts, 0, 3);
      case PROBABILITIES ->
          spec.actionSpace() instanceof Space.MultiDiscrete
              ? Math.log(largest(thoughts, 0, 2)) + Math.log(largest(thoughts, 2, 5))
              : Math.log(largest(thoughts, 0, 3));
      case MEANS -> thoughts.number(0) + (double) thoughts.number(1);
      case NONE -> throw new AssertionError("a policy thinks something");
    };
  }

  private static float largest(Thoughts thoughts, int from, int to) {
    float most = Float.NEGATIVE_INFINITY;
    for (int i = from; i < to; i++) {
      most = Math.max(most, thoughts.number(i));
    }
    return most;
  }

  /// Central differences; of bytes in steps of one.
  private static double slope(
      Thoughts thoughts, EnvironmentSpec spec, MemorySegment seen, int element) {
    if (spec.observationSpace().type() == Space.ElementType.U8) {
      byte before = seen.get(ValueLayout.JAVA_BYTE, element);
      seen.set(ValueLayout.JAVA_BYTE, element, (byte) (before + 1));
      double above = choice(thoughts, spec, seen);
      seen.set(ValueLayout.JAVA_BYTE, element, (byte) (before - 1));
      double below = choice(thoughts, spec, seen);
      seen.set(ValueLayout.JAVA_BYTE, element, before);
      return (above - below) * 255 / 2;
    }
    float before = seen.getAtIndex(ValueLayout.JAVA_FLOAT, element);
    float step = 1e-2f;
    seen.setAtIndex(ValueLayout.JAVA_FLOAT, element, before + step);
    double above = choice(thoughts, spec, seen);
    seen.setAtIndex(ValueLayout.JAVA_FLOAT, element, before - step);
    double below = choice(thoughts, spec, seen);
    seen.setAtIndex(ValueLayout.JAVA_FLOAT, element, before);
    return (above - below) / (2 * step);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("policies")
  void saliencyIsTheSlopeOfTheChoice(String name, EnvironmentSpec spec, Policy policy) {
    Scene scene = new Scene();
    try (Arena arena = Arena.ofConfined();
        policy;
        Thoughts thoughts = of(policy)) {
      MemorySegment seen = observation(spec, arena);
      thoughts.writeSaliency(seen, ALL_LEGAL, scene);
      List<Integer> shape = spec.observationSpace().shape();
      int depth = spec.stacking().depth();
      List<Integer> moment = depth > 1 ? shape.subList(1, shape.size()) : shape;
      assertEquals(moment.size() == 1 ? 1 : moment.get(0), scene.saliencyHeight);
      assertEquals(moment.get(moment.size() == 1 ? 0 : 1), scene.saliencyWidth);
      int places = scene.saliencyHeight * scene.saliencyWidth;
      int channels = spec.observationSpace().size() / places / depth;
      double[] expected = new double[places];
      double largest = 0;
      for (int i = 0; i < spec.observationSpace().size(); i++) {
        int place = i / channels % places;
        expected[place] = Math.max(expected[place], Math.abs(slope(thoughts, spec, seen, i)));
        largest = Math.max(largest, expected[place]);
      }
      assertTrue(largest > 0, "an observation that does not matter tests nothing");
      float most = 0;
      for (int place = 0; place < places; place++) {
        assertEquals(expected[place] / largest, scene.saliency[place], 0.05, "place " + place);
        most = Math.max(most, scene.saliency[place]);
      }
      assertEquals(1, most);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("policies")
  void thePolicyTakesTheActionThatItThinksBest(String name, EnvironmentSpec spec, Policy policy) {
    try (Arena arena = Arena.ofConfined();
        policy;
        Thoughts thoughts = of(policy)) {
      MemorySegment seen = observation(spec, arena);
      thoughts.think(seen, ALL_LEGAL);
      ActionBatch actions = new ActionBatch(spec.actionSpace(), 1);
      policy.act(seen, ALL_LEGAL, RandomStream.of(1, "unused"), actions);
      switch (spec.actionSpace()) {
        case Space.Discrete _ ->
            assertEquals(largest(thoughts, 0, 3), thoughts.number(actions.indices()[0]));
        case Space.MultiDiscrete _ -> {
          assertEquals(largest(thoughts, 0, 2), thoughts.number(actions.indices()[0]));
          assertEquals(largest(thoughts, 2, 5), thoughts.number(2 + actions.indices()[1]));
        }
        case Space.Box _ -> {
          assertEquals(actions.values()[1], thoughts.number(1), 1e-6);
          assertEquals(Math.exp(-0.5), thoughts.spread(1), 1e-6);
        }
      }
    }
  }

  @Test
  void probabilitiesAddUpToOneAndIllegalActionsHaveNone() {
    EnvironmentSpec spec = EnvironmentSpec.of(Space.Box.f32(5), new Space.Discrete(3));
    try (Arena arena = Arena.ofConfined();
        Policy policy = probabilities(spec.withActionMask(), MLP, NONE);
        Thoughts thoughts = of(policy)) {
      thoughts.think(observation(spec, arena), new boolean[] {true, false, true});
      Scene scene = new Scene();
      thoughts.writeTo(scene);
      assertEquals(Scene.Bars.PROBABILITIES, scene.barsAre);
      assertEquals(3, scene.barCount);
      assertEquals(1, scene.bars[0] + scene.bars[2], 1e-6);
      assertEquals(0, scene.bars[1]);
      assertTrue(Float.isFinite(scene.value));
    }
  }

  @Test
  void thinkingChangesNothingThatIsRemembered() {
    EnvironmentSpec spec = EnvironmentSpec.of(Space.Box.f32(5), new Space.Discrete(3));
    try (Arena arena = Arena.ofConfined();
        Policy policy = probabilities(spec, MLP, Settings.LSTM);
        Thoughts thoughts = of(policy)) {
      MemorySegment seen = observation(spec, arena);
      byte[] before = MemoryState.save(policy);
      thoughts.think(seen, ALL_LEGAL);
      float first = thoughts.value();
      thoughts.writeSaliency(seen, ALL_LEGAL, new Scene());
      assertArrayEquals(before, MemoryState.save(policy));
      ActionBatch actions = new ActionBatch(spec.actionSpace(), 1);
      policy.act(seen, ALL_LEGAL, RandomStream.of(1, "unused"), actions);
      thoughts.think(seen, ALL_LEGAL);
      assertNotEquals(first, thoughts.value(), "what was seen before counts");
      MemoryState.load(before, policy);
      thoughts.think(seen, ALL_LEGAL);
      assertEquals(first, thoughts.value());
      assertTrue(policy.remembers());
    }
  }

  @Test
  void aPolicyOfSeveralCopiesTellsNothing() {
    EnvironmentSpec spec = EnvironmentSpec.of(Space.Box.f32(5), new Space.Discrete(3));
    RandomStream random = RandomStream.of(3, "values");
    QNetwork values = new QNetwork(ENGINE.variables(unique()), spec, MLP, false, random);
    try (Policy policy = new GreedyPolicy(ENGINE, values, spec, 2)) {
      assertNull(policy.thoughts());
    }
  }
}
