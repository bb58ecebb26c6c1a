package org.jarl.env.check;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Frame;
import org.jarl.env.Printable;
import org.jarl.env.Space;
import org.jarl.env.check.EnvironmentChecker.Rule;
import org.jspecify.annotations.Nullable;

/// The checks that need nothing but a factory: runs of several instances, compared snapshot by
/// snapshot with a first one. Used once, by one thread.
final class EnvironmentChecks {
  private static final long SEED = 1;
  private static final long OTHER_SEED = 2;

  /// Two patterns: an element that shows both was never written.
  private static final byte POISON = (byte) 0xA5;

  private static final byte OTHER_POISON = 0x5A;

  private static final int MAX_SNAPSHOTS = 1_000;
  private static final int MIN_SNAPSHOTS = 64;

  /// Recorded observations must not fill the heap.
  private static final long MAX_BYTES = 16L << 20;

  private static final int WARM_UP_STEPS = 20_000;
  private static final long WARM_UP_NANOS = 300_000_000;
  private static final int MEASURED_STEPS = 2_000;
  private static final double GARBAGE_BYTES = 64;

  private final Supplier<? extends Environment> factory;
  private final CheckReport report;
  private final List<Environment> created = new ArrayList<>();
  private final Set<Environment> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
  private @Nullable EnvironmentSpec firstSpec;

  EnvironmentChecks(Supplier<? extends Environment> factory, CheckReport report) {
    this.factory = factory;
    this.report = report;
  }

  /// Runs everything; stops early where a fault makes the rest meaningless.
  void run() {
    try {
      Environment first = create();
      EnvironmentSpec spec = spec(first);
      firstSpec = spec;
      long bytes = spec.observationSpace().bytes();
      int snapshots = (int) Math.max(MIN_SNAPSHOTS, Math.min(MAX_SNAPSHOTS, MAX_BYTES / bytes));
      Probe probe = new Probe(first, spec, POISON);
      List<Snapshot> reference = reference(probe, spec, snapshots);
      if (!isDeterministic(reference, spec)) {
        return;
      }
      compareRuns(reference, spec);
      saveAndLoad(reference, spec);
      render(reference, spec);
      spec(first);
      measure(reference, spec);
    } catch (Probe.Failure e) {
      report.add(e.rule(), String.valueOf(e.getMessage()));
    } finally {
      closeAll();
    }
  }

  private Environment create() {
    Environment environment;
    try {
      environment = factory.get();
    } catch (Throwable e) {
      throw new Probe.Failure(Rule.CREATE, "the factory threw " + Printable.of(e));
    }
    if (environment == null) {
      throw new Probe.Failure(Rule.CREATE, "the factory returned null");
    }
    if (!distinct.add(environment)) {
      throw new Probe.Failure(Rule.CREATE, "the factory returned the same object twice");
    }
    created.add(environment);
    return environment;
  }

  private EnvironmentSpec spec(Environment environment) {
    EnvironmentSpec spec;
    try {
      spec = environment.spec();
    } catch (Throwable e) {
      throw new Probe.Failure(Rule.SPEC, "spec() threw " + Printable.of(e));
    }
    if (spec == null) {
      throw new Probe.Failure(Rule.SPEC, "spec() returned null");
    }
    if (firstSpec != null && !firstSpec.equals(spec)) {
      throw new Probe.Failure(
          Rule.SPEC, "spec() returned %s first and %s later".formatted(firstSpec, spec));
    }
    return spec;
  }

  private Probe probe(EnvironmentSpec spec) {
    Environment environment = create();
    spec(environment);
    return new Probe(environment, spec, POISON);
  }

  // ---- what one instance says

  private List<Snapshot> reference(Probe probe, EnvironmentSpec spec, int count) {
    List<Snapshot> snapshots = new ArrayList<>(count);
    while (snapshots.size() < count) {
      Snapshot before = snapshots.isEmpty() ? null : snapshots.getLast();
      Snapshot snapshot = before == null ? probe.start(SEED) : probe.advance();
      snapshots.add(snapshot);
      inspect(snapshot, probe, spec);
      String fault = snapshot.stackFault(before, spec);
      if (fault != null) {
        report.add(Rule.STACKING, fault);
      }
    }
    return snapshots;
  }

