package org.jarl.replay;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jarl.env.ActionBatch;
import org.jarl.env.RandomStream;
import org.jarl.env.StepBatch;

/// Replay as one would write it without a thought of speed: everything that ever happened in lists,
/// returns summed from the definition.
final class NaiveReplay {
  private record Seen(
      String observation,
      String legal,
      String action,
      float reward,
      String next,
      String nextLegal,
      int end) {}

  record Transition(
      String observation,
      String legal,
      String action,
      float nStepReturn,
      float discount,
      String next,
      String nextLegal) {}

  private static final int GOES_ON = 0;
  private static final int TERMINATED = 1;
  private static final int TRUNCATED = 2;

  private final ReplaySettings settings;
  private final List<List<Seen>> byCopy = new ArrayList<>();
  private final List<String> before = new ArrayList<>();
  private final List<String> legalBefore = new ArrayList<>();

  NaiveReplay(ReplaySettings settings) {
    this.settings = settings;
    for (int copy = 0; copy < settings.count(); copy++) {
      byCopy.add(new ArrayList<>());
      before.add("");
      legalBefore.add("");
    }
  }

  void begin(StepBatch current) {
    for (int copy = 0; copy < settings.count(); copy++) {
      before.set(copy, observation(current.observations(), copy));
      legalBefore.set(copy, legal(current.legalActions(), copy));
    }
  }

  void add(ActionBatch actions, StepBatch after) {
    for (int copy = 0; copy < settings.count(); copy++) {
      int end =
          after.terminated()[copy] ? TERMINATED : after.truncated()[copy] ? TRUNCATED : GOES_ON;
      MemorySegment next = end == GOES_ON ? after.observations() : after.finalObservations();
      byCopy
          .get(copy)
          .add(
              new Seen(
                  before.get(copy),
                  legalBefore.get(copy),
                  action(actions, copy),
                  after.rewards()[copy],
                  observation(next, copy),
                  legal(end == GOES_ON ? after.legalActions() : after.finalLegalActions(), copy),
                  end));
      before.set(copy, observation(after.observations(), copy));
      legalBefore.set(copy, legal(after.legalActions(), copy));
    }
  }

  int size() {
    int whole = Math.max(0, byCopy.getFirst().size() - settings.nStep() + 1);
    return Math.min(settings.capacity(), whole * settings.count());
  }

  /// The transition drawn by one number of the stream: copies in order within a step, the oldest
  /// step first.
  Transition sample(RandomStream random) {
    return transition(size(), random.nextInt(size()));
  }

  /// One of the newest `size` transitions.
  ///
  /// @param index in the order of [#sample]
  Transition transition(int size, int index) {
    int whole = (byCopy.getFirst().size() - settings.nStep() + 1) * settings.count();
    int at = whole - size + index;
    List<Seen> seen = byCopy.get(at % settings.count());
    int start = at / settings.count();
    double sum = 0;
    double power = 1;
    int step = start;
    while (true) {
      sum += power * seen.get(step).reward();
      power *= settings.gamma();
      if (seen.get(step).end() != GOES_ON || step - start + 1 == settings.nStep()) {
        break;
      }
      step++;
    }
    float discount = seen.get(step).end() == TERMINATED ? 0 : (float) power;
    return new Transition(
        seen.get(start).observation(),
        seen.get(start).legal(),
        seen.get(start).action(),
        (float) sum,
        discount,
        seen.get(step).next(),
        seen.get(step).nextLegal());
  }

  /// Row `i` of a batch in the same words.
  Transition row(ReplayBatch batch, int i) {
    long width = 4L * settings.spec().actionSpace().size();
    return new Transition(
        observation(batch.observations(), i),
        legal(batch.legalActions(), i),
        hex(batch.actions(), i * width, width),
        batch.rewards().getAtIndex(ValueLayout.JAVA_FLOAT, i),
        batch.discounts().getAtIndex(ValueLayout.JAVA_FLOAT, i),
        observation(batch.nextObservations(), i),
        legal(batch.nextLegalActions(), i));
  }

  private String legal(boolean[] mask, int copy) {
    var flags = new StringBuilder();
    for (int i = 0; i < settings.spec().maskSize(); i++) {
      flags.append(mask[copy * settings.spec().maskSize() + i] ? "1.0 " : "0.0 ");
    }
    return flags.toString();
  }

  private String legal(MemorySegment mask, int i) {
    var numbers = new StringBuilder();
    for (int a = 0; a < settings.spec().maskSize(); a++) {
      int at = i * settings.spec().maskSize() + a;
      numbers.append(mask.getAtIndex(ValueLayout.JAVA_FLOAT, at)).append(' ');
    }
    return numbers.toString();
  }

  private String observation(MemorySegment memory, int copy) {
    long bytes = settings.observationSpace().bytes();
    return hex(memory, copy * bytes, bytes);
  }

  private static String action(ActionBatch actions, int copy) {
    long width = 4L * actions.size();
    MemorySegment memory =
        actions.values().length > 0
            ? MemorySegment.ofArray(actions.values())
            : MemorySegment.ofArray(actions.indices());
    return hex(memory, copy * width, width);
  }

  private static String hex(MemorySegment memory, long at, long bytes) {
    return HexFormat.of().formatHex(memory.asSlice(at, bytes).toArray(ValueLayout.JAVA_BYTE));
  }
}
