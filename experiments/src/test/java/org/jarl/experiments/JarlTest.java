package org.jarl.experiments;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JarlTest {
  private static final Path CONFIGS = SourceTree.root().resolve("experiments/configs");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int jarl(String... args) {
    return Jarl.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
  }

  @Test
  void everyCommandExplainsItself() {
    List<List<String>> commands =
        List.of(
            List.of(),
            List.of("train"),
            List.of("resume"),
            List.of("eval"),
            List.of("verify"),
            List.of("plan"),
            List.of("doctor"),
            List.of("envs"),
            List.of("envs", "describe"),
            List.of("envs", "check"),
            List.of("envs", "new"),
            List.of("config"),
            List.of("config", "explain"),
            List.of("config", "check"),
            List.of("config", "schema"));
    for (List<String> command : commands) {
      out.getBuffer().setLength(0);
      List<String> args = new java.util.ArrayList<>(command);
      args.add("--help");
      assertEquals(0, jarl(args.toArray(String[]::new)), command.toString());
      assertTrue(
          out.toString().startsWith("Usage: " + String.join(" ", prefixed(command))),
          out.toString());
      assertTrue(out.toString().contains("--stacktrace"), out.toString());
    }
    assertEquals("", err.toString());
  }

  private static List<String> prefixed(List<String> command) {
    List<String> words = new java.util.ArrayList<>(List.of("jarl"));
    words.addAll(command);
    return words;
  }

  @Test
  void theVersionIsThatOfTheBuild() {
    assertEquals(0, jarl("--version"));
    assertTrue(out.toString().matches("(?s)jarl \\d+\\.\\d+\\.\\d+.*JDK 25.*"), out.toString());
  }

  @Test
  void anUnknownCommandSuggestsTheNearest() {
    assertEquals(2, jarl("trian"));
    assertEquals(
        """
        jarl: Unmatched argument at index 0: 'trian'
        Did you mean: train
        See: jarl --help
        """,
        err.toString());
  }

  @Test
  void anUnknownOptionIsRefused() {
    assertEquals(2, jarl("train", "x.yaml", "--outt", "y"));
    assertEquals(
        """
        jarl: Unknown options: '--outt', 'y'
        Did you mean: --out
        See: jarl train --help
        """,
        err.toString());
  }

  @Test
  void wrongConfigsExitWithTwoAndNoStackTrace() {
    String config = CONFIGS.resolve("cartpole-dqn-quick.yaml").toString();
    assertEquals(2, jarl("train", config, "--set", "agent.gama=0.9"));
    assertEquals(
        """
        --set agent.gama=0.9: unknown key "gama" in agent; did you mean "gamma"?
          agent.gama=0.9
                ^
        """,
        err.toString());
  }

  @Test
  void theDeviceOptionIsCheckedLikeTheKey() {
    String config = CONFIGS.resolve("cartpole-dqn-quick.yaml").toString();
    assertEquals(2, jarl("train", config, "--device", "gpu"));
    assertTrue(
        err.toString()
            .startsWith("--set device=gpu: device must be one of [auto, cpu, cuda, nd4j], got gpu"),
        err.toString());
  }

  @Test
  void noThreadsAreRefused() {
    String config = CONFIGS.resolve("cartpole-dqn-quick.yaml").toString();
    assertEquals(2, jarl("train", config, "--threads", "0"));
    assertEquals("--threads must be at least 1, got 0\n", err.toString());
  }

  @Test
  void stackTracesAreShownOnRequest() {
    assertEquals(2, jarl("config", "explain", "nowhere.yaml", "--stacktrace"));
    assertTrue(err.toString().startsWith("nowhere.yaml: does not exist\n"), err.toString());
    assertTrue(err.toString().contains("at org.jarl.experiments."), err.toString());
  }

  @Test
  void checkGoesOnAfterAProblem(@TempDir Path temp) throws IOException {
    Path bad = Files.writeString(temp.resolve("bad.yaml"), "seed: x\n");
    String good = CONFIGS.resolve("acrobot-dqn.yaml").toString();
    assertEquals(2, jarl("config", "check", bad.toString(), good));
    assertEquals("ok  " + good + "\n", out.toString());
    assertTrue(err.toString().contains("seed must be a whole number, got x"), err.toString());
  }

  @Test
  void explainShowsValueOriginAndMeaning() {
    String config = CONFIGS.resolve("cartpole-dqn.yaml").toString();
    assertEquals(0, jarl("config", "explain", config, "--set", "agent.gamma=0.5"));
    String text = out.toString().replaceAll(" +", " ");
    assertTrue(text.contains("agent.gamma 0.5 --set discount per agent step\n"), text);
    assertTrue(text.contains("seed 1 default every random stream"), text);
    assertTrue(text.contains("environment.id classic/cartpole-v1 cartpole-dqn.yaml:"), text);
  }

  @Test
  void environmentsAreListedAndDescribed() {
    assertEquals(0, jarl("envs"));
    assertTrue(out.toString().contains("gridworld/door-key-v0"), out.toString());
    assertEquals(0, jarl("envs", "describe", "gridworld/empty-v0"));
    assertTrue(out.toString().contains("size = "), out.toString());
    assertEquals(2, jarl("envs", "describe", "classic/cartpol-v1"));
    assertTrue(
        err.toString()
            .startsWith(
                "Unknown environment \"classic/cartpol-v1\". Did you mean"
                    + " \"classic/cartpole-v1\"?"),
        err.toString());
  }

  @Test
  void aBrokenPluginIsNamedAndDoesNotHideTheOthers(@TempDir Path plugins) throws IOException {
    Files.writeString(plugins.resolve("broken.jar"), "this is no jar");
    assertEquals(0, jarl("envs", "--plugins", plugins.toString()));
    assertTrue(out.toString().contains("classic/cartpole-v1"), out.toString());
    assertTrue(
        err.toString().startsWith("plug-in left out: " + plugins.resolve("broken.jar")),
        err.toString());
  }

  @Test
  void aPluginFolderThatIsNotThereIsRefused() {
    assertEquals(2, jarl("envs", "--plugins", "nowhere"));
    assertEquals("--plugins must name a folder, got nowhere\n", err.toString());
  }

  @Test
  void configCommandsTouchNoNativeLibrary() {
    String config = CONFIGS.resolve("cartpole-dqn.yaml").toString();
    assertEquals(0, jarl("config", "explain", config));
    assertEquals(0, jarl("envs"));
    String maps = nativeLibraries();
    assertTrue(!maps.contains("dnnl") && !maps.contains("nd4j"), maps);
  }

  /// Where the system tells what is mapped; else nothing can be said.
  private static String nativeLibraries() {
    try {
      return Files.readString(Path.of("/proc/self/maps"));
    } catch (IOException _) {
      return "";
    }
  }
}
