package org.jarl.env.atari;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jarl.env.EnvironmentProvider.Option;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.Options;
import org.jarl.env.atari.AtariOptions.Resize;
import org.jarl.env.atari.AtariOptions.View;

/// The options of Atari environments as users write them: a protocol, and whatever shall differ
/// from it.
///
/// An option that is not given has the value that the protocol sets, so its described default holds
/// for the default protocol alone.
final class AtariSettings {
  /// The option that sets all others.
  static final String PROTOCOL = "protocol";

  static final Protocol DEFAULT = Protocol.GYMNASIUM_V5;

  /// A minute of play.
  private static final int MAX_FRAME_SKIP = 3_600;

  private static final int MAX_NOOPS = 100_000;

  /// Width of the console's screen, which cannot be made larger.
  private static final int MAX_SIZE = 160;

  private static final int MAX_STACK = 128;

  private AtariSettings() {}

  /// What can be set, with the defaults of the default protocol.
  static List<Option> declared(Playable played) {
    Map<String, Object> defaults = values(DEFAULT, options(DEFAULT, played));
    return defaults.entrySet().stream()
        .map(entry -> new Option(entry.getKey(), entry.getValue(), meaning(entry.getKey(), played)))
        .toList();
  }

  /// A value for every option.
  ///
  /// @param given values by name; others than ours are left out
  /// @throws IllegalArgumentException if a value is impossible, naming it
  static Map<String, Object> resolve(Playable played, Map<String, Object> given) {
    return values(protocol(played, given), read(played, given));
  }

  /// What the options come to.
  ///
  /// @param given values by name
  /// @throws IllegalArgumentException if a value is impossible, naming it
  static AtariOptions read(Playable played, Map<String, Object> given) {
    Protocol protocol = protocol(played, given);
    Map<String, Object> all = values(protocol, options(protocol, played));
    all.replaceAll((name, value) -> given.getOrDefault(name, value));
    Options read = Options.of(played.id(), all, declared(played));
    return new AtariOptions(
        read.integer("frameSkip", 1, MAX_FRAME_SKIP),
        (float) read.number("repeatActionProbability", 0, 1),
        read.integer("noopMax", 0, MAX_NOOPS),
        read.flag("fireReset"),
        read.flag("terminalOnLifeLoss"),
        read.flag("clipRewards"),
        read.integer("maxFrames", 0, Integer.MAX_VALUE),
        read.flag("fullActionSpace"),
        oneOf(read, "mode", played.modes()),
        oneOf(read, "difficulty", played.game().difficulties()),
        choice(read, "observation", View.class),
        read.integer("size", 0, MAX_SIZE),
        choice(read, "resize", Resize.class),
        read.flag("maxPool"),
        read.integer("stack", 1, MAX_STACK),
        choice(read, "padding", Padding.class));
  }

  private static Protocol protocol(Playable played, Map<String, Object> given) {
    Option option = new Option(PROTOCOL, DEFAULT.label(), "");
    Map<String, Object> named =
        given.containsKey(PROTOCOL) ? Map.of(PROTOCOL, given.get(PROTOCOL)) : Map.of();
    Options read = Options.of(played.id(), named, List.of(option));
    String label = read.text(PROTOCOL, Protocol.labels().toArray(String[]::new));
    return Protocol.labelled(label);
  }

  private static AtariOptions options(Protocol protocol, Playable played) {
    return protocol.options(played.modes().getFirst(), played.game().difficulties().getFirst());
  }

  private static int oneOf(Options read, String name, List<Integer> allowed) {
    int value = read.integer(name, Integer.MIN_VALUE, Integer.MAX_VALUE);
    if (!allowed.contains(value)) {
      throw read.refused(
          name, allowed.size() == 1 ? allowed.getFirst().toString() : "one of " + allowed, value);
    }
    return value;
  }

  private static <E extends Enum<E>> E choice(Options read, String name, Class<E> type) {
    String[] labels = labels(type);
    return Enum.valueOf(type, read.text(name, labels).toUpperCase(Locale.ROOT));
  }

  private static <E extends Enum<E>> String[] labels(Class<E> type) {
    return Arrays.stream(type.getEnumConstants()).map(AtariSettings::label).toArray(String[]::new);
  }

  private static String label(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /// Options by name, in the order to show them.
  static Map<String, Object> values(Protocol protocol, AtariOptions options) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put(PROTOCOL, protocol.label());
    values.put("frameSkip", options.frameSkip());
    values.put("repeatActionProbability", decimal(options.repeatActionProbability()));
    values.put("noopMax", options.noopMax());
    values.put("fireReset", options.fireReset());
    values.put("terminalOnLifeLoss", options.terminalOnLifeLoss());
    values.put("clipRewards", options.clipRewards());
    values.put("maxFrames", options.maxFrames());
    values.put("fullActionSpace", options.fullActionSpace());
    values.put("mode", options.mode());
    values.put("difficulty", options.difficulty());
    values.put("observation", label(options.observation()));
    values.put("size", options.size());
    values.put("resize", label(options.resize()));
    values.put("maxPool", options.maxPool());
    values.put("stack", options.stack());
    values.put("padding", label(options.padding()));
    return values;
  }

  /// 0.1f is 0.1, not 0.10000000149011612.
  private static double decimal(float value) {
    return Double.parseDouble(Float.toString(value));
  }

  private static String meaning(String option, Playable played) {
    return switch (option) {
      case PROTOCOL -> "sets all options that are not given; one of " + Protocol.labels();
      case "frameSkip" -> "frames that an action is held for; one agent step";
      case "repeatActionProbability" ->
          "probability, at each frame, that the action before is held on instead, 0 .. 1";
      case "noopMax" -> "a game starts with 1 to this many frames without action; 0 for none";
      case "fireReset" ->
          "after a start or a lost life, FIRE and the third action for a step each, in games that"
              + " use FIRE";
      case "terminalOnLifeLoss" -> "the loss of a life ends the episode for the learner";
      case "clipRewards" -> "learn from the sign of rewards; scores stay as they are";
      case "maxFrames" -> "frames after which a game is cut, 60 a second; 0 for no limit";
      case "fullActionSpace" -> "all 18 actions of the console instead of those that the game uses";
      case "mode" -> "of the game, one of " + played.modes();
      case "difficulty" -> "of the game, one of " + played.game().difficulties();
      case "observation" -> "gray or rgb, the screen; ram, the console's 128 bytes of memory";
      case "size" -> "height and width that screens are shrunk to; 0 for whole ones, 210 x 160";
      case "resize" -> "how they are shrunk: area, in whole numbers; opencv, as INTER_AREA does";
      case "maxPool" -> "the larger of the last two screens, pixel by pixel, against flicker";
      case "stack" -> "screens shown together";
      case "padding" -> "what stands for screens before the episode: zeros, or first, repeated";
      default -> throw new IllegalArgumentException("no such option: " + option);
    };
  }
}
