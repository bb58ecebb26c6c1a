package org.jarl.nn.cuda;

import java.util.List;
import org.jarl.nn.GraphCase;
import org.jarl.nn.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@WithEmulatedDriver
class PoolsTest {
  /// Images, then size, stride and padding of the window.
  @ParameterizedTest
  @CsvSource({
    "2,8,8,4, 3,2,1", "2,7,9,3, 3,2,1", "1,21,21,16, 3,2,1", "1,6,5,17, 2,2,0", "2,5,5,8, 3,1,1",
    "1,1,1,1, 1,1,0", "2,1,2,5, 3,3,1", "1,10,11,8, 5,3,4", "1,9,9,4, 2,4,0", "1,9,9,1, 1,3,0"
  })
  void poolsAndTheirGradientsHaveTheBitsOfTheCpu(
      int n, int height, int width, int channels, int size, int stride, int padding) {
    try (TwoEngines two = new TwoEngines()) {
      GraphCase plain =
          GraphCase.of(
              "pool",
              List.of(Shape.of(n, height, width, channels)),
              p -> p.getFirst().maxPool2d(size, stride, padding));
      two.agree(plain, 0);
    }
    try (TwoEngines two = new TwoEngines()) {
      // Many equal ones: the first of them gets the gradient.
      GraphCase ties =
          GraphCase.of(
                  "pool of few values",
                  List.of(Shape.of(n, height, width, channels)),
                  p -> p.getFirst().maxPool2d(size, stride, padding))
              .with(v -> Math.rint(2 * v));
      two.agree(ties, 0);
    }
  }

  @Test
  void bitsDoNotDependOnTheOrderOfThreads() {
    try (TwoEngines two = new TwoEngines()) {
      two.sameForEverySeed(
          TwoEngines.Inputs.PLAIN,
          graph -> graph.output("pool", graph.input("x", 2, 9, 9, 8).maxPool2d(3, 2, 1)));
    }
  }
}
