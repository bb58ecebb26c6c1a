package org.jarl.agents.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class RequireTest {

  private static void assertRefused(String message, Runnable check) {
    var e = assertThrows(IllegalArgumentException.class, check::run);
    assertEquals(message, e.getMessage());
  }

  @Test
  void refusalsNameKeyRuleAndValue() {
    assertRefused(
        "learningStarts must be at least batchSize (32), got 0",
        () -> Require.that(false, "learningStarts", "at least batchSize (32)", 0));
    assertRefused("a.b must be at least 1, got 0", () -> Require.positive("a.b", 0));
    assertRefused("a.b must be 0 or more, got -1", () -> Require.notNegative("a.b", -1));
    assertRefused("a.b must be at least 5, got 4", () -> Require.atLeast("a.b", 5, 4));
    assertRefused("a.b must be above 0, got 0.0", () -> Require.positive("a.b", 0f));
    assertRefused("a.b must be 0 or more, got -0.5", () -> Require.notNegative("a.b", -0.5f));
    assertRefused(
        "a.b must be between 0 and 1, got 1.01", () -> Require.unitInterval("a.b", 1.01f));
    assertRefused("a.b must be between 0 and 1, got 1.01", () -> Require.unitInterval("a.b", 1.01));
    assertRefused("a.b must be above 0, got 0.0", () -> Require.positive("a.b", 0.0));
    assertRefused(
        "a.b must be between 0 and 1, got from 1.0 to -1.0 over 10 agent steps",
        () -> Require.unitInterval("a.b", new Schedule.Linear(1, -1, 10)));
  }

  @Test
  void aRefusalCarriesItsPartsAndNamesTheRecord() {
    var e = assertThrows(SettingException.class, () -> new PolicyConfig.Memory.Lstm(0));
    assertEquals("PolicyConfig.Memory.Lstm.units must be at least 1, got 0", e.getMessage());
    assertEquals("units", e.component());
    assertEquals(" must be at least 1, got 0", e.demand());
    SettingException outer = e.within("agent.memory");
    assertEquals("agent.memory.units must be at least 1, got 0", outer.getMessage());
    assertEquals("agent.memory.units", outer.component());
  }

  @Test
  void numbersThatAreNotFiniteAreRefused() {
    for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      assertRefused("a.b must be above 0, got " + value, () -> Require.positive("a.b", value));
      assertRefused("a.b must be 0 or more, got " + value, () -> Require.notNegative("a.b", value));
      assertRefused(
          "a.b must be between 0 and 1, got " + value, () -> Require.unitInterval("a.b", value));
      assertRefused(
          "a.b must be a finite number, got " + value, () -> Require.finite("a.b", value));
    }
  }

  @Test
  void boundsThemselvesAreAllowed() {
    Require.positive("a.b", 1);
    Require.positive("a.b", Float.MIN_VALUE);
    Require.notNegative("a.b", 0);
    Require.notNegative("a.b", 0f);
    Require.atLeast("a.b", 5, 5);
    Require.unitInterval("a.b", 0f);
    Require.unitInterval("a.b", 1f);
    Require.unitInterval("a.b", new Schedule.Linear(1, 0, 10));
    Require.finite("a.b", -Float.MAX_VALUE);
    Require.that(true, "a.b", "anything", 0);
  }
}
