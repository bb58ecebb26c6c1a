package org.jarl.agents.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ScheduleTest {

  /// From 1 to 0.05 over 1000 steps, worked by hand: a quarter of the way is 1 - 0.95 / 4.
  @Test
  void linearFallsInAStraightLineAndStays() {
    var schedule = new Schedule.Linear(1f, 0.05f, 1000);
    assertEquals(1f, schedule.at(0));
    assertEquals(0.7625f, schedule.at(250), 1e-7f);
    assertEquals(0.525f, schedule.at(500), 1e-7f);
    assertEquals(0.05f, schedule.at(1000));
    assertEquals(0.05f, schedule.at(Long.MAX_VALUE));
  }

  @Test
  void linearMayRise() {
    var schedule = new Schedule.Linear(0.4f, 1f, 100);
    assertEquals(0.7f, schedule.at(50), 1e-7f);
    assertEquals(0.4f, schedule.min());
    assertEquals(1f, schedule.max());
  }

  /// 2^24 + 1 is no f32, so a schedule that counted in f32 would stand still there.
  @Test
  void linearTellsStepsApartBeyondThePrecisionOfFloat() {
    long over = 1L << 26;
    var schedule = new Schedule.Linear(0f, over, over);
    assertEquals(0x1p24f + 2, schedule.at((1 << 24) + 2));
    assertEquals(over / 2f, schedule.at(over / 2));
  }

  @Test
  void constantStays() {
    var schedule = new Schedule.Constant(0.1f);
    assertEquals(0.1f, schedule.at(0));
    assertEquals(0.1f, schedule.at(1_000_000));
    assertEquals(0.1f, schedule.min());
    assertEquals(0.1f, schedule.max());
  }

  @Test
  void messagesShowTheNumbersOfAFile() {
    assertEquals("0.1", new Schedule.Constant(0.1f).toString());
    assertEquals(
        "from 1.0 to 0.05 over 25000 agent steps",
        new Schedule.Linear(1f, 0.05f, 25_000).toString());
  }

  @Test
  void impossibleSchedulesAreRefused() {
    assertRefused(
        "Schedule.Linear.overAgentSteps must be at least 1, got 0",
        () -> new Schedule.Linear(1f, 0f, 0));
    assertRefused(
        "Schedule.Linear.from must be a finite number, got NaN",
        () -> new Schedule.Linear(Float.NaN, 0f, 10));
    assertRefused(
        "Schedule.Linear.to must be a finite number, got Infinity",
        () -> new Schedule.Linear(0f, Float.POSITIVE_INFINITY, 10));
    assertRefused(
        "Schedule.Constant.value must be a finite number, got NaN",
        () -> new Schedule.Constant(Float.NaN));
  }

  private static void assertRefused(String message, Runnable make) {
    var e = assertThrows(IllegalArgumentException.class, make::run);
    assertEquals(message, e.getMessage());
  }
}
