package org.jarl.nn;

/// A function with parameters: part of a network.
///
/// Parameters are made once, by the constructor, in a [Variables]; every [#apply] traces the same
/// parameters into a graph. A second network of the same form (a target network) is a second module
/// over a second [Variables].
@FunctionalInterface
public interface Module {

  /// Traces the function.
  Tensor apply(Tensor x);

  /// This function, then another one.
  default Module then(Module next) {
    return x -> next.apply(apply(x));
  }
}
