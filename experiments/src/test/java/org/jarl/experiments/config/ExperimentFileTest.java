package org.jarl.experiments.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jarl.agents.Policy;
import org.jarl.experiments.config.ConfigBinder.Effective;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperimentFileTest {
  private static final String SMALL = ConfigFixture.SMALL;

  @TempDir Path folder;
  private ConfigFixture fixture;

  @BeforeEach
  void makeFixture() {
    fixture = new ConfigFixture(folder);
  }

  private void assertRefused(String expected, String text, String... overrides) {
    assertEquals(expected.stripTrailing(), fixture.refusal(text, overrides));
  }

  @Test
  void absentKeysTakeTheirDocumentedDefaults() {
    Experiment read = fixture.read(SMALL);
    assertEquals(
        new EvaluationConfig(100, 0, 10, 0, Policy.Choice.MODE, 100_000), read.evaluation());
    assertEquals(new TrainingConfig(500_000, 0, 50_000, 1000), read.training());
    assertEquals(
        new EnvironmentConfig("classic/cartpole-v1", 1, Map.of(), List.of()), read.environment());
    assertEquals(1, read.seed());
    assertEquals("auto", read.device());
    assertEquals(
        new ToyAgentConfig(
            0.99f,
            2.5e-4,
            32,
            1000,
            new ToyAgentConfig.ToySchedule.Linear(1f, 0.05f, 250_000),
            false,
            ToyAgentConfig.Loss.HUBER,
            List.of(120, 84)),
        read.agent());
  }

  @Test
  void everyWayToWriteAWholeNumberIsUnderstood() {
    for (String number : List.of("500000", "500_000", "5e5", "5.0e+5", "+500000", "500000.0")) {
      assertEquals(
          500_000, fixture.read(SMALL, "training.agentSteps=" + number).training().agentSteps());
    }
  }

  @Test
  void theResolvedFileLoadsToAnEqualExperiment() {
    Experiment read =
        fixture.read(
            """
            environment:
              id: gridworld/empty-v0
              count: 4
              options: {size: 7, map: "null", slip: 1.0e-7}
              wrappers:
                - {type: time-limit, steps: 20}
                - {type: reward-clip, low: -0.5}
            agent: {type: toy, epsilon: {type: constant, value: 0.3}, loss: mean-square}
            training: {agentSteps: 9223372036854775807}
            seed: 7
            """);
    String resolved = ConfigFixture.FILES.write(read);
    assertEquals(read, fixture.read(resolved));
    assertEquals(resolved, ConfigFixture.FILES.write(fixture.read(resolved)));
    assertEquals(
        """
        environment:
          id: gridworld/empty-v0
          count: 4
          options:
            size: 7
            slip: 1.0e-7
            map: "null"
            walls: true
          wrappers:
            - {type: time-limit, steps: 20}
            - {type: reward-clip, low: -0.5, high: 1.0}
        agent:
          type: toy
          gamma: 0.99
          learningRate: 2.5e-4
          batchSize: 32
          learningStarts: 1000
          epsilon: 0.3
          doubleQ: false
          loss: mean-square
          hiddenSizes: [120, 84]
        training:
          agentSteps: 9223372036854775807
          updates: 0
          checkpointPeriod: 50000
          metricsPeriod: 1000
        evaluation:
          episodes: 100
          period: 0
          count: 10
          epsilon: 0.0
          actions: mode
          maxEpisodeSteps: 100000
        seed: 7
        device: auto
        precision: auto
        """,
        resolved);
  }

  @Test
  void aFormerNameIsReadWithANoteOfThePresentOne() {
    List<String> notes = new ArrayList<>();
    Logger logger = Logger.getLogger(ExperimentFile.class.getName());
    var handler =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            notes.add(entry.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    Path file =
        fixture.write(
            "old.yaml",
            """
            environment: {id: classic/cartpole-v1}
            agent: {type: toy, discount: 0.5}
            training: {agentSteps: 5}
            """);
    try {
      var files =
          new ExperimentFile(Map.of("toy", ToyAgentConfig.class), ConfigFixture.ENVIRONMENTS);
      for (int reading = 0; reading < 2; reading++) {
        Experiment experiment = files.read(file, List.of()).experiment();
        assertEquals(0.5f, ((ToyAgentConfig) experiment.agent()).gamma());
        String resolved = files.write(experiment);
        assertTrue(resolved.contains("  gamma: 0.5\n"), resolved);
        assertFalse(resolved.contains("discount"), resolved);
      }
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
    assertEquals(
        List.of(
            file
                + """
                :2:20: "discount" in agent is now called "gamma"
                  agent: {type: toy, discount: 0.5}
                                     ^\
                """),
        notes);
  }

  @Test
  void aFormerNameBesideThePresentOneIsRefused() {
    assertRefused(
        """
        x.yaml:2:30: "discount" in agent is now called "gamma", which is given too; delete one of them
          agent: {type: toy, gamma: 1, discount: 0.5}
                                       ^\
        """,
        """
        environment: {id: classic/cartpole-v1}
        agent: {type: toy, gamma: 1, discount: 0.5}
        training: {agentSteps: 5}
        """);
  }

  @Test
  void severalErrorsAreReportedAtOnceInTheOrderOfTheFile() {
    assertRefused(
        """
        x.yaml:1:19: unknown environment "classic/cartpol-v1"; did you mean "classic/cartpole-v1"?
          environment: {id: classic/cartpol-v1, cuont: 2}
                            ^
        x.yaml:1:39: unknown key "cuont" in environment; did you mean "count"?
          environment: {id: classic/cartpol-v1, cuont: 2}
                                                ^
        x.yaml:4:3: unknown key "gama" in agent; did you mean "gamma"?
            gama: 0.9
            ^
        x.yaml:6:3: unknown key "agentStep" in training; did you mean "agentSteps"?
            agentStep: 5
            ^
        """,
        """
        environment: {id: classic/cartpol-v1, cuont: 2}
        agent:
          type: toy
          gama: 0.9
        training:
          agentStep: 5
        """);
  }

  @Test
  void anUnknownKeyThatResemblesNothingShowsTheKnownOnes() {
    assertRefused(
        """
        x.yaml:4:1: unknown key "verbosity"; known: environment, agent, training, evaluation, seed, device, precision, base
          verbosity: 3
          ^
        """,
        SMALL + "verbosity: 3\n");
  }

  @Test
  void aDuplicateKeyIsRefused() {
    assertRefused(
        """
        x.yaml:5:1: duplicate key "seed"; it is already given on line 4
          seed: 2
          ^
        """,
        SMALL + "seed: 1\nseed: 2\n");
  }

  @Test
  void missingKeysAreNamedWithTheirMeaning() {
    assertRefused(
        """
        x.yaml:1:1: missing key "id" in environment: family/name-vN, as listed by: jarl envs
          environment: {}
          ^
        x.yaml:1:1: missing key "training": how long to learn and when to save
          environment: {}
          ^
        x.yaml:2:1: missing key "type" in agent; known: toy
          agent: {gamma: 0.9}
          ^
        """,
        "environment: {}\nagent: {gamma: 0.9}\n");
  }

  @Test
  void anUnknownAgentSuggestsTheNearest() {
    assertRefused(
        """
        x.yaml:2:15: agent.type "toyy" is unknown; did you mean "toy"?
          agent: {type: toyy}
                        ^
        """,
        SMALL.replace("toy", "toyy"));
  }

  @Test
  void numbersOfTheWrongKindAreRefused() {
    assertRefused(
        """
        x.yaml:4:7: seed must be a whole number, got many
          seed: many
                ^
        x.yaml:5:24: evaluation.episodes must be a whole number, got 2.5
          evaluation: {episodes: 2.5, count: 3000000000, period: "5"}
                                 ^
        x.yaml:5:36: evaluation.count must be a whole number from -2147483648 to 2147483647, got 3000000000
          evaluation: {episodes: 2.5, count: 3000000000, period: "5"}
                                             ^
        x.yaml:5:56: evaluation.period must be a whole number, got text "5"
          evaluation: {episodes: 2.5, count: 3000000000, period: "5"}
                                                                 ^
        """,
        SMALL + "seed: many\nevaluation: {episodes: 2.5, count: 3000000000, period: \"5\"}\n");
  }

  @Test
  void aHugeExponentIsRefusedWithoutWritingTheNumberOut() {
    assertRefused(
        """
        x.yaml:4:7: seed must be a whole number from -9223372036854775808 to 9223372036854775807, got 1e999999999
          seed: 1e999999999
                ^
        """,
        SMALL + "seed: 1e999999999\n");
  }

  @Test
  void numbersThatAreNotFiniteAreRefused() {
    assertRefused(
        """
        --set agent.gamma=NaN: agent.gamma must be a finite number, got NaN
          agent.gamma=NaN
                      ^
        --set agent.learningRate=.inf: agent.learningRate must be a finite number, got .inf
          agent.learningRate=.inf
                             ^
        """,
        SMALL,
        "agent.learningRate=.inf",
        "agent.gamma=NaN");
    assertRefused(
        """
        --set agent.gamma=1e99: agent.gamma must be a number of at most 3.4028234663852886E38, got 1e99
          agent.gamma=1e99
                      ^
        """,
        SMALL,
        "agent.gamma=1e99");
  }

  @Test
  void valuesOfTheWrongShapeAreRefused() {
    assertRefused(
        """
        x.yaml:2:29: agent.epsilon must be a number, got fast; or give a block with a type (constant, linear)
          agent: {type: toy, epsilon: fast, hiddenSizes: [64, big], loss: hubr, doubleQ: 1}
                                      ^
        x.yaml:2:53: agent.hiddenSizes[1] must be a whole number, got big
          agent: {type: toy, epsilon: fast, hiddenSizes: [64, big], loss: hubr, doubleQ: 1}
                                                              ^
        x.yaml:2:65: agent.loss must be one of [huber, mean-square], got hubr; did you mean "huber"?
          agent: {type: toy, epsilon: fast, hiddenSizes: [64, big], loss: hubr, doubleQ: 1}
                                                                          ^
        x.yaml:2:80: agent.doubleQ must be true or false, got 1
          agent: {type: toy, epsilon: fast, hiddenSizes: [64, big], loss: hubr, doubleQ: 1}
                                                                                         ^
        x.yaml:3:11: training must be a block of keys, got a list
          training: []
                    ^
        """,
        """
        environment: {id: classic/cartpole-v1}
        agent: {type: toy, epsilon: fast, hiddenSizes: [64, big], loss: hubr, doubleQ: 1}
        training: []
        """);
    assertRefused(
        """
        x.yaml:2:8: agent must be a block with a type (toy), got 3
          agent: 3
                 ^
        """,
        """
        environment: {id: classic/cartpole-v1}
        agent: 3
        training: {agentSteps: 10}
        """);
  }

  @Test
  void aNumberStandsForTheRecordThatIsMarked() {
    var constant = new ToyAgentConfig.ToySchedule.Constant(0.5f);
    for (String value : List.of("0.5", "{type: constant, value: 0.5}")) {
      Experiment read = fixture.read(SMALL, "agent.epsilon=" + value);
      assertEquals(constant, ((ToyAgentConfig) read.agent()).epsilon());
      assertTrue(ConfigFixture.FILES.write(read).contains("  epsilon: 0.5\n"), value);
    }
    Path file = fixture.write("x.yaml", SMALL.replace("toy}", "toy, epsilon: 0.5}"));
    assertEquals(
        List.of("agent.epsilon 0.5 x.yaml:2"),
        ConfigFixture.FILES.read(file, List.of()).values().stream()
            .filter(value -> value.path().startsWith("agent.epsilon"))
            .map(ExperimentFileTest::brief)
            .toList());
  }

  @Test
  void whatIsNeitherTheNumberNorABlockIsRefused() {
    assertRefused(
        """
        --set agent.epsilon=.inf: agent.epsilon must be a finite number, got .inf; or give a block with a type (constant, linear)
          agent.epsilon=.inf
                        ^
        """,
        SMALL,
        "agent.epsilon=.inf");
    assertRefused(
        """
        --set agent.epsilon=[1, 2]: agent.epsilon must be a number, got a list; or give a block with a type (constant, linear)
          agent.epsilon=[1, 2]
                        ^
        """,
        SMALL,
        "agent.epsilon=[1, 2]");
  }

  @Test
  void aKeyWithoutValueIsRefused() {
    assertRefused(
        """
        x.yaml:4:6: seed has no value; give one, or delete the key for the default 1
          seed:
               ^
        """,
        SMALL + "seed:\n");
  }

  @Test
  void whatARecordRefusesIsLocatedAtItsKey() {
    assertRefused(
        """
        x.yaml:2:51: agent.learningStarts must be at least batchSize (64), got 10
          agent: {type: toy, batchSize: 64, learningStarts: 10}
                                                            ^
        x.yaml:3:24: training.agentSteps must be at least 1, unless updates is the goal, got 0
          training: {agentSteps: 0}
                                 ^
        """,
        """
        environment: {id: classic/cartpole-v1}
        agent: {type: toy, batchSize: 64, learningStarts: 10}
        training: {agentSteps: 0}
        """);
  }

  @Test
  void drawnActionsAreRefusedWhereTheAgentGivesNoProbabilities() {
    assertRefused(
        """
        x.yaml:4:36: evaluation.actions must be mode for an agent that values actions but gives them no probabilities, got sample; use evaluation.epsilon for random actions
          evaluation: {episodes: 5, actions: sample}
                                             ^
        """,
        SMALL + "evaluation: {episodes: 5, actions: sample}\n");
  }

  @Test
  void whatDoesNotFitTheCopiesIsLocatedAtTheAgentsKey() {
    assertRefused(
        """
        x.yaml:2:31: agent.batchSize must be a multiple of environment.count (3), got 64
          agent: {type: toy, batchSize: 64}
                                        ^
        """,
        """
        environment: {id: classic/cartpole-v1, count: 3}
        agent: {type: toy, batchSize: 64}
        training: {agentSteps: 5}
        """);
  }

  @Test
  void anUnknownDeviceSuggestsTheNearest() {
    assertRefused(
        """
        x.yaml:4:9: device must be one of [auto, cpu, cuda, nd4j], got cpuu; did you mean "cpu"?
          device: cpuu
                  ^
        """,
        SMALL + "device: cpuu\n");
  }

  @Test
  void environmentOptionsAreCheckedAgainstTheEnvironment() {
    assertRefused(
        """
        x.yaml:3:13: unknown option "sise" of gridworld/empty-v0; did you mean "size"?
            options: {sise: 4, slip: .nan, walls: yes}
                      ^
        x.yaml:3:28: environment.options.slip must be a finite number, got .nan
            options: {sise: 4, slip: .nan, walls: yes}
                                     ^
        x.yaml:3:41: environment.options.walls must be true or false, got yes
            options: {sise: 4, slip: .nan, walls: yes}
                                                  ^
        """,
        """
        environment:
          id: gridworld/empty-v0
          options: {sise: 4, slip: .nan, walls: yes}
        agent: {type: toy}
        training: {agentSteps: 10}
        """);
    assertRefused(
        """
        --set environment.options.x=3: unknown option "x" of classic/cartpole-v1; it has none
          environment.options.x=3
                              ^
        """,
        SMALL,
        "environment.options.x=3");
  }

  @Test
  void wrappersAreCheckedOneByOne() {
    assertRefused(
        """
        x.yaml:4:14: environment.wrappers[0].type "time-limt" is unknown; did you mean "time-limit"?
              - {type: time-limt}
                       ^
        x.yaml:5:7: missing key "type" in environment.wrappers[1]; known: time-limit, reward-clip, observation-scale, normalize-observation, normalize-reward, frame-stack
              - {steps: 4}
                ^
        x.yaml:6:7: missing key "steps" in environment.wrappers[2]: agent steps after which an episode is truncated; at least 1
              - {type: time-limit}
                ^
        x.yaml:7:32: environment.wrappers[3].low must be below high (1.0), got 3.0
              - {type: reward-clip, low: 3}
                                         ^
        """,
        """
        environment:
          id: classic/cartpole-v1
          wrappers:
            - {type: time-limt}
            - {steps: 4}
            - {type: time-limit}
            - {type: reward-clip, low: 3}
        agent: {type: toy}
        training: {agentSteps: 10}
        """);
  }

  @Test
  void anchorsAliasesAndTagsAreRefusedAndNameNoClass() {
    assertRefused(
        """
        x.yaml:4:7: anchors (&a) are not allowed; write the value itself
          seed: &a 1
                ^
        x.yaml:5:24: aliases (*a) are not allowed; write the value itself
          evaluation: {episodes: *a}
                                 ^
        x.yaml:6:9: tags (tag:yaml.org,2002:javax.script.ScriptEngineManager) are not allowed; delete the tag
          device: !!javax.script.ScriptEngineManager [cpu]
                  ^
        """,
        SMALL
            + """
            seed: &a 1
            evaluation: {episodes: *a}
            device: !!javax.script.ScriptEngineManager [cpu]
            """);
  }

  @Test
  void overridesAreCheckedLikeTheFile() {
    assertEquals(20_000, fixture.read(SMALL, "training.agentSteps=2e4").training().agentSteps());
    assertRefused(
        """
        --set training.agentStep=3: unknown key "agentStep" in training; did you mean "agentSteps"?
          training.agentStep=3
                   ^
        """,
        SMALL,
        "training.agentStep=3");
    assertRefused(
        """
        --set agent.gamma=2: agent.gamma must be between 0 and 1, got 2.0
          agent.gamma=2
                      ^
        """,
        SMALL,
        "agent.gamma=2");
    assertRefused(
        """
        --set agent.hiddenSizes=[1: not valid YAML: expected ',' or ']', but got <stream end>
          agent.hiddenSizes=[1
                              ^
        """,
        SMALL,
        "agent.hiddenSizes=[1");
    assertRefused(
        "--set seed: must have the form key=value, for example training.agentSteps=20000",
        SMALL,
        "seed");
    assertRefused("--set base=y.yaml: a base can be named in the file only", SMALL, "base=y.yaml");
  }

  @Test
  void aBaseLiesUnderTheFile() {
    fixture.write("base.yaml", SMALL + "seed: 3\nevaluation: {episodes: 7, count: 2}\n");
    Experiment read = fixture.read("base: base.yaml\nseed: 4\nevaluation: {episodes: 8}\n");
    assertEquals(4, read.seed());
    assertEquals(new EvaluationConfig(8, 0, 2, 0, Policy.Choice.MODE, 100_000), read.evaluation());
  }

  @Test
  void anotherTypeReplacesTheWholeBlockOfTheBase() {
    fixture.write(
        "base.yaml",
        SMALL.replace(
            "{type: toy}",
            "{type: toy, epsilon: {type: linear, from: 1, to: 0, overAgentSteps: 9}}"));
    Experiment read =
        fixture.read("base: base.yaml\nagent: {epsilon: {type: constant, value: 0.5}}\n");
    assertEquals(
        new ToyAgentConfig.ToySchedule.Constant(0.5f), ((ToyAgentConfig) read.agent()).epsilon());
  }

  @Test
  void problemsOfTheBaseNameTheBase() {
    fixture.write("base.yaml", "base: other.yaml\n" + SMALL + "sed: 3\n");
    assertRefused(
        """
        base.yaml:1:1: a base must not have a base of its own; copy its keys into x.yaml
          base: other.yaml
          ^
        base.yaml:5:1: unknown key "sed"; did you mean "seed"?
          sed: 3
          ^
        """,
        "base: base.yaml\n");
    assertRefused(
        """
        x.yaml:1:7: base does not exist; did you mean "base.yaml"?
          base: bas.yaml
                ^
        """,
        "base: bas.yaml\n" + SMALL);
  }

  @Test
  void textThatIsNoYamlIsLocated() {
    assertRefused(
        """
        x.yaml:2:4: not valid YAML: mapping values are not allowed here
            x: 3
             ^
        """,
        "seed: 1\n  x: 3\n");
  }

  @Test
  void endlessNestingIsRefused() {
    assertRefused(
        "x.yaml: not valid YAML: blocks and lists are nested more than 20 deep",
        "seed: " + "[".repeat(5000));
  }

  @Test
  void filesWithoutKeysAreRefused() {
    String empty =
        "x.yaml: the file is empty; an experiment needs at least environment.id, agent.type and"
            + " training.agentSteps";
    assertRefused(empty, "");
    assertRefused(empty, "# nothing\n");
    assertRefused(
        """
        x.yaml:1:1: an experiment is a block of keys such as "seed: 1", got a list
          - 1
          ^
        """,
        "- 1\n");
    assertRefused(
        """
        x.yaml:4:1: an experiment is one YAML document; delete what follows this line or move it to a file of its own
          ---
          ^
        """,
        SMALL + "---\nseed: 1\n");
  }

  @Test
  void filesThatCannotBeReadAreRefused() throws IOException {
    Path file = fixture.write("cartpole.yaml", SMALL);
    assertEquals(
        "cartpol.yaml: does not exist; did you mean \"cartpole.yaml\"?",
        fixture.refusal(folder.resolve("cartpol.yaml")));
    assertEquals(
        folder + ": is a folder; name a file such as cartpole.yaml", fixture.refusal(folder));
    byte[] latin = (SMALL + "# caf\u00e9\n").getBytes(StandardCharsets.ISO_8859_1);
    Files.write(file, latin);
    assertEquals("cartpole.yaml:4:6: must be UTF-8 text, got the byte 0xE9", fixture.refusal(file));
    Files.write(file, new byte[1_000_001]);
    assertEquals(
        "cartpole.yaml: is too long for an experiment: at most 1000000 bytes, got 1000001",
        fixture.refusal(file));
    Files.write(file, new byte[] {'a', 0, 'b'});
    assertEquals(
        "cartpole.yaml: holds the character U+0000 at position 2, which YAML does not allow",
        fixture.refusal(file));
  }

  @Test
  void everyEffectiveValueKnowsWhereItComesFrom() {
    fixture.write("base.yaml", SMALL);
    Path file = fixture.write("y.yaml", "base: base.yaml\nseed: 9\n");
    List<String> lines =
        ConfigFixture.FILES.read(file, List.of("evaluation.episodes=3")).values().stream()
            .filter(v -> v.path().matches("seed|agent.type|agent.gamma|evaluation.episodes"))
            .map(ExperimentFileTest::brief)
            .toList();
    assertEquals(
        List.of(
            "agent.type toy base.yaml:2",
            "agent.gamma 0.99 default",
            "evaluation.episodes 3 --set",
            "seed 9 y.yaml:2"),
        lines.stream().map(line -> line.replace(folder + "/", "")).toList());
  }

  private static String brief(Effective value) {
    return value.path() + " " + value.value() + " " + value.origin().brief();
  }

  @Test
  void aConfigExceptionCountsItsProblems() {
    Path file = fixture.write("z.yaml", SMALL + "x: 1\ny: 2\n");
    var refused =
        assertThrows(ConfigException.class, () -> ConfigFixture.FILES.read(file, List.of()));
    assertEquals(2, refused.count());
  }
}
