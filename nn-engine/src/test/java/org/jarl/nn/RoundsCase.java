package org.jarl.nn;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// A small learner over a fixed collection of rows, whose minibatches are rounds of one program or
/// runs of a program of one round. Used by this module's tests and by those of other back ends.
///
/// @param rounds that are wanted
/// @param stopAt the round whose condition to stop holds, or `rounds` for none
public record RoundsCase(int rounds, int stopAt) {
  private static final int ROWS = 20;
  private static final int BATCH = 9;

  /// What can be seen afterwards.
  ///
  /// @param taken rounds that took effect
  /// @param outputs `[rounds, 1 + 2 BATCH]`: loss, then values; NaN where nothing was written
  /// @param state parameters, a slow copy of them, moments and steps
  public record Seen(int taken, float[] outputs, float[] state) {}

  private record Learner(Variables online, Variables slow, Optimizer adam, Module network) {
    static Learner on(Engine engine, String name) {
      SplittableRandom random = new SplittableRandom(4);
      Variables online = engine.variables(name + ".online");
      Module network =
          Scope.of(online, random)
              .linear("a", 41, 64)
              .then(Tensor::tanh)
              .then(Scope.of(online, random).linear("b", 64, 2));
      Variables slow = engine.variables(name + ".slow");
      online.parameters().forEach(p -> slow.add(p.name(), p.shape(), Initializer.zeros(), random));
      var rule = Optimizer.Rule.Adam.withEpsilon(1e-5f);
      return new Learner(online, slow, new Optimizer(engine, online, rule, 0.01f), network);
    }

    void trace(Graph g) {
      Tensor rows = g.inputOfRound("rows", DType.I32, BATCH);
      Tensor numbers = g.input("numbers", ROWS, 5).indexSelect(rows);
      Tensor bytes = g.input("bytes", DType.U8, ROWS, 4, 3, 3).indexSelect(rows).toF32();
      Tensor actions = g.input("actions", DType.I32, ROWS).indexSelect(rows);
      Tensor wanted = g.input("wanted", ROWS).indexSelect(rows);
      Tensor x = Tensor.concat(1, List.of(numbers, bytes.times(1f / 255).flatten()));
      Tensor y = network.apply(x);
      Tensor loss = y.gather(actions).minus(wanted).square().mean();
      g.output("loss", adam.minimize(loss, g.inputOfRound("rate", DType.F32)));
      g.output("values", y);
      g.blend(online, slow, 0.5f);
      g.stopWhen(g.inputOfRound("worry", DType.F32).minus(0.5f));
    }

    float[] state() {
      float[] all = new float[0];
      for (Variables v : List.of(online, slow, adam.moments().get(0), adam.steps())) {
        int before = all.length;
        all = Arrays.copyOf(all, before + v.elements());
        float[] values = new float[v.elements()];
        v.read(MemorySegment.ofArray(values));
        System.arraycopy(values, 0, all, before, values.length);
      }
      return all;
    }
  }

  /// All rounds as one program.
  public Seen together(Engine engine, String name) {
    Learner learner = Learner.on(engine, name);
    try (Program program = engine.compile(name, rounds, learner::trace)) {
      fillShared(program);
      for (int round = 0; round < rounds; round++) {
        fillRound(program, round, round);
      }
      fill(program.output("loss"));
      fill(program.output("values"));
      program.run();
      float[] outputs = new float[rounds * (1 + 2 * BATCH)];
      for (int round = 0; round < rounds; round++) {
        read(program, round, outputs, round);
      }
      return new Seen(program.rounds(), outputs, learner.state());
    }
  }

  /// Each round as a run of its own.
  public Seen byHand(Engine engine, String name) {
    Learner learner = Learner.on(engine, name);
    float[] outputs = new float[rounds * (1 + 2 * BATCH)];
    Arrays.fill(outputs, Float.NaN);
    int taken = 0;
    try (Program program = engine.compile(name, learner::trace)) {
      fillShared(program);
      for (int round = 0; round < rounds && taken == round; round++) {
        fillRound(program, 0, round);
        program.run();
        read(program, 0, outputs, round);
        taken += program.rounds();
      }
    }
    return new Seen(taken, outputs, learner.state());
  }

  private static void fill(MemorySegment memory) {
    for (long i = 0; i < memory.byteSize() / 4; i++) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, Float.NaN);
    }
  }

  private static void fillShared(Program program) {
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < ROWS * 5; i++) {
      float value = (float) random.nextDouble();
      program.input("numbers").setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }
    for (int i = 0; i < ROWS * 36; i++) {
      program.input("bytes").set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    for (int i = 0; i < ROWS; i++) {
      program.input("actions").setAtIndex(ValueLayout.JAVA_INT, i, random.nextInt(2));
      program.input("wanted").setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble());
    }
  }

  private void fillRound(Program program, int slot, int round) {
    SplittableRandom random = new SplittableRandom(round);
    for (int i = 0; i < BATCH; i++) {
      int row = random.nextInt(ROWS);
      program.input("rows").setAtIndex(ValueLayout.JAVA_INT, slot * BATCH + i, row);
    }
    program.input("rate").setAtIndex(ValueLayout.JAVA_FLOAT, slot, 0.01f / (round + 1));
    program.input("worry").setAtIndex(ValueLayout.JAVA_FLOAT, slot, round == stopAt ? 1 : 0);
  }

  private static void read(Program program, int slot, float[] outputs, int round) {
    int at = round * (1 + 2 * BATCH);
    outputs[at] = program.output("loss").getAtIndex(ValueLayout.JAVA_FLOAT, slot);
    for (int i = 0; i < 2 * BATCH; i++) {
      outputs[at + 1 + i] =
          program.output("values").getAtIndex(ValueLayout.JAVA_FLOAT, slot * 2 * BATCH + i);
    }
  }
}
