package org.jarl.replay;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jarl.env.Checkpointable;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;

/// A saved state in an array.
final class Bytes {
  private Bytes() {}

  static byte[] save(Checkpointable... all) {
    var out = new ByteArrayOutputStream();
    var writer =
        new StateWriter() {
          @Override
          public void section(String name) {
            out.writeBytes(name.getBytes(StandardCharsets.UTF_8));
          }

          @Override
          public void putInt(int value) {
            out.writeBytes(ByteBuffer.allocate(4).putInt(value).array());
          }

          @Override
          public void putLong(long value) {
            out.writeBytes(ByteBuffer.allocate(8).putLong(value).array());
          }

          @Override
          public void putBytes(MemorySegment bytes) {
            putLong(bytes.byteSize());
            out.writeBytes(bytes.toArray(ValueLayout.JAVA_BYTE));
          }
        };
    for (Checkpointable one : all) {
      one.save(writer);
    }
    return out.toByteArray();
  }

  static void load(byte[] saved, Checkpointable... all) {
    var in = ByteBuffer.wrap(saved);
    var reader =
        new StateReader() {
          @Override
          public void section(String name) {
            byte[] found = new byte[name.getBytes(StandardCharsets.UTF_8).length];
            in.get(found);
            if (!new String(found, StandardCharsets.UTF_8).equals(name)) {
              throw new IllegalArgumentException("another section than " + name);
            }
          }

          @Override
          public int getInt() {
            return in.getInt();
          }

          @Override
          public long getLong() {
            return in.getLong();
          }

          @Override
          public void getBytes(MemorySegment out) {
            long written = in.getLong();
            if (written != out.byteSize()) {
              throw new IllegalArgumentException("written " + written + ", read " + out.byteSize());
            }
            byte[] bytes = new byte[(int) written];
            in.get(bytes);
            out.copyFrom(MemorySegment.ofArray(bytes));
          }
        };
    for (Checkpointable one : all) {
      one.load(reader);
    }
  }
}