  private void inspect(Snapshot snapshot, Probe probe, EnvironmentSpec spec) {
    inspectObservation(snapshot, spec.observationSpace());
    if (!Float.isFinite(snapshot.reward())) {
      report.add(
          Rule.REWARD_FINITE,
          "the reward of %s is %s".formatted(snapshot.where(), snapshot.reward()));
    }
    if (snapshot.terminated() && snapshot.truncated()) {
      report.add(Rule.ONE_END, snapshot.where() + " terminated and truncated the episode");
    }
    if (spec.masksActions() && (probe.goesOn() || snapshot.truncated())) {
      inspectMask(snapshot, probe);
    }
  }

  private void inspectObservation(Snapshot snapshot, Space.Box space) {
    for (int i = 0; i < space.size(); i++) {
      float value = snapshot.element(space, i);
      if (snapshot.isPoison(space, i, POISON)) {
        continue;
      }
      if (!Float.isFinite(value)) {
        report.add(
            Rule.OBSERVATION_FINITE,
            "element %d of the observation of %s is %s".formatted(i, snapshot.where(), value));
      } else if (value < space.low(i) || value > space.high(i)) {
        report.add(
            Rule.OBSERVATION_BOUNDS,
            "element %d of the observation of %s is %s, the space allows [%s, %s]"
                .formatted(i, snapshot.where(), value, space.low(i), space.high(i)));
      }
    }
  }

  private void inspectMask(Snapshot snapshot, Probe probe) {
    boolean any = false;
    for (boolean legal : snapshot.legal()) {
      any |= legal;
    }
    if (!any) {
      throw new Probe.Failure(
          Rule.MASK_EMPTY,
          "%s %s but none of the %d actions is legal"
              .formatted(
                  snapshot.where(),
                  snapshot.truncated() ? "truncated the episode" : "goes on",
                  snapshot.legal().length));
    }
    boolean[] now = probe.legalNow();
    if (!Arrays.equals(now, snapshot.legal())) {
      report.add(
          Rule.MASK_AGREES,
          "%s wrote %s, but legalActions says %s of the same state"
              .formatted(
                  snapshot.where(), Arrays.toString(snapshot.legal()), Arrays.toString(now)));
    }
  }

  // ---- what several instances say

  private boolean isDeterministic(List<Snapshot> reference, EnvironmentSpec spec) {
    Environment environment = create();
    spec(environment);
    Probe second = new Probe(environment, spec, OTHER_POISON);
    Space.Box space = spec.observationSpace();
    for (int at = 0; at < reference.size(); at++) {
      Snapshot expected = reference.get(at);
      Snapshot snapshot = at == 0 ? second.start(SEED) : second.advance();
      unpoison(expected, snapshot, space);
      String difference = expected.difference(snapshot, space);
      if (difference != null) {
        report.add(
            Rule.DETERMINISTIC,
            "two instances with equal seeds and actions differ: "
                + difference
                + "; randomness must come from the passed stream, and nothing may be static");
        return false;
      }
    }
    return true;
  }

  /// Reports elements that were never written, and makes both snapshots agree in them.
  private void unpoison(Snapshot first, Snapshot second, Space.Box space) {
    int bytes = space.type().bytes();
    for (int i = 0; i < space.size(); i++) {
      if (first.isPoison(space, i, POISON) && second.isPoison(space, i, OTHER_POISON)) {
        report.add(
            Rule.OBSERVATION_WRITTEN,
            "element %d of the observation was not written by %s".formatted(i, first.where()));
        Arrays.fill(second.observation(), i * bytes, (i + 1) * bytes, POISON);
      }
    }
  }

