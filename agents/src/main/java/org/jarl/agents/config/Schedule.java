package org.jarl.agents.config;

/// A setting that changes as the agent steps, for example an exploration rate. In a file `type` is
/// the record's name in kebab case: `{type: linear, from: 1.0, to: 0.05, overAgentSteps: 25000}`; a
/// number alone is constant.
///
/// It depends on the step alone, so a resumed run takes up where it was without any state.
public sealed interface Schedule {

  /// The same value for ever.
  ///
  /// @param value any finite number
  @Shorthand
  record Constant(@Setting(meaning = "the value at every agent step") float value)
      implements Schedule {
    public Constant {
      Require.finite("value", value);
    }

    @Override
    public String toString() {
      return Float.toString(value);
    }
  }

  /// A straight line, then its end.
  ///
  /// @param from value at agent step 0
  /// @param to value at agent step `overAgentSteps` and after it
  /// @param overAgentSteps length of the line in agent steps, at least 1
  record Linear(
      @Setting(meaning = "value at agent step 0") float from,
      @Setting(meaning = "value at the end of the line and after it") float to,
      @Setting(meaning = "length of the line in agent steps; at least 1") long overAgentSteps)
      implements Schedule {
    public Linear {
      Require.finite("from", from);
      Require.finite("to", to);
      Require.positive("overAgentSteps", overAgentSteps);
    }

    @Override
    public String toString() {
      return "from " + from + " to " + to + " over " + overAgentSteps + " agent steps";
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

  /// Smallest value.
  default float min() {
    return switch (this) {
      case Constant(float value) -> value;
      case Linear(float from, float to, long _) -> Math.min(from, to);
    };
  }

  /// Largest value.
  default float max() {
    return switch (this) {
      case Constant(float value) -> value;
      case Linear(float from, float to, long _) -> Math.max(from, to);
    };
  }
}
