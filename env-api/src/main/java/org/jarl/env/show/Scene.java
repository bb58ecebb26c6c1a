package org.jarl.env.show;

import java.util.Arrays;
import java.util.List;
import org.jarl.env.Frame;
import org.jarl.env.Space;
import org.jspecify.annotations.Nullable;

/// What a spectator shows after one step of a session: the picture, the observation, the action
/// values of the agent, and the state of the episode.
///
/// A plain structure with public fields, since it only carries numbers from the thread that steps
/// to the one that draws; a [Stage] hands it over. It is reused from step to step, and neither
/// filling nor [#copyFrom] allocates once the arrays have grown to what an environment needs.
/// Arrays may be longer than what counts.
public final class Scene {

  /// Returns of finished episodes that are kept.
  public static final int RECENT_RETURNS = 100;

  /// Rewards of the present episode that are kept.
  public static final int RECENT_REWARDS = 256;

  /// Who acts.
  public enum Player {
    /// The policy that is shown.
    AGENT,
    /// Whoever holds the keys.
    HUMAN,
    /// Chance.
    RANDOM
  }

  /// What [#bars] are.
  public enum Bars {
    /// There are none.
    NONE,
    /// Expected discounted return of each action.
    ACTION_VALUES,
    /// Probability of each action, 0 to 1.
    PROBABILITIES,
    /// Mean of each number of a continuous action; [#spreads] are the standard deviations.
    MEANS
  }

  // ---- the same through a session

  /// Name of what is shown.
  public String title = "";

  /// Scenes per second at speed 1: the environment's natural pace.
  public double pace = 30;

  /// Names of the actions `[A]`; of the numbers of a continuous action.
  public List<String> actionNames = List.of();

  /// What the keys of play do here, one line each, for example `LEFT push left`.
  public List<String> keyHelp = List.of();

  /// Whether [Command.Plain#TAKE_OVER] does something.
  public boolean takesOver;

  /// Whether pausing, stepping and rewinding do something: false for training.
  public boolean controllable;

  // ---- the present step

  /// Counts the scenes of a session from 1, those that nobody saw too.
  public long number;

  /// The environment's picture; its width is 0 where it cannot be shown.
  public final Frame frame = new Frame();

  /// What the agent sees, as [#resizeSeen] set it; null where it is not shown.
  public Space.@Nullable Box seenSpace;

  /// Frames stacked along the first axis of [#seenSpace], the oldest first; 1 for no such axis.
  public int seenDepth = 1;

  /// The agent's input `[seenSpace]`, in its element type and native byte order; see [#seenImages].
  public byte[] seen = {};

  private int seenBytes;

  /// The action that led here, for people; empty after a reset.
  public String action = "";

  /// Index of that action in [#actionNames]; -1 for none and for continuous actions.
  public int actionIndex = -1;

  /// What the numbers in [#bars] are.
  public Bars barsAre = Bars.NONE;

  /// One number per action, what the agent thinks before its next action, `[barCount]`.
  public float[] bars = {};

  /// Standard deviations for [Bars#MEANS], `[barCount]`.
  public float[] spreads = {};

  /// Numbers in [#bars].
  public int barCount;

  /// Expected discounted return from here; NaN for none.
  public float value = Float.NaN;

  /// How much each place of the input weighs in the choice, `[saliencyHeight, saliencyWidth]`, 0 to
  /// 1, the largest 1. Of a vector the height is 1.
  public float[] saliency = {};

  /// Rows of [#saliency]; 0 when it is off.
  public int saliencyHeight;

  /// Columns of [#saliency].
  public int saliencyWidth;

  /// Reward of the action that led here.
  public float reward;

  /// Sum of the scores of the present episode.
  public double episodeReturn;

  /// The latest rewards of the present episode, the oldest first, `[rewardCount]`.
  public final float[] rewards = new float[RECENT_REWARDS];

  /// Numbers in [#rewards].
  public int rewardCount;

  /// Returns of the latest finished episodes, the oldest first, `[returnCount]`.
  public final double[] returns = new double[RECENT_RETURNS];

  /// Numbers in [#returns].
  public int returnCount;

  /// Episodes begun, from 1.
  public long episode;

  /// Steps of the present episode.
  public long step;

  /// Seed of the episode; of the run while training.
  public long seed;

  /// Steps that the agent has trained for.
  public long agentSteps;

