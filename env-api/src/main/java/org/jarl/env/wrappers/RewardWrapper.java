package org.jarl.env.wrappers;

import java.util.Arrays;
import org.jarl.env.ActionBatch;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jspecify.annotations.Nullable;

/// A wrapper with rewards of its own; all else in its [StepBatch], the scores too, is the inner
/// one's memory.
abstract class RewardWrapper extends VectorWrapper {
  private final float[] rewards;
  private @Nullable StepBatch batch;

  RewardWrapper(VectorEnvironment inner) {
    super(inner);
    rewards = new float[inner.count()];
  }

  /// Forgets what belongs to unfinished episodes.
  void begin() {}

  /// Computes the new rewards of one step.
  ///
  /// @param in what the inner environment says
  /// @param out `[N]`
  abstract void transform(StepBatch in, float[] out);

  @Override
  public final StepBatch reset(long seed) {
    StepBatch in = inner().reset(seed);
    Arrays.fill(rewards, 0);
    begin();
    return adopt(in);
  }

  private StepBatch adopt(StepBatch in) {
    StepBatch adopted = in.withRewards(rewards, in.scores());
    batch = adopted;
    return adopted;
  }

  @Override
  public final StepBatch step(ActionBatch actions) {
    StepBatch in = inner().step(actions);
    transform(in, rewards);
    return batch == null ? adopt(in) : batch;
  }

  @Override
  public final StepBatch current() {
    StepBatch in = inner().current();
    return batch == null ? adopt(in) : batch;
  }

  @Override
  public void save(StateWriter to) {
    inner().save(to);
    to.section("rewards");
    to.putFloats(rewards);
  }

  @Override
  public void load(StateReader from) {
    inner().load(from);
    from.section("rewards");
    from.getFloats(rewards);
    adopt(inner().current());
  }
}
