package org.jarl.agents.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Marks the member of a sealed configuration type whose only component may stand for it: in a file
/// `learningRate: 2.5e-4` means `learningRate: {type: constant, value: 2.5e-4}`. At most one member
/// of a type is marked.
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Shorthand {}
