package org.jarl.agents;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.Space;
import org.jarl.nn.Engine;
import org.jarl.nn.Program;
import org.jarl.nn.Variables;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.Test;

class TorsoTest {
  private static final NetworkConfig NATURE = new NetworkConfig.NatureCnn(List.of(512));
  private static final NetworkConfig NIPS = new NetworkConfig.NipsCnn(List.of(256));

  private static EnvironmentSpec seeing(Space.Box box) {
    return EnvironmentSpec.of(box, new Space.Discrete(6));
  }

  private static EnvironmentSpec stacked(Space.Box box) {
    return seeing(box).withStacking(box, new Stacking(box.shape().getFirst(), Padding.ZEROS));
  }

  private static List<String> layers(NetworkConfig network, EnvironmentSpec spec) {
    try (Engine engine = new CpuEngine(1)) {
      Variables variables = engine.variables("q");
      Torso torso =
          new Torso(
              variables,
              "",
              spec,
              network,
              NetworkConfig.Initialization.FAN_IN,
              new SplittableRandom(1));
      assertTrue(torso.features() > 0);
      return variables.parameters().stream()
          .filter(p -> p.name().endsWith("weight"))
          .map(p -> p.name() + " " + p.shape())
          .toList();
    }
  }

  /// Mnih et al. (2015), extended data table 1, and Mnih et al. (2013), section 4.1: 9 x 9 x 32
  /// inputs of the last layer.
  @Test
  void theNetworksAreThoseOfThePapers() {
    EnvironmentSpec atari = stacked(Space.Box.u8(4, 84, 84));
    assertEquals(
        List.of(
            "torso.conv1.weight [8, 8, 4, 32]",
            "torso.conv2.weight [4, 4, 32, 64]",
            "torso.conv3.weight [3, 3, 64, 64]",
            "hidden1.weight [3136, 512]"),
        layers(NATURE, atari));
    assertEquals(
        List.of(
            "torso.conv1.weight [8, 8, 4, 16]",
            "torso.conv2.weight [4, 4, 16, 32]",
            "hidden1.weight [2592, 256]"),
        layers(NIPS, atari));
    assertEquals(
        List.of("hidden1.weight [28224, 3]"),
        layers(new NetworkConfig.Mlp(List.of(3), NetworkConfig.Activation.RELU), atari));
  }

  @Test
  void coloursAndMomentsAreChannels() {
    assertEquals(
        "torso.conv1.weight [8, 8, 3, 16]", layers(NIPS, seeing(Space.Box.u8(20, 24, 3))).get(0));
    assertEquals(
        "torso.conv1.weight [8, 8, 1, 16]", layers(NIPS, seeing(Space.Box.u8(20, 24))).get(0));
    assertEquals(
        "torso.conv1.weight [8, 8, 6, 16]",
        layers(NIPS, stacked(Space.Box.u8(2, 20, 24, 3))).get(0));
  }

  /// The same weights over the same pixels, once as moments and once as channels.
  @Test
  void aStackIsSeenAsTheImageWithItsMomentsAsChannels() {
    int side = 20;
    for (int colours : new int[] {1, 3}) {
      for (int depth : new int[] {2, 4}) {
        Space.Box stack =
            colours == 1
                ? Space.Box.u8(depth, side, side)
                : Space.Box.u8(depth, side, side, colours);
        byte[] moments = new byte[depth * side * side * colours];
        byte[] channels = new byte[moments.length];
        SplittableRandom random = new SplittableRandom(colours * 10 + depth);
        for (int i = 0; i < moments.length; i++) {
          int colour = i % colours;
          int pixel = i / colours % (side * side);
          int moment = i / colours / (side * side);
          moments[i] = (byte) random.nextInt(256);
          channels[(pixel * depth + moment) * colours + colour] = moments[i];
        }
        float[] want = features(seeing(Space.Box.u8(side, side, depth * colours)), channels);
        assertArrayEquals(want, features(stacked(stack), moments), colours + " x " + depth);
      }
    }
  }

  private static float[] features(EnvironmentSpec spec, byte[] observation) {
    try (Engine engine = new CpuEngine(1)) {
      NetworkConfig network = new NetworkConfig.NipsCnn(List.of(8));
      Torso torso =
          new Torso(
              engine.variables("q"),
              "",
              spec,
              network,
              NetworkConfig.Initialization.FAN_IN,
              new SplittableRandom(5));
      Program program =
          engine.compile("features", g -> g.output("y", torso.apply(Torso.input(g, "x", spec, 1))));
      MemorySegment.copy(
          observation, 0, program.input("x"), ValueLayout.JAVA_BYTE, 0, observation.length);
      program.run();
      return program.output("y").toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static void assertRefused(String message, NetworkConfig network, EnvironmentSpec spec) {
    assertEquals(
        message,
        assertThrows(IllegalArgumentException.class, () -> layers(network, spec)).getMessage());
  }

  @Test
  void convolutionsThatDoNotFitSayWhatTheyNeed() {
    assertRefused(
        "network.type nature-cnn needs images [H, W] or [H, W, C] of at least 36 x 36, or stacks of"
            + " them, and got observations [4]: use network.type mlp",
        NATURE,
        seeing(Space.Box.f32(4)));
    assertRefused(
        "network.type nature-cnn needs images [H, W] or [H, W, C] of at least 36 x 36, or stacks of"
            + " them, and got observations [35, 84, 3]: use network.type mlp",
        NATURE,
        seeing(Space.Box.u8(35, 84, 3)));
    assertRefused(
        "network.type nips-cnn needs images [H, W] or [H, W, C] of at least 20 x 20, or stacks of"
            + " them, and got observations [84, 19, 84] with a stack of 84: use network.type mlp",
        NIPS,
        stacked(Space.Box.u8(84, 19, 84)));
    assertEquals(4, layers(NATURE, seeing(Space.Box.u8(36, 36, 1))).size());
    assertEquals(3, layers(NIPS, seeing(Space.Box.u8(20, 20, 1))).size());
  }
}
