package org.jarl.env;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/// Steps of vector environments for the tests: random ones, compared ones and measured ones.
public final class Drive {
  private Drive() {}

  /// Random legal actions; returns everything that came out.
  public static List<byte[]> drive(VectorEnvironment environment, RandomStream random, int steps) {
    ActionBatch actions = new ActionBatch(environment.spec().actionSpace(), environment.count());
    int choices = ((Space.Discrete) environment.spec().actionSpace()).n();
    List<byte[]> seen = new ArrayList<>();
    for (int step = 0; step < steps; step++) {
      boolean[] legal = environment.current().legalActions();
      for (int copy = 0; copy < environment.count(); copy++) {
        int choice = random.nextInt(choices);
        while (legal.length != 0 && !legal[copy * choices + choice]) {
          choice = (choice + 1) % choices;
        }
        actions.indices()[copy] = choice;
      }
      seen.add(MemoryState.save(environment.step(actions)));
    }
    return seen;
  }

  /// Fails at the first step whose bytes differ.
  public static void assertEqual(List<byte[]> expected, List<byte[]> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), actual.get(i), "step " + i);
    }
  }

  /// What the calling thread allocates; the measuring call itself takes a few bytes.
  public static long allocatedBytes(VectorEnvironment environment, ActionBatch actions, int steps) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < steps; i++) {
      environment.step(actions);
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