  private void compareRuns(List<Snapshot> reference, EnvironmentSpec spec) {
    attempt(
        Rule.SHARED_STATE,
        "an instance behaves differently when another one is used in between: ",
        () -> interleaved(reference, spec));
    attempt(
        Rule.RANDOM_KEPT,
        "an instance behaves differently when each call passes another object with the same random"
            + " numbers: ",
        () -> {
          Probe probe = probe(spec).swappingRandom();
          return compare(reference, probe, spec);
        });
    attempt(
        Rule.ANY_THREAD,
        "an instance behaves differently on another thread: ",
        () -> onAnotherThread(reference, spec));
    for (int steps : new int[] {0, 1, 7}) {
      attempt(
          Rule.RESET_ANYTIME,
          "an instance that is reset after step %d of another episode differs from a new one: "
              .formatted(steps),
          () -> {
            Probe probe = probe(spec);
            probe.start(OTHER_SEED);
            probe.advance(steps);
            return compare(reference, probe, spec);
          });
    }
  }

  /// One run that should give what the reference gave; says what differs.
  private interface Comparison {
    @Nullable String difference();
  }

  private void attempt(Rule rule, String prefix, Comparison comparison) {
    String difference;
    try {
      difference = comparison.difference();
    } catch (Probe.Failure e) {
      difference = e.getMessage();
    } catch (Throwable e) {
      difference = "it threw " + Printable.of(e);
    }
    if (difference != null) {
      report.add(rule, prefix + difference);
    }
  }

  /// The whole run again, from its seed.
  private static @Nullable String compare(
      List<Snapshot> reference, Probe probe, EnvironmentSpec spec) {
    String difference = reference.getFirst().difference(probe.start(SEED), spec.observationSpace());
    return difference != null ? difference : compareRest(reference, 1, probe, spec);
  }

  /// The rest of the run, from where the probe is.
  private static @Nullable String compareRest(
      List<Snapshot> reference, int from, Probe probe, EnvironmentSpec spec) {
    for (Snapshot expected : reference.subList(from, reference.size())) {
      String difference = expected.difference(probe.advance(), spec.observationSpace());
      if (difference != null) {
        return difference;
      }
    }
    return null;
  }

  private @Nullable String interleaved(List<Snapshot> reference, EnvironmentSpec spec) {
    Probe other = probe(spec);
    Probe probe = probe(spec);
    other.start(OTHER_SEED);
    String difference = reference.getFirst().difference(probe.start(SEED), spec.observationSpace());
    for (int at = 1; at < reference.size() && difference == null; at++) {
      other.advance();
      difference = reference.get(at).difference(probe.advance(), spec.observationSpace());
    }
    return difference;
  }

