package org.jarl.replay;

import java.lang.foreign.MemorySegment;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;

/// Uniform draws with replacement. It has no state of its own: which transitions can be drawn is
/// the buffer's, so nothing is saved.
final class UniformSampler implements Sampler {
  private long first;
  private int size;

  @Override
  public void setDrawable(long newFirst, long end) {
    first = newFirst;
    size = (int) (end - newFirst);
  }

  @Override
  public void draw(RandomStream random, long[] ids, MemorySegment weights) {
    for (int i = 0; i < ids.length; i++) {
      ids[i] = first + random.nextInt(size);
    }
  }

  @Override
  public void prioritize(long[] ids, MemorySegment priorities) {
    // Every transition is as likely as any other, whatever its priority.
  }

  @Override
  public void save(StateWriter to) {
    // No state.
  }

  @Override
  public void load(StateReader from) {
    // No state.
  }
}
