package org.jarl.agents.config;

/// What the two streams of a dueling network are made of.
public enum DuelingStreams {
  /// a hidden layer of its own and a linear layer (Wang et al. 2016)
  HIDDEN,
  /// one linear layer on the features that both share
  LINEAR
}
