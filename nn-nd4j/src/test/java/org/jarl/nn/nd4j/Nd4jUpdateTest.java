package org.jarl.nn.nd4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jarl.nn.DType;
import org.jarl.nn.Engine;
import org.jarl.nn.Engines;
import org.jarl.nn.Graph;
import org.jarl.nn.Module;
import org.jarl.nn.Optimizer;
import org.jarl.nn.Program;
import org.jarl.nn.Scope;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Ten whole updates of a Q-network from equal weights on both back ends.
class Nd4jUpdateTest {
  private static final Engine CPU = new CpuEngine(1);
  private static final Engine ND4J = Engines.open("nd4j", 2);
  private static final int BATCH = 19;
  private static final int ACTIONS = 3;

  /// A network and the images or vectors it takes.
  private record Net(
      DType dtype, Shape observation, BiFunction<Variables, SplittableRandom, Module> make) {}

  private static final Net MLP =
      new Net(
          DType.F32,
          Shape.of(BATCH, 5),
          (v, r) ->
              Scope.of(v, r)
                  .linear("a", 5, 33)
                  .then(Tensor::relu)
                  .then(Scope.of(v, r).linear("b", 33, 3)));

  private static final Net CONV =
      new Net(
          DType.U8,
          Shape.of(BATCH, 11, 11, 4),
          (v, r) -> {
            Module torso = Scope.of(v, r).conv2d("conv", Shape.of(4, 4, 4, 6), 2, 1);
            Module head = Scope.of(v, r).linear("head", 5 * 5 * 6, 3);
            return x -> head.apply(torso.apply(x.toF32().times(1 / 255f)).relu().flatten());
          });

  @AfterAll
  static void close() {
    CPU.close();
    ND4J.close();
  }

  static Stream<Optimizer.Rule> rules() {
    return Stream.of(
        new Optimizer.Rule.Sgd(0),
        new Optimizer.Rule.Sgd(0.9f),
        new Optimizer.Rule.RmsProp(0.95f, 0.01f, true),
        new Optimizer.Rule.RmsProp(0.99f, 1e-5f, false),
        Optimizer.Rule.Adam.withEpsilon(1e-5f),
        new Optimizer.Rule.AdamW(0.9f, 0.99f, 1e-6f, 0.01f));
  }

  @ParameterizedTest
  @MethodSource("rules")
  void tenUpdatesOfAnMlpAgree(Optimizer.Rule rule) {
    compare(MLP, rule, 0);
  }

  @ParameterizedTest
  @MethodSource("rules")
  void tenClippedUpdatesOfAnMlpAgree(Optimizer.Rule rule) {
    compare(MLP, rule, 0.05f);
  }

  @ParameterizedTest
  @MethodSource("rules")
  void tenUpdatesOfAConvolutionalNetworkAgree(Optimizer.Rule rule) {
    compare(CONV, rule, 0.5f);
  }

  @Test
  void theNormLimitReallyLimits() {
    Optimizer.Rule rule = new Optimizer.Rule.Sgd(0);
    float[] free = train(ND4J, "free", MLP, rule, 0);
    float[] limited = train(ND4J, "limited", MLP, rule, 0.05f);
    assertTrue(difference(free, limited) > 1e-3, "clipping changed nothing");
  }

  @Test
  void repeatedUpdatesHaveEqualBits() {
    Optimizer.Rule rule = Optimizer.Rule.Adam.withEpsilon(1e-5f);
    assertArrayEquals(
        train(ND4J, "once", CONV, rule, 0.5f), train(ND4J, "again", CONV, rule, 0.5f));
  }

  private static void compare(Net net, Optimizer.Rule rule, float maxGradientNorm) {
    String name = net.observation() + " " + rule + " " + maxGradientNorm;
    float[] expected = train(CPU, name, net, rule, maxGradientNorm);
    float[] actual = train(ND4J, name, net, rule, maxGradientNorm);
    double error = difference(expected, actual);
    assertTrue(error < 1e-4, rule + ": relative difference " + error);
  }

  /// Euclidean norm of the difference, relative to that of `a`.
  private static double difference(float[] a, float[] b) {
    assertEquals(a.length, b.length);
    double difference = 0;
    double size = 0;
    for (int i = 0; i < a.length; i++) {
      difference += (a[i] - b[i]) * (double) (a[i] - b[i]);
      size += a[i] * (double) a[i];
    }
    return Math.sqrt(difference / size);
  }

  /// @return the changes that ten updates made to the online, then to the target network
  private static float[] train(
      Engine engine, String name, Net net, Optimizer.Rule rule, float maxGradientNorm) {
    Variables online = engine.variables(name + " online");
    Variables target = engine.variables(name + " target");
    Module q = net.make().apply(online, new SplittableRandom(5));
    Module targetQ = net.make().apply(target, new SplittableRandom(6));
    float[] before = values(online, target);
    Optimizer optimizer = new Optimizer(engine, online, rule, maxGradientNorm);
    try (Program update =
        engine.compile("update", graph -> trace(graph, net, q, targetQ, optimizer, target))) {
      SplittableRandom random = new SplittableRandom(7);
      for (int step = 0; step < 10; step++) {
        fill(update, net, random);
        update.run();
      }
    }
    float[] changes = values(online, target);
    for (int i = 0; i < changes.length; i++) {
      changes[i] -= before[i];
    }
    return changes;
  }

  private static void trace(
      Graph graph, Net net, Module q, Module targetQ, Optimizer optimizer, Variables target) {
    int[] sizes = net.observation().toArray();
    Tensor observations = graph.input("observations", net.dtype(), sizes);
    Tensor next = graph.input("next", net.dtype(), sizes);
    Tensor actions = graph.input("actions", DType.I32, BATCH);
    Tensor rewards = graph.input("rewards", BATCH);
    Tensor discounts = graph.input("discounts", BATCH);
    Tensor best = q.apply(next).argMax();
    Tensor y = rewards.plus(discounts.times(targetQ.apply(next).gather(best))).stopGradient();
    Tensor error = q.apply(observations).gather(actions).minus(y);
    graph.output("loss", optimizer.minimize(error.huber(1).mean(), graph.input("rate")));
    graph.effect(new Graph.Effect.Blend(optimizer.parameters(), target, 0.3f));
  }

  private static void fill(Program update, Net net, SplittableRandom random) {
    for (String name : List.of("observations", "next")) {
      MemorySegment to = update.input(name);
      for (int i = 0; i < net.observation().elements(); i++) {
        if (net.dtype() == DType.U8) {
          to.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(256));
        } else {
          to.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
        }
      }
    }
    for (int i = 0; i < BATCH; i++) {
      update.input("actions").setAtIndex(ValueLayout.JAVA_INT, i, random.nextInt(ACTIONS));
      update.input("rewards").setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
      update
          .input("discounts")
          .setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextInt(5) == 0 ? 0 : 0.99f);
    }
    update.input("rate").setAtIndex(ValueLayout.JAVA_FLOAT, 0, 1e-2f);
  }

  private static float[] values(Variables online, Variables target) {
    float[] all = new float[online.elements() + target.elements()];
    MemorySegment memory = MemorySegment.ofArray(all);
    online.read(memory.asSlice(0, online.bytes()));
    target.read(memory.asSlice(online.bytes()));
    return all;
  }
}
