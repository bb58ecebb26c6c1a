package org.jarl.env.show;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.jarl.env.Key;
import org.jarl.env.show.Stage.Handover;
import org.junit.jupiter.api.Test;

class StageTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final long SECOND = 1_000_000_000;

  /// A scene that tells when it is torn.
  private static void publish(Stage stage, long number) {
    Scene scene = stage.draft();
    scene.number = number;
    scene.resizeBars(64);
    Arrays.fill(scene.bars, (float) number);
    scene.frame.resize(20, 20);
    scene.frame.fill((int) number);
    stage.publish();
  }

  private static void assertWhole(Scene scene) {
    for (float bar : scene.bars) {
      assertEquals((float) scene.number, bar);
    }
    for (int y = 0; y < 20; y++) {
      assertEquals(scene.number & 0xffffff, scene.frame.pixel(y, y));
    }
  }

  private static Thread inBackground(Runnable work) {
    return Thread.ofPlatform().daemon().start(work);
  }

  @Test
  void theLatestReplacesWhatNobodyHasTaken() {
    Stage stage = new Stage(Handover.LATEST);
    assertNull(stage.take());
    publish(stage, 1);
    publish(stage, 2);
    Scene taken = stage.take();
    assertNotNull(taken);
    assertEquals(2, taken.number);
    assertNull(stage.take());
  }

  @Test
  void aTakenSceneIsNotTouchedUntilTheNextIsTaken() {
    Stage stage = new Stage(Handover.LATEST);
    publish(stage, 1);
    Scene taken = stage.take();
    assertNotNull(taken);
    for (int n = 2; n < 20; n++) {
      assertNotSame(taken, stage.draft());
      publish(stage, n);
    }
    assertEquals(1, taken.number);
    assertWhole(taken);
  }

  @Test
  void aSceneIsWantedOnceTheLastOneWasTaken() {
    Stage stage = new Stage(Handover.LATEST);
    assertFalse(stage.wanted());
    publish(stage, 1);
    assertFalse(stage.wanted());
    assertNotNull(stage.take());
    assertTrue(stage.wanted());
    publish(stage, 2);
    assertFalse(stage.wanted());
    assertNotNull(stage.take());
    stage.leave();
    assertFalse(stage.wanted());
  }

  @Test
  void scenesAreWholeAndInOrderHoweverTheThreadsMeet() {
    for (Handover handover : Handover.values()) {
      assertTimeoutPreemptively(LIMIT, () -> race(handover));
    }
  }

  private static void race(Handover handover) {
    long last = 20_000;
    Stage stage = new Stage(handover);
    inBackground(() -> {
      for (long n = 1; n <= last; n++) {
        publish(stage, n);
      }
      stage.end();
    });
    List<Long> seen = new ArrayList<>();
    while (!stage.over()) {
      Scene scene = stage.take(SECOND);
      if (scene != null) {
        assertWhole(scene);
        seen.add(scene.number);
      }
    }
    assertEquals(last, seen.getLast());
    assertEquals(seen.stream().distinct().sorted().toList(), seen);
    if (handover == Handover.EVERY) {
      assertEquals(LongStream.rangeClosed(1, last).boxed().toList(), seen);
    }
  }

  @Test
  void thePublisherOfTheLatestNeverWaits() {
    Stage stage = new Stage(Handover.LATEST);
    assertTimeoutPreemptively(
        LIMIT,
        () -> {
          for (int n = 0; n < 1000; n++) {
            publish(stage, n);
          }
        });
  }

  @Test
  void aPublisherThatWaitsGoesOnWhenTheSpectatorLeaves() {
    Stage stage = new Stage(Handover.EVERY);
    AtomicBoolean waited = new AtomicBoolean();
    assertTimeoutPreemptively(
        LIMIT,
        () -> {
          publish(stage, 1);
          Thread publisher =
              inBackground(() -> {
                publish(stage, 2);
                waited.set(stage.left());
                publish(stage, 3);
              });
          while (publisher.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
          }
          stage.leave();
          publisher.join();
        });
    assertTrue(waited.get());
  }

  @Test
  void aPublisherThatWaitsGoesOnWhenItIsInterrupted() throws InterruptedException {
    Stage stage = new Stage(Handover.EVERY);
    publish(stage, 1);
    AtomicBoolean kept = new AtomicBoolean();
    Thread publisher =
        inBackground(() -> {
          publish(stage, 2);
          kept.set(Thread.currentThread().isInterrupted());
        });
    publisher.interrupt();
    publisher.join(LIMIT);
    assertTrue(kept.get());
  }

  @Test
  void theShowIsOverWhenItsLastSceneWasTaken() {
    Stage stage = new Stage(Handover.EVERY);
    publish(stage, 1);
    stage.end();
    assertFalse(stage.over());
    assertNotNull(stage.take(SECOND));
    assertTrue(stage.over());
    assertNull(stage.take(SECOND));
  }

  @Test
  void commandsArriveInTheirOrder() {
    Stage stage = new Stage(Handover.LATEST);
    assertNull(stage.poll());
    assertTrue(stage.send(Command.Plain.PAUSE));
    assertTrue(stage.send(new Command.Speed(2)));
    assertEquals(Command.Plain.PAUSE, stage.poll());
    assertEquals(new Command.Speed(2), stage.poll());
    assertNull(stage.poll());
  }

  @Test
  void tooManyCommandsAreRefusedButTheKeysThatAreDownAreNot() {
    Stage stage = new Stage(Handover.LATEST);
    int taken = 0;
    while (stage.send(Command.Plain.STEP)) {
      taken++;
    }
    assertTrue(taken >= 100 && taken <= 10_000, () -> "the queue must be bounded");
    assertTrue(stage.send(new Command.Hold(Set.of(Key.LEFT))));
    Command.Hold letGo = new Command.Hold(Set.of());
    assertTrue(stage.send(letGo));
    for (int i = 0; i < taken; i++) {
      assertEquals(Command.Plain.STEP, stage.poll());
    }
    assertSame(letGo, stage.poll());
    assertNull(stage.poll());
  }

  @Test
  void aWaitEndsWithTheNextCommand() {
    Stage stage = new Stage(Handover.LATEST);
    assertTimeoutPreemptively(
        LIMIT,
        () -> {
          inBackground(() -> stage.send(Command.Plain.QUIT));
          Command command = null;
          while (command == null) {
            stage.await(LIMIT.toNanos());
            command = stage.poll();
          }
          assertEquals(Command.Plain.QUIT, command);
        });
  }

  @Test
  void speedsMustBePositive() {
    IllegalArgumentException refused =
        org.junit.jupiter.api.Assertions.assertThrows(
            IllegalArgumentException.class, () -> new Command.Speed(0));
    assertEquals("Speed.factor must be above 0, got 0.0", refused.getMessage());
  }
}
