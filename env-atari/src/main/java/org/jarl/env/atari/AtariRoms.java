package org.jarl.env.atari;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jarl.env.Nearest;
import org.jarl.env.RomLibrary;
import org.jarl.env.atari.Playable.Source;

/// The ROMs of the family `atari`.
public final class AtariRoms implements RomLibrary {
  private final RomFolder folder;
  private final Cartridges cartridges;

  /// Those of the user's folder.
  public AtariRoms() {
    this(RomFolder.ofUser());
  }

  AtariRoms(RomFolder folder) {
    this.folder = folder;
    this.cartridges = new Cartridges(folder);
  }

  @Override
  public Path folder() {
    return folder.path();
  }

  @Override
  public List<Rom> roms() {
    return cartridges.all().stream()
        .filter(played -> !(played.source() instanceof Source.BuiltIn))
        .map(this::rom)
        .toList();
  }

  private Rom rom(Playable played) {
    boolean own = played.source() instanceof Source.Own;
    return new Rom(
        played.id(),
        played.title(),
        cartridges.missing(played) == null,
        own ? played.game().title() : null);
  }

  @Override
  public List<Finding> importFrom(Path path) {
    if (!Files.exists(path)) {
      throw new IllegalArgumentException(path + " does not exist");
    }
    folder.requireWritable();
    return new RomImport(folder).from(path);
  }

  @Override
  public Finding importAs(Path file, String game) {
    Game follows = folder.games().named(game);
    if (follows == null) {
      List<String> names = folder.games().all().stream().map(Game::id).toList();
      throw new IllegalArgumentException(
          "--as must name a game that ALE knows, got \"%s\".%s List them with: jarl roms list --all"
              .formatted(game, Nearest.hint(game, names)));
    }
    try {
      RomImage image = RomImage.read(file);
      String name = nameOf(file, image);
      folder.requireWritable();
      Ale.probe(new Cartridge(name, follows.name(), image.bytes()));
      boolean taken = folder.store(name, follows, image);
      return new Finding(
          file.toString(),
          taken ? Outcome.IMPORTED : Outcome.ALREADY_THERE,
          "atari/" + name + "-v5, with the memory layout of " + follows.title());
    } catch (RefusedRomException e) {
      throw new IllegalArgumentException(file + " " + e.getMessage(), e);
    }
  }

  private String nameOf(Path file, RomImage image) throws RefusedRomException {
    if (image.archive() != null) {
      throw new RefusedRomException("is " + image.archive() + "; unpack it first");
    }
    Game known = folder.games().withMd5(image.md5());
    if (known != null) {
      throw new RefusedRomException(
          "is the ROM of " + known.title() + " itself; import it without --as");
    }
    String size = image.sizeProblem();
    if (size != null) {
      throw new RefusedRomException(size);
    }
    String name =
        RomImport.stem(file.getFileName().toString())
            .replaceAll("[^a-z0-9]+", "-")
            .replaceAll("^-|-$", "");
    if (name.isEmpty() || folder.taken(name)) {
      throw new RefusedRomException(
          "must have a name with letters or digits that no game of ALE has, since it names the"
              + " environment; rename the file");
    }
    return name;
  }
}
