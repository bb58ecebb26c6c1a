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
import org.jarl.agents.config.DuelingStreams;
import org.jarl.agents.config.NetworkConfig;
import org.jarl.agents.config.PolicyConfig;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.MemoryState;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.nn.Engine;
import org.jarl.nn.Initialization;
import org.jarl.nn.Scope;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ExplainerTest {
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

  private static QNetwork network(EnvironmentSpec spec, NetworkConfig torso, boolean dueling) {
    Scope scope = Scope.of(ENGINE.variables(unique()), RandomStream.of(3, "values"));
    ValueHead head = new ExpectationHead();
    return new QNetwork(
        scope, spec, QNetwork.Layers.of(torso, head, dueling ? DuelingStreams.HIDDEN : null));
  }

  private static Policy values(EnvironmentSpec spec, NetworkConfig network) {
    return new GreedyPolicy(ENGINE, network(spec, network, true), 1);
  }

  private static Policy probabilities(
      EnvironmentSpec spec, NetworkConfig network, PolicyConfig.Memory memory) {
    PolicyConfig.Noise noise = new PolicyConfig.Noise.Gaussian(-0.5f);
    PolicyConfig config = new PolicyConfig(network, false, Initialization.FAN_IN, noise, memory);
    Scope scope = Scope.of(ENGINE.variables(unique()), RandomStream.of(4, "probabilities"));
    return new ActorCriticPolicy(
        ENGINE, new ActorCritic(scope, spec, config), 1, Policy.Choice.MODE);
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

  private static Explainer of(Policy policy) {
    return Objects.requireNonNull(policy.explainer());
  }

  /// What the saliency is the slope of, as documented.
  private static double choice(Explainer explainer, EnvironmentSpec spec, MemorySegment seen) {
    explainer.explain(seen, ALL_LEGAL);
    return switch (explainer.kind()) {
      case ACTION_VALUES -> largest(explainer, 0, 3);
      case PROBABILITIES ->
          spec.actionSpace() instanceof Space.MultiDiscrete
              ? Math.log(largest(explainer, 0, 2)) + Math.log(largest(explainer, 2, 5))
              : Math.log(largest(explainer, 0, 3));
      case MEANS -> explainer.number(0) + (double) explainer.number(1);
    };
  }

  private static float largest(Explainer explainer, int from, int to) {
    float most = Float.NEGATIVE_INFINITY;
    for (int i = from; i < to; i++) {
      most = Math.max(most, explainer.number(i));
    }
    return most;
  }

  /// Central differences; of bytes in steps of one.
  private static double slope(
      Explainer explainer, EnvironmentSpec spec, MemorySegment seen, int element) {
    if (spec.observationSpace().type() == Space.ElementType.U8) {
      byte before = seen.get(ValueLayout.JAVA_BYTE, element);
      seen.set(ValueLayout.JAVA_BYTE, element, (byte) (before + 1));
      double above = choice(explainer, spec, seen);
      seen.set(ValueLayout.JAVA_BYTE, element, (byte) (before - 1));
      double below = choice(explainer, spec, seen);
      seen.set(ValueLayout.JAVA_BYTE, element, before);
      return (above - below) * 255 / 2;
    }
    float before = seen.getAtIndex(ValueLayout.JAVA_FLOAT, element);
    float step = 1e-2f;
    seen.setAtIndex(ValueLayout.JAVA_FLOAT, element, before + step);
    double above = choice(explainer, spec, seen);
    seen.setAtIndex(ValueLayout.JAVA_FLOAT, element, before - step);
    double below = choice(explainer, spec, seen);
    seen.setAtIndex(ValueLayout.JAVA_FLOAT, element, before);
    return (above - below) / (2 * step);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("policies")
  void saliencyIsTheSlopeOfTheChoice(String name, EnvironmentSpec spec, Policy policy) {
    try (Arena arena = Arena.ofConfined();
        policy;
        Explainer explainer = of(policy)) {
      MemorySegment seen = observation(spec, arena);
      float[] saliency = new float[explainer.saliencyHeight() * explainer.saliencyWidth()];
      explainer.saliency(seen, ALL_LEGAL, saliency);
      List<Integer> shape = spec.observationSpace().shape();
      int depth = spec.stacking().depth();
      List<Integer> frame = depth > 1 ? shape.subList(1, shape.size()) : shape;
      assertEquals(frame.size() == 1 ? 1 : frame.get(0), explainer.saliencyHeight());
      assertEquals(frame.get(frame.size() == 1 ? 0 : 1), explainer.saliencyWidth());
      int places = saliency.length;
      int channels = spec.observationSpace().size() / places / depth;
      double[] expected = new double[places];
      double largest = 0;
      for (int i = 0; i < spec.observationSpace().size(); i++) {
        int place = i / channels % places;
        expected[place] = Math.max(expected[place], Math.abs(slope(explainer, spec, seen, i)));
        largest = Math.max(largest, expected[place]);
      }
      assertTrue(largest > 0, "an observation that does not matter tests nothing");
      float most = 0;
      for (int place = 0; place < places; place++) {
        assertEquals(expected[place] / largest, saliency[place], 0.05, "place " + place);
        most = Math.max(most, saliency[place]);
      }
      assertEquals(1, most);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("policies")
  void thePolicyTakesTheBestActionOfItsExplanation(
      String name, EnvironmentSpec spec, Policy policy) {
    try (Arena arena = Arena.ofConfined();
        policy;
        Explainer explainer = of(policy)) {
      MemorySegment seen = observation(spec, arena);
      explainer.explain(seen, ALL_LEGAL);
      ActionBatch actions = new ActionBatch(spec.actionSpace(), 1);
      policy.act(seen, ALL_LEGAL, RandomStream.of(1, "unused"), actions);
      switch (spec.actionSpace()) {
        case Space.Discrete _ ->
            assertEquals(largest(explainer, 0, 3), explainer.number(actions.indices()[0]));
        case Space.MultiDiscrete _ -> {
          assertEquals(largest(explainer, 0, 2), explainer.number(actions.indices()[0]));
          assertEquals(largest(explainer, 2, 5), explainer.number(2 + actions.indices()[1]));
        }
        case Space.Box _ -> {
          assertEquals(actions.values()[1], explainer.number(1), 1e-6);
          assertEquals(Math.exp(-0.5), explainer.deviation(1), 1e-6);
        }
      }
    }
  }

  @Test
  void probabilitiesAddUpToOneAndIllegalActionsHaveNone() {
    EnvironmentSpec spec = EnvironmentSpec.of(Space.Box.f32(5), new Space.Discrete(3));
    try (Arena arena = Arena.ofConfined();
        Policy policy = probabilities(spec.withActionMask(), MLP, NONE);
        Explainer explainer = of(policy)) {
      explainer.explain(observation(spec, arena), new boolean[] {true, false, true});
      assertEquals(Explainer.Kind.PROBABILITIES, explainer.kind());
      assertEquals(3, explainer.count());
      assertEquals(1, explainer.number(0) + explainer.number(2), 1e-6);
      assertEquals(0, explainer.number(1));
      assertTrue(Float.isFinite(explainer.value()));
    }
  }

  @Test
  void explainingDoesNotChangeTheRecurrentState() {
    EnvironmentSpec spec = EnvironmentSpec.of(Space.Box.f32(5), new Space.Discrete(3));
    try (Arena arena = Arena.ofConfined();
        Policy policy = probabilities(spec, MLP, Settings.LSTM);
        Explainer explainer = of(policy)) {
      MemorySegment seen = observation(spec, arena);
      byte[] before = MemoryState.save(policy);
      explainer.explain(seen, ALL_LEGAL);
      float first = explainer.value();
      explainer.saliency(seen, ALL_LEGAL, new float[5]);
      assertArrayEquals(before, MemoryState.save(policy));
      ActionBatch actions = new ActionBatch(spec.actionSpace(), 1);
      policy.act(seen, ALL_LEGAL, RandomStream.of(1, "unused"), actions);
      explainer.explain(seen, ALL_LEGAL);
      assertNotEquals(first, explainer.value(), "what was seen before counts");
      MemoryState.load(before, policy);
      explainer.explain(seen, ALL_LEGAL);
      assertEquals(first, explainer.value());
      assertTrue(policy.remembers());
    }
  }

  @Test
  void aPolicyOfSeveralCopiesHasNoExplainer() {
    EnvironmentSpec spec = EnvironmentSpec.of(Space.Box.f32(5), new Space.Discrete(3));
    try (Policy policy = new GreedyPolicy(ENGINE, network(spec, MLP, false), 2)) {
      assertNull(policy.explainer());
    }
  }
}
