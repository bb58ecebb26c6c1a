package org.jarl.experiments.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jarl.experiments.SourceTree;
import org.jarl.experiments.report.PageServer;
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
            List.of("watch"),
            List.of("play"),
            List.of("verify"),
            List.of("dashboard"),
            List.of("report"),
            List.of("plan"),
            List.of("doctor"),
            List.of("envs"),
            List.of("envs", "describe"),
            List.of("envs", "check"),
            List.of("envs", "new"),
            List.of("roms"),
            List.of("roms", "list"),
            List.of("roms", "import"),
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

  /// Two are kept, and a third lies beside them while it is written.
  @Test
  void thePlanForTheDiskHasRoomForThreeCheckpoints() {
    assertEquals(
        "6,729.1 MiB for a checkpoint, at most 20,187.4 MiB for those that are kept",
        PlanCommand.disk(7_056_000_000L));
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

  /// In a process of its own: other tests of this module compute, and so load libraries.
  @Test
  void configCommandsTouchNoNativeLibrary(@TempDir Path temporary) throws Exception {
    Path said = temporary.resolve("said.txt");
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Configs.class.getName(),
            CONFIGS.resolve("cartpole-dqn.yaml").toString());
    ProcessBuilder child = new ProcessBuilder(command).redirectErrorStream(true);
    int code = child.redirectOutput(said.toFile()).start().waitFor();
    String text = Files.readString(said);
    assertEquals(0, code, text);
    for (String library : List.of("dnnl", "nd4j", "libale")) {
      assertTrue(!text.contains(library), text);
    }
  }

  /// Runs the commands, then tells what the system has mapped, where it does.
  static final class Configs {
    public static void main(String[] args) throws IOException {
      PrintWriter nowhere = new PrintWriter(new StringWriter());
      int code = Jarl.run(new String[] {"config", "explain", args[0]}, nowhere, nowhere);
      code += Jarl.run(new String[] {"envs"}, nowhere, nowhere);
      Path maps = Path.of("/proc/self/maps");
      if (Files.isReadable(maps)) {
        Files.readString(maps)
            .lines()
            .filter(line -> line.contains(".so"))
            .forEach(System.out::println);
      }
      System.exit(code);
    }
  }

  @Test
  void thePortOfThePageIsAttachedSoThatTheConfigIsNotTakenForIt() {
    assertEquals(2, jarl("train", "--dashboard", "absent.yaml"));
    assertEquals("absent.yaml: does not exist\n", err.toString());
  }

  @Test
  void aPortThatIsTakenIsToldBeforeThereIsARunFolder(@TempDir Path folder) {
    Path config = CONFIGS.resolve("cartpole-dqn-quick.yaml");
    Path run = folder.resolve("run");
    try (PageServer other = PageServer.bind(0)) {
      String taken = "--dashboard=" + other.port();
      assertEquals(69, jarl("train", taken, "--out", run.toString(), config.toString()));
      assertEquals(
          "port "
              + other.port()
              + " on 127.0.0.1 cannot be used: Address already in use; give another with"
              + " --dashboard=PORT, or --dashboard=0 for any that is free\n",
          err.toString());
      assertTrue(Files.notExists(run));
    }
    err.getBuffer().setLength(0);
    assertEquals(2, jarl("train", "--dashboard=70000", "--out", run.toString(), config.toString()));
    assertEquals("--dashboard must be a port from 0 to 65535, got 70000\n", err.toString());
  }
}
