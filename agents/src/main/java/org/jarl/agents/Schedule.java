package org.jarl.agents;

/// A setting that changes as the agent steps, for example an exploration rate.
///
/// It depends on the step alone, so a resumed run takes up where it was without any state.
public sealed interface Schedule {

  /// The same value for ever.
  ///
  /// @param value any finite number
  record Constant(float value) implements Schedule {
    public Constant {
      Require.finite("schedule.value", value);
    }
  }

  /// A straight line, then its end.
  ///
  /// @param from value at agent step 0
  /// @param to value at agent step `overAgentSteps` and after it
  /// @param overAgentSteps length of the line in agent steps, at least 1
  record Linear(float from, float to, long overAgentSteps) implements Schedule {
    public Linear {
      Require.finite("schedule.from", from);
      Require.finite("schedule.to", to);
      Require.positive("schedule.overAgentSteps", overAgentSteps);
    }
  }

  /// The value at an agent step.
  ///
  /// @param agentStep 0 or more
  default float at(long agentStep) {
    return switch (this) {
      case Constant(float value) -> value;
      case Linear(float from, float to, long over) ->
          // The end is given out as it was given in: from + (to - from) may round elsewhere.
          agentStep >= over ? to : (float) (from + ((double) to - from) * agentStep / over);
    };
  }

  /// The least value that it ever takes.
  default float least() {
    return switch (this) {
      case Constant(float value) -> value;
      case Linear(float from, float to, long _) -> Math.min(from, to);
    };
  }

  /// The greatest value that it ever takes.
  default float greatest() {
    return switch (this) {
      case Constant(float value) -> value;
      case Linear(float from, float to, long _) -> Math.max(from, to);
    };
  }
}
