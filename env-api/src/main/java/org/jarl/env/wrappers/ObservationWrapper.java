package org.jarl.env.wrappers;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jspecify.annotations.Nullable;

/// A wrapper with observations of its own, in memory that it owns; all else in its [StepBatch] is
/// the inner one's.
abstract class ObservationWrapper extends VectorWrapper {
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final EnvironmentSpec spec;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment observations;
  private final MemorySegment finalObservations;
  private final boolean readsBytes;
  private final int innerSize;
  private @Nullable StepBatch batch;
  private boolean closed;

  ObservationWrapper(VectorEnvironment inner, EnvironmentSpec spec) {
    super(inner);
    Space.Box innerSpace = inner.spec().observationSpace();
    this.spec = spec;
    StepBatch own = StepBatch.allocate(spec, inner.count(), arena);
    this.observations = own.observations();
    this.finalObservations = own.finalObservations();
    this.readsBytes = innerSpace.type() == Space.ElementType.U8;
    this.innerSize = innerSpace.size();
  }

  /// Writes the new observations after a reset of all copies.
  abstract void transformFirst(StepBatch in, StepBatch out);

  /// Writes the new observations, and final observations where an episode ended.
  abstract void transform(StepBatch in, StepBatch out);

  /// Number `i` of a row of the inner environment's memory, whatever its type.
  final float read(MemorySegment rows, int row, int i) {
    long at = (long) row * innerSize + i;
    return readsBytes ? rows.get(ValueLayout.JAVA_BYTE, at) & 0xff : rows.get(F32, 4 * at);
  }

  /// Sets number `i` of a row of f32 memory of this wrapper.
  final void write(MemorySegment rows, int row, int i, float value) {
    rows.set(F32, 4 * ((long) row * innerSize + i), value);
  }

  @Override
  public final EnvironmentSpec spec() {
    return spec;
  }

  @Override
  public final StepBatch reset(long seed) {
    StepBatch in = inner().reset(seed);
    StepBatch out = adopt(in);
    finalObservations.fill((byte) 0);
    transformFirst(in, out);
    return out;
  }

  private StepBatch adopt(StepBatch in) {
    StepBatch adopted = in.withObservations(observations, finalObservations);
    batch = adopted;
    return adopted;
  }

  @Override
  public final StepBatch step(ActionBatch actions) {
    StepBatch in = inner().step(actions);
    StepBatch out = own();
    transform(in, out);
    return out;
  }

  @Override
  public final StepBatch current() {
    StepBatch _ = inner().current();
    return own();
  }

  private StepBatch own() {
    if (batch == null) {
      throw new IllegalStateException("a wrapper must be reset or loaded before it is stepped");
    }
    return batch;
  }

  @Override
  public void save(StateWriter to) {
    inner().save(to);
    to.section("observations");
    to.putBytes(observations);
    to.putBytes(finalObservations);
  }

  @Override
  public void load(StateReader from) {
    inner().load(from);
    from.section("observations");
    from.getBytes(observations);
    from.getBytes(finalObservations);
    adopt(inner().current());
  }

  @Override
  public final void close() {
    super.close();
    if (!closed) {
      closed = true;
      arena.close();
    }
  }
}