  /// Whether the task ended here.
  public boolean terminated;

  /// Whether a limit cut the episode here.
  public boolean truncated;

  // ---- the session

  /// Who acts.
  public Player player = Player.AGENT;

  /// Whether time stands still.
  public boolean paused;

  /// Multiple of [#pace].
  public double speed = 1;

  /// A line for people about what just happened, for example `rewound 10 s`; empty for none.
  public String notice = "";

  /// Whether the episode ended here.
  public boolean ended() {
    return terminated || truncated;
  }

  /// Grey or colour images in [#seen]: the depth for a stack of images, 1 for one image, 0 for a
  /// vector. Image `k` takes `imageHeight * imageWidth * imageChannels` elements from the `k`-th
  /// multiple of that, `[H, W, C]`.
  public int seenImages() {
    return seenSpace != null && imageRank() >= 2 ? seenDepth : 0;
  }

  /// Rows of one image of [#seen].
  public int imageHeight() {
    return imageAxis(0);
  }

  /// Columns of one image of [#seen].
  public int imageWidth() {
    return imageAxis(1);
  }

  /// Numbers per pixel of [#seen]: 1 for grey, 3 for colours, any number for planes of a grid.
  public int imageChannels() {
    return imageRank() < 3 ? 1 : imageAxis(2);
  }

  private int imageRank() {
    return seenSpace == null ? 0 : seenSpace.shape().size() - (seenDepth > 1 ? 1 : 0);
  }

  private int imageAxis(int axis) {
    return seenSpace == null || axis >= imageRank()
        ? 0
        : seenSpace.shape().get(axis + (seenDepth > 1 ? 1 : 0));
  }

  /// Makes this scene equal to another.
  public void copyFrom(Scene from) {
    title = from.title;
    pace = from.pace;
    actionNames = from.actionNames;
    keyHelp = from.keyHelp;
    takesOver = from.takesOver;
    controllable = from.controllable;
    number = from.number;
    frame.copyFrom(from.frame);
    seenSpace = from.seenSpace;
    seenDepth = from.seenDepth;
    seenBytes = from.seenBytes;
    seen = grown(seen, seenBytes);
    System.arraycopy(from.seen, 0, seen, 0, seenBytes);
    action = from.action;
    actionIndex = from.actionIndex;
    copyThoughts(from);
    reward = from.reward;
    episodeReturn = from.episodeReturn;
    System.arraycopy(from.rewards, 0, rewards, 0, from.rewardCount);
    rewardCount = from.rewardCount;
    System.arraycopy(from.returns, 0, returns, 0, from.returnCount);
    returnCount = from.returnCount;
    episode = from.episode;
    step = from.step;
    seed = from.seed;
    agentSteps = from.agentSteps;
    terminated = from.terminated;
    truncated = from.truncated;
    player = from.player;
    paused = from.paused;
    speed = from.speed;
    notice = from.notice;
  }

  private void copyThoughts(Scene from) {
    barsAre = from.barsAre;
    resizeBars(from.barCount);
    System.arraycopy(from.bars, 0, bars, 0, barCount);
    System.arraycopy(from.spreads, 0, spreads, 0, barCount);
    value = from.value;
    resizeSaliency(from.saliencyHeight, from.saliencyWidth);
    System.arraycopy(from.saliency, 0, saliency, 0, saliencyHeight * saliencyWidth);
  }

  /// Makes room for what the agent sees; the content is then undefined.
  public void resizeSeen(Space.Box space, int depth) {
    if (!space.equals(seenSpace)) {
      seenSpace = space;
      seenBytes = Math.toIntExact(space.bytes());
      seen = grown(seen, seenBytes);
    }
    seenDepth = depth;
  }

  /// Makes room for bars and spreads; new ones are 0.
  public void resizeBars(int count) {
    barCount = count;
    if (bars.length < count) {
      bars = Arrays.copyOf(bars, count);
      spreads = Arrays.copyOf(spreads, count);
    }
  }

  /// Makes room for a saliency map; the content is then undefined.
  public void resizeSaliency(int height, int width) {
    saliencyHeight = height;
    saliencyWidth = width;
    if (saliency.length < height * width) {
      saliency = new float[height * width];
    }
  }

  private static byte[] grown(byte[] array, int length) {
    return array.length < length ? new byte[length] : array;
  }
}
