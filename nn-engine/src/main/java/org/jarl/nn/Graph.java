package org.jarl.nn;

/// placeholder
public final class Graph {
  Graph() {}
}
