package org.jarl.agents.config;

/// The refusal of one value of a configuration record: which component, which rule, which value.
/// The reader of an experiment file puts the component's place before it; the message alone names
/// the record.
public final class SettingException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  private final String component;
  private final String demand;

  private SettingException(String owner, String component, String demand) {
    super(owner + component + demand);
    this.component = component;
    this.demand = demand;
  }

  /// A refusal.
  ///
  /// @param owner record that refuses, with a full stop behind it; empty where it is plain
  /// @param component of the record, or the path of one in a record inside it
  /// @param rule completes "must be", for example `at least 1`
  /// @param value that breaks the rule, and after a semicolon the way on where there is one
  SettingException(String owner, String component, String rule, Object value) {
    this(owner, component, " must be " + rule + ", got " + value);
  }

  /// A refusal of a combination of values.
  ///
  /// @param component of the record, or the path of one in a record inside it
  /// @param rule completes "must be", for example `at least 1`
  /// @param value that breaks the rule, and after a semicolon the way on where there is one
  public SettingException(String component, String rule, Object value) {
    this("", component, rule, value);
  }

  /// The same refusal seen from a record around the one that refused.
  ///
  /// @param around component that holds the record
  public SettingException within(String around) {
    SettingException outer = new SettingException("", around + "." + component, demand);
    outer.initCause(this);
    return outer;
  }

  /// The component, or the path of one in a record inside: `batchSize`, `evaluation.actions`.
  public String component() {
    return component;
  }

  /// Rule and value: ` must be at least 1, got 0`.
  public String demand() {
    return demand;
  }
}
