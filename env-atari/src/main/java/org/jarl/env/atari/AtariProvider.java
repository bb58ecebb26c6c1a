package org.jarl.env.atari;

import java.util.List;
import java.util.Map;
import org.jarl.env.Controls;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentProvider;
import org.jarl.env.EnvironmentUnavailableException;
import org.jarl.env.Options;
import org.jspecify.annotations.Nullable;

/// The provider of the family `atari`.
public final class AtariProvider implements EnvironmentProvider {
  private final RomFolder folder;
  private final Cartridges cartridges;

  /// With the ROMs of the user's folder.
  public AtariProvider() {
    this(RomFolder.ofUser());
  }

  AtariProvider(RomFolder folder) {
    this.folder = folder;
    this.cartridges = new Cartridges(folder);
  }

  @Override
  public List<String> ids() {
    return cartridges.all().stream().map(Playable::id).toList();
  }

  @Override
  public Description describe(String id) {
    Playable played = find(id);
    return new Description(
        AtariTexts.summary(played), AtariTexts.details(played), AtariSettings.declared(played));
  }

  @Override
  public Environment create(String id, Map<String, Object> options) {
    Playable played = find(id);
    Options.of(id, options, AtariSettings.declared(played));
    AtariOptions read = AtariSettings.read(played, options);
    return new AtariEnvironment(cartridges.load(played), read);
  }

  @Override
  public Map<String, Object> resolve(String id, Map<String, Object> options) {
    return AtariSettings.resolve(find(id), options);
  }

  /// The console draws 60 frames per second.
  @Override
  public Controls controls(String id, Map<String, Object> options) {
    Playable played = find(id);
    AtariOptions read = AtariSettings.read(played, options);
    return Controls.joystick(
        60.0 / read.frameSkip(),
        read.fullActionSpace() ? Game.ACTIONS : played.game().actionNames());
  }

  @Override
  public @Nullable String missing(String id) {
    return cartridges.missing(find(id));
  }

  @Override
  public List<Health> health() {
    return List.of(emulator(), roms());
  }

  private static Health emulator() {
    String name = "Atari";
    try {
      AleLibrary.require();
      return new Health(name, "ALE " + AleLibrary.VERSION + " loads", null, true);
    } catch (EnvironmentUnavailableException e) {
      return new Health(
          name, "ALE does not load", e.getMessage() + "; nothing but Atari needs it", true);
    }
  }

  private Health roms() {
    Games games = folder.games();
    long known = games.all().stream().filter(folder::has).count();
    int own = folder.own().size();
    String text =
        "%d of %d games%s in %s"
            .formatted(
                known,
                games.all().size(),
                own == 0 ? "" : " and " + own + " of your own",
                folder.path());
    String remedy =
        known + own > 0
            ? null
            : "atari/wallball-v1 and atari/duel-v1 need none; import yours with: jarl roms import DIR";
    return new Health("Atari ROMs", text, remedy, true);
  }

  private Playable find(String id) {
    return cartridges.all().stream()
        .filter(played -> played.id().equals(id))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("AtariProvider has no environment \"" + id + "\""));
  }
}