  private @Nullable String onAnotherThread(List<Snapshot> reference, EnvironmentSpec spec) {
    Probe probe = probe(spec);
    String[] result = new String[1];
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              try {
                String difference = compare(reference, probe, spec);
                result[0] = difference == null ? "" : difference;
              } catch (Probe.Failure e) {
                result[0] = String.valueOf(e.getMessage());
              } catch (Throwable e) {
                result[0] = "it threw " + Printable.of(e);
              }
            });
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while checking", e);
    }
    return result[0] == null || result[0].isEmpty() ? null : result[0];
  }

  // ---- state

  private void saveAndLoad(List<Snapshot> reference, EnvironmentSpec spec) {
    for (int at : new int[] {0, 3, reference.size() / 2}) {
      String when = "saved after " + reference.get(at).where() + ", ";
      byte[][] state = new byte[1][];
      Probe saver = probe(spec);
      Probe saved = probe(spec);
      attempt(
          Rule.SAVE_LOAD,
          when + "an instance does not go on as before: ",
          () -> {
            // A twin stops where it was saved and lends its place in the run.
            saved.start(SEED);
            saved.advance(at);
            saver.start(SEED);
            saver.advance(at);
            state[0] = saver.save();
            if (!Arrays.equals(state[0], saver.save())) {
              return "saving twice gives different states";
            }
            return compareRest(reference, at + 1, saver, spec);
          });
      if (report.has(Rule.SAVE_LOAD)) {
        return;
      }
      attempt(
          Rule.SAVE_LOAD,
          when + "a new instance does not go on as the saved one: ",
          () -> {
            Probe fresh = probe(spec);
            fresh.load(state[0], saved);
            return compareRest(reference, at + 1, fresh, spec);
          });
      attempt(
          Rule.SAVE_LOAD,
          when + "an instance in the middle of another episode does not go on as the saved one: ",
          () -> {
            Probe used = probe(spec);
            used.start(OTHER_SEED);
            used.advance(5);
            used.load(state[0], saved);
            return compareRest(reference, at + 1, used, spec);
          });
    }
  }

  private void render(List<Snapshot> reference, EnvironmentSpec spec) {
    attempt(
        Rule.RENDER,
        "",
        () -> {
          Probe probe = probe(spec);
          String problem = null;
          for (int at = 0; at < reference.size() && problem == null; at++) {
            Snapshot snapshot = at == 0 ? probe.start(SEED) : probe.advance();
            String difference = reference.get(at).difference(snapshot, spec.observationSpace());
            if (difference != null) {
              return "after drawing, an instance behaves differently: " + difference;
            }
            if (at % 50 == 0) {
              problem = renderTwice(probe, snapshot);
            }
          }
          return problem;
        });
  }

  private static @Nullable String renderTwice(Probe probe, Snapshot snapshot) {
    Frame first = new Frame();
    Frame second = new Frame();
    byte[] before = probe.save();
    boolean shown = probe.environment().render(first);
    boolean again = probe.environment().render(second);
    String after = " after " + snapshot.where();
    if (shown != again) {
      return "drawing twice" + after + " returned " + shown + ", then " + again;
    }
    if (!Arrays.equals(before, probe.save())) {
      return "drawing" + after + " changed the state that is saved";
    }
    if (shown && first.width() == 0) {
      return "drawing" + after + " returned true but never set the size of the frame";
    }
    if (!shown && first.width() != 0) {
      return "drawing" + after + " returned false but changed the frame";
    }
    return samePicture(first, second) ? null : "drawing twice" + after + " gave two pictures";
  }

  private static boolean samePicture(Frame first, Frame second) {
    int bytes = 3 * first.width() * first.height();
    return first.width() == second.width()
        && first.height() == second.height()
        && Arrays.equals(first.rgb(), 0, bytes, second.rgb(), 0, bytes);
  }

  // ---- cost

  private void measure(List<Snapshot> reference, EnvironmentSpec spec) {
    boolean ended = reference.stream().anyMatch(m -> m.terminated() || m.truncated());
    if (!ended && spec.timeLimit() == 0) {
      report.add(
          Rule.EPISODE_ENDS,
          "no episode ended within %d steps and the spec has no time limit"
              .formatted(reference.size() - 1));
    }
    Probe probe = probe(spec);
    probe.start(SEED);
    long start = System.nanoTime();
    for (int steps = 0; steps < WARM_UP_STEPS; steps += 100) {
      probe.spin(100);
      if (System.nanoTime() - start > WARM_UP_NANOS) {
        break;
      }
    }
    double bytes = 0;
    start = System.nanoTime();
    if (ManagementFactory.getThreadMXBean() instanceof com.sun.management.ThreadMXBean threads
        && threads.isThreadAllocatedMemorySupported()) {
      long before = threads.getCurrentThreadAllocatedBytes();
      probe.spin(MEASURED_STEPS);
      bytes = (double) (threads.getCurrentThreadAllocatedBytes() - before) / MEASURED_STEPS;
    } else {
      probe.spin(MEASURED_STEPS);
    }
    double seconds = Math.max(System.nanoTime() - start, 1) * 1e-9;
    if (bytes > GARBAGE_BYTES) {
      report.add(
          Rule.ALLOCATION,
          String.format(
              Locale.ROOT, "a step allocates %.0f bytes on the heap; aim at none", bytes));
    }
    report.add(
        Rule.SPEED,
        String.format(Locale.ROOT, "%.0f steps/s by one thread", MEASURED_STEPS / seconds));
  }

  private void closeAll() {
    for (Environment environment : created) {
      try {
        environment.close();
        environment.close();
      } catch (Throwable e) {
        report.add(Rule.CLOSE, "close() threw " + Printable.of(e));
      }
    }
  }
}
