package org.jarl.env.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.jarl.env.Action;
import org.jarl.env.Corridor;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentProvider;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.Observation;
import org.jarl.env.Options;
import org.jarl.env.RandomStream;
import org.jarl.env.Slide;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.Step;
import org.jarl.env.StepBatch;
import org.jarl.env.ThreadedVectorEnvironment;
import org.jarl.env.TimeLimit;
import org.jarl.env.VectorEnvironment;
import org.jarl.env.check.BrokenEnvironments.Broken;
import org.jarl.env.check.EnvironmentChecker.Finding;
import org.jarl.env.check.EnvironmentChecker.Rule;
import org.jarl.env.wrappers.RewardClip;
import org.jarl.env.wrappers.VectorWrapper;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class EnvironmentCheckerTest {

  static List<Broken> broken() {
    return BrokenEnvironments.all();
  }

  @ParameterizedTest
  @MethodSource("broken")
  void aBrokenEnvironmentIsRejectedWithItsRule(Broken broken) {
    List<Finding> errors =
        EnvironmentChecker.errors(EnvironmentChecker.check("test/broken-v0", broken.factory()));
    String message = null;
    for (Finding finding : errors) {
      if (finding.rule() == broken.rule()) {
        message = finding.message();
      }
    }
    int open = broken.message().indexOf("...");
    if (open < 0) {
      assertEquals(broken.message(), message, () -> "among " + errors);
    } else {
      String begin = broken.message().substring(0, open);
      assertTrue(message != null && message.startsWith(begin), () -> begin + " among " + errors);
    }
  }

  @Test
  void atLeastTwentyKindsOfFaultAreTried() {
    assertTrue(broken().size() >= 20);
  }

  @Test
  void theCorridorOfTheDocumentationPasses() {
    assertEquals(
        List.of(Rule.SPEED),
        EnvironmentChecker.check("test/corridor-v0", Corridor::new).stream()
            .map(Finding::rule)
            .toList());
    EnvironmentChecker.requireValid("test/corridor-v0", Corridor::new);
  }

  @Test
  void anEnvironmentWithChanceAndMaskAndPicturePasses() {
    EnvironmentChecker.requireValid("test/slide-v0", Slide::new);
  }

  @ParameterizedTest
  @EnumSource(Padding.class)
  void anEnvironmentThatStacksPasses(Padding padding) {
    EnvironmentChecker.requireValid("test/stacks-v0", () -> new StackedSlide(padding));
  }

  /// Three lives, of which action 1 takes one; shows the game's number and the lives left.
  private static final class ThreeLives implements Environment {
    private int game;
    private int lives;
    private boolean lost;

    @Override
    public EnvironmentSpec spec() {
      return EnvironmentSpec.of(Space.Box.f32(2), new Space.Discrete(2)).withTimeLimit(20);
    }

    @Override
    public void reset(RandomStream random, Observation out) {
      if (lives == 0 || !lost) {
        game = random.nextInt(1000);
        lives = 3;
      }
      lost = false;
      observe(out);
    }

    @Override
    public void step(Action action, Step out) {
      lives -= action.index();
      lost = action.index() == 1;
      observe(out.observation());
      if (lives == 0) {
        out.terminate(1);
      } else if (lost) {
        out.loseLife(0);
      }
    }

    private void observe(Observation out) {
      out.set(0, game);
      out.set(1, lives);
    }

    @Override
    public void save(StateWriter to) {
      to.putInt(game);
      to.putInt(lives);
      to.putBoolean(lost);
    }

    @Override
    public void load(StateReader from) {
      game = from.getInt();
      lives = from.getInt();
      lost = from.getBoolean();
    }
  }

  @Test
  void aGameThatGoesOnAfterALostLifePasses() {
    EnvironmentChecker.requireValid("test/lives-v0", ThreeLives::new);
  }

  @Test
  void anIdOfAnotherFormIsRejected() {
    assertEquals(
        "environment \"Slide\" breaks 1 rule:\n"
            + "  id: an id must be family/name-vN in lower case, like gridworld/maze-v0,"
            + " got \"Slide\"",
        assertThrows(
                IllegalArgumentException.class,
                () -> EnvironmentChecker.requireValid("Slide", Slide::new))
            .getMessage());
  }

  @Test
  void endlessEpisodesAndGarbageAreWarnedOf() {
    List<Finding> findings =
        EnvironmentChecker.check(
            "test/endless-v0",
            () ->
                new Corridor() {
                  private long[] garbage = {};

                  @Override
                  public EnvironmentSpec spec() {
                    return super.spec().withTimeLimit(0);
                  }

                  @Override
                  public void step(Action action, Step out) {
                    garbage = new long[1000 + garbage.length % 2];
                    out.observation().set(0, 0);
                  }
                });
    assertEquals(List.of(), EnvironmentChecker.errors(findings));
    assertEquals(
        "episode-ends: no episode ended within 999 steps and the spec has no time limit",
        findings.get(0).toString());
    assertEquals(Rule.ALLOCATION, findings.get(1).rule());
  }

  /// A provider of [Slide] whose parts can be broken one at a time.
  private static class SlideProvider implements EnvironmentProvider {
    @Override
    public List<String> ids() {
      return List.of("test/slide-v0");
    }

    @Override
    public Description describe(String id) {
      return new Description(
          "A slippery walk.", "Seven fields.", List.of(new Option("timeLimit", 40, "steps")));
    }

    @Override
    public Environment create(String id, Map<String, Object> options) {
      Options read = Options.of(id, options, describe(id).options());
      return new TimeLimit(new Slide(), read.integer("timeLimit", 1, 40));
    }
  }

  private static List<String> errors(EnvironmentProvider provider) {
    return EnvironmentChecker.errors(EnvironmentChecker.check(provider, "test/slide-v0")).stream()
        .map(Finding::toString)
        .toList();
  }

  @Test
  void aProviderThatKeepsTheRulesPasses() {
    EnvironmentChecker.requireValid(new SlideProvider());
  }

  @Test
  void aProviderThatDoesNotListTheIdIsRejected() {
    assertEquals(
        List.of("id: the provider does not list \"test/slide-v0\" but [test/other-v0]"),
        errors(
            new SlideProvider() {
              @Override
              public List<String> ids() {
                return List.of("test/other-v0");
              }
            }));
  }

  @Test
  void anEmptyDescriptionIsRejected() {
    assertEquals(
        List.of("description: summary and details must say something, got \"\" and \" \""),
        errors(
            new SlideProvider() {
              @Override
              public Description describe(String id) {
                return new Description("", " ", super.describe(id).options());
              }
            }));
  }

  @Test
  void aProviderThatIgnoresOptionsIsRejected() {
    assertEquals(
        List.of(
            "options: create accepted the unknown option \"noSuchOption\";"
                + " read options through Options.of"),
        errors(
            new SlideProvider() {
              @Override
              public Environment create(String id, Map<String, Object> options) {
                return new Slide();
              }
            }));
  }

  @Test
  void defaultsThatAreNotTheDefaultsAreRejected() {
    List<String> errors =
        errors(
            new SlideProvider() {
              @Override
              public Environment create(String id, Map<String, Object> options) {
                return options.isEmpty()
                    ? new TimeLimit(new Slide(), 20)
                    : super.create(id, options);
              }
            });
    assertEquals(1, errors.size());
    assertTrue(
        errors
            .getFirst()
            .startsWith(
                "options: the described defaults {timeLimit=40} give another spec than no options"),
        errors::toString);
  }

  @Test
  void aBatchThatLosesALifeWithoutTerminatingIsRejected() {
    assertEquals(
        List.of("life-lost: copy 3 of the batch lost a life after 0 steps without terminating"),
        errors(
            new SlideProvider() {
              @Override
              public @Nullable VectorEnvironment createBatch(
                  String id, Map<String, Object> options, int count) {
                return new VectorWrapper(new ThreadedVectorEnvironment(id, Slide::new, count, 1)) {
                  @Override
                  public StepBatch reset(long seed) {
                    StepBatch batch = super.reset(seed);
                    batch.lifeLost()[3] = true;
                    return batch;
                  }
                };
              }
            }));
  }

  @Test
  void aBatchThatDiffersFromSingleEnvironmentsIsRejected() {
    assertEquals(
        List.of(
            "batch: the batch differs from single environments after 1 steps: the reward of copy 0"
                + " is -0.1, of the batch -1.0"),
        errors(
            new SlideProvider() {
              @Override
              public @Nullable VectorEnvironment createBatch(
                  String id, Map<String, Object> options, int count) {
                return RewardClip.sign(new ThreadedVectorEnvironment(id, Slide::new, count, 1));
              }
            }));
  }
}
