package org.jarl.nn.cuda;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/// The tests of a class need a driver: they run on the emulated one, or with `-Djarl.cuda=real` on
/// that of a GPU.
///
/// Where the emulated driver cannot be built they are skipped, and the report says why; with
/// `-Djarl.forbid.skips=true` they fail. They have the tag `gpu`, and a JVM of their own: the pom
/// says why.
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("gpu")
@ExtendWith(EmulatedDriver.Condition.class)
public @interface WithEmulatedDriver {

  /// Whether they make no sense on a real driver.
  boolean only() default false;
}
