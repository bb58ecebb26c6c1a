package org.jarl.agents;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import org.jarl.agents.config.NetworkConfig;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.Space;
import org.jarl.nn.Engine;
import org.jarl.nn.Gradients;
import org.jarl.nn.Initialization;
import org.jarl.nn.Module;
import org.jarl.nn.Parameter;
import org.jarl.nn.Program;
import org.jarl.nn.Scope;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.Test;

class TorsoTest {
  private static final NetworkConfig NATURE = new NetworkConfig.NatureCnn(List.of(512));
  private static final NetworkConfig NIPS = new NetworkConfig.NipsCnn(List.of(256));

  private static final NetworkConfig IMPALA =
      new NetworkConfig.ImpalaResnet(List.of(16, 32, 32), List.of(256));

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
              Scope.of(variables, new SplittableRandom(1)).with(Initialization.FAN_IN),
              Torso.Input.of(spec),
              network);
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

  /// Espeholt et al. (2018), figure 3, right: 15 convolutions, and 11 x 11 x 32 inputs of the last
  /// layer.
  @Test
  void theResidualNetworkIsThatOfThePaper() {
    assertEquals(
        List.of(
            "torso.section1.conv.weight [3, 3, 4, 16]",
            "torso.section1.block1.conv1.weight [3, 3, 16, 16]",
            "torso.section1.block1.conv2.weight [3, 3, 16, 16]",
            "torso.section1.block2.conv1.weight [3, 3, 16, 16]",
            "torso.section1.block2.conv2.weight [3, 3, 16, 16]",
            "torso.section2.conv.weight [3, 3, 16, 32]",
            "torso.section2.block1.conv1.weight [3, 3, 32, 32]",
            "torso.section2.block1.conv2.weight [3, 3, 32, 32]",
            "torso.section2.block2.conv1.weight [3, 3, 32, 32]",
            "torso.section2.block2.conv2.weight [3, 3, 32, 32]",
            "torso.section3.conv.weight [3, 3, 32, 32]",
            "torso.section3.block1.conv1.weight [3, 3, 32, 32]",
            "torso.section3.block1.conv2.weight [3, 3, 32, 32]",
            "torso.section3.block2.conv1.weight [3, 3, 32, 32]",
            "torso.section3.block2.conv2.weight [3, 3, 32, 32]",
            "hidden1.weight [3872, 256]"),
        layers(IMPALA, stacked(Space.Box.u8(4, 84, 84))));
    assertEquals("hidden1.weight [32, 256]", layers(IMPALA, seeing(Space.Box.u8(1, 1))).getLast());
    assertEquals(
        "hidden1.weight [192, 256]", layers(IMPALA, seeing(Space.Box.u8(9, 17, 3))).getLast());
  }

  /// With weights of 1 in the middle of each kernel and biases of 0 every convolution copies its
  /// one channel, each block doubles what is not negative, and each pooling takes the largest of
  /// its window.
  @Test
  void blocksAddWhatTheyComputeToWhatTheySee() {
    EnvironmentSpec spec = seeing(Space.Box.f32(4, 4));
    try (Engine engine = new CpuEngine(1)) {
      Variables variables = engine.variables("q");
      Torso torso =
          new Torso(
              Scope.of(variables, new SplittableRandom(1)).with(Initialization.ORTHOGONAL),
              Torso.Input.of(spec),
              new NetworkConfig.ImpalaResnet(List.of(1), List.of()));
      float[] values = new float[variables.elements()];
      for (Parameter parameter : variables.parameters()) {
        if (parameter.name().endsWith("weight")) {
          values[parameter.offset() + 4] = 1;
        }
      }
      variables.write(MemorySegment.ofArray(values));
      Program program =
          engine.compile("features", g -> g.output("y", torso.apply(Torso.input(g, "x", spec, 1))));
      float[] image = {1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, -5, -6, -7, -8};
      program.input("x").copyFrom(MemorySegment.ofArray(image));
      program.run();
      // Pooled: 6 8 / 6 8. Twice doubled.
      assertArrayEquals(
          new float[] {24, 32, 24, 32}, program.output("y").toArray(ValueLayout.JAVA_FLOAT));
      for (int i = 0; i < 16; i++) {
        program.input("x").setAtIndex(ValueLayout.JAVA_FLOAT, i, -image[i % 8]);
      }
      program.run();
      // Negative numbers pass a block by its shortcut alone, and end at the last ReLU.
      assertArrayEquals(new float[4], program.output("y").toArray(ValueLayout.JAVA_FLOAT));
    }
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
              Scope.of(engine.variables("q"), new SplittableRandom(5)).with(Initialization.FAN_IN),
              Torso.Input.of(spec),
              network);
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
    assertRefused(
        "network.type impala-resnet needs images [H, W] or [H, W, C] of at least 1 x 1, or stacks"
            + " of them, and got observations [4]: use network.type mlp",
        IMPALA,
        seeing(Space.Box.f32(4)));
    assertEquals(
        "NetworkConfig.ImpalaResnet.channels must be at least 1, got 0",
        assertThrows(
                IllegalArgumentException.class,
                () -> new NetworkConfig.ImpalaResnet(List.of(16, 0), List.of(256)))
            .getMessage());
    assertEquals(4, layers(NATURE, seeing(Space.Box.u8(36, 36, 1))).size());
    assertEquals(3, layers(NIPS, seeing(Space.Box.u8(20, 20, 1))).size());
  }

  /// A critic Q(s, a) of continuous actions, as in SAC: the actions join behind the convolutions,
  /// or beside the numbers of an observation.
  @Test
  void aSecondInputJoinsBeforeTheHiddenLayers() {
    EnvironmentSpec spec = EnvironmentSpec.of(Space.Box.f32(3), Space.Box.bounded(-1, 1, 2));
    NetworkConfig network = new NetworkConfig.Mlp(List.of(4), NetworkConfig.Activation.RELU);
    try (Engine engine = new CpuEngine(1)) {
      Scope scope = Scope.of(engine.variables("critic"), new SplittableRandom(1));
      Torso torso = new Torso(scope, Torso.Input.of(spec).withExtra(2), network);
      Module head = scope.linear("head", torso.features(), 1);
      Program critic =
          engine.compile(
              "critic",
              g -> {
                Tensor seen = Torso.input(g, "observations", spec, 1);
                Tensor q = head.apply(torso.apply(seen, ActorCritic.actions(g, spec, 1)));
                Tensor gradient =
                    Gradients.of(q.sum(), List.of(g.inputs().get("actions"))).getFirst();
                g.output("q", q);
                g.output("gradient", gradient);
              });
      fill(critic.input("observations"), 0.5f, -1, 2);
      float[] values = new float[3];
      for (int i = 0; i < 3; i++) {
        fill(critic.input("actions"), 0.3f, -0.6f + (i - 1) * 1e-2f);
        critic.run();
        values[i] = critic.output("q").get(ValueLayout.JAVA_FLOAT, 0);
      }
      fill(critic.input("actions"), 0.3f, -0.6f);
      critic.run();
      float slope = critic.output("gradient").getAtIndex(ValueLayout.JAVA_FLOAT, 1);
      assertNotEquals(0, slope);
      assertEquals((values[2] - values[0]) / 2e-2f, slope, 1e-3f);
    }
  }

  private static void fill(MemorySegment memory, float... values) {
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, values.length);
  }
}
