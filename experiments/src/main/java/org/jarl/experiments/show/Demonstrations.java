package org.jarl.experiments.show;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.StepBatch;
import org.jarl.experiments.base.BuildVersion;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.Json;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.replay.DemonstrationFormatException;
import org.jarl.replay.DemonstrationReader;
import org.jarl.replay.DemonstrationWriter;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What somebody played, in a file of demonstrations ([DemonstrationReader]) whose header is JSON.
public final class Demonstrations {
  private Demonstrations() {}

  /// What was played.
  ///
  /// @param environment id
  /// @param options a value for every option
  /// @param spec what it looked like, as in a policy's folder
  public record Header(String environment, Map<String, Object> options, JsonNode spec) {
    private String text() {
      ObjectNode out = Json.object();
      out.put("jarl", BuildVersion.text()).put("environment", environment);
      ObjectNode values = out.putObject("options");
      options.forEach((name, value) -> {
        switch (value) {
          case Boolean flag -> values.put(name, flag);
          case Integer number -> values.put(name, number);
          case Double number -> values.put(name, number);
          default -> values.put(name, value.toString());
        }
      });
      out.set("spec", spec);
      return out.toString();
    }

    /// The header of a file.
    ///
    /// @throws UserErrorException if the file does not say what was played
    public static Header of(DemonstrationReader reader, Path file) {
      JsonNode in = Json.parse(reader.header(), file);
      Map<String, Object> options = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> option : Json.need(in, file, "options").properties()) {
        JsonNode value = option.getValue();
        Object plain =
            value.isBoolean()
                ? value.booleanValue()
                : value.isInt()
                    ? value.intValue()
                    : value.isNumber() ? value.doubleValue() : value.asString();
        options.put(option.getKey(), plain);
      }
      return new Header(Json.text(in, file, "environment"), options, Json.need(in, file, "spec"));
    }
  }

  /// What a user is told of a file that cannot be read.
  public static UserErrorException unreadable(Path file, IOException e) {
    return new UserErrorException(
        e instanceof DemonstrationFormatException
            ? String.valueOf(e.getMessage())
            : "cannot read " + file + ": " + Disk.reason(e),
        e);
  }

  /// Appends what is played to a new file. One thread uses it.
  public static final class Writer implements AutoCloseable {
    private final Path file;
    private final DemonstrationWriter writer;

    /// A new file.
    ///
    /// @throws UserErrorException if it is there already
    /// @throws UnavailableException if it cannot be written
    public Writer(Path file, Header header, EnvironmentSpec spec) {
      this.file = file;
      try {
        writer = new DemonstrationWriter(file, header.text(), spec);
      } catch (FileAlreadyExistsException e) {
        throw new UserErrorException(
            file + " is there already, and demonstrations are not written over: name another file",
            e);
      } catch (IOException e) {
        throw new UnavailableException("cannot write " + file + ": " + Disk.reason(e), e);
      }
    }

    /// An episode begins.
    ///
    /// @throws UnavailableException if it cannot be written
    public void begin(long seed, MemorySegment observation) {
      try {
        writer.begin(seed, observation);
      } catch (IOException e) {
        throw stopped(e);
      }
    }

    /// A step was taken.
    ///
    /// @param actions of the one copy
    /// @param after what it led to
    /// @throws UnavailableException if it cannot be written
    public void add(ActionBatch actions, StepBatch after) {
      try {
        writer.add(actions, after);
      } catch (IOException e) {
        throw stopped(e);
      }
    }

    private UnavailableException stopped(IOException e) {
      return new UnavailableException(
          "cannot write %s: %s; its first %,d steps can be used"
              .formatted(file, Disk.reason(e), writer.steps()),
          e);
    }

    @Override
    public void close() {
      try {
        writer.close();
      } catch (IOException e) {
        throw stopped(e);
      }
    }
  }
}
