package org.jarl.agents.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// What a user should know of one component of a configuration record: the one source of `jarl
/// config explain`, of the JSON Schema and of the value of a key that a file leaves out.
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {

  /// One sentence with unit and range, and the paper where the value comes from one.
  String meaning();

  /// The value that stands for an absent key, as YAML: `0.99`, `true`, `[120, 84]`, `{type: linear,
  /// from: 1.0, to: 0.05, overAgentSteps: 250000}`; `{}` for a record whose components all have
  /// defaults. The empty text makes the key required.
  String defaultValue() default "";

  /// The only values allowed, for text components; empty when any text is.
  String[] oneOf() default {};

  /// The name that the key had in earlier versions. Files that give it are read, with a note that
  /// says the present name; empty where the key always had one name.
  String formerly() default "";
}
