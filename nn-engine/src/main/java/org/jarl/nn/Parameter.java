package org.jarl.nn;

/// One named array of a [Variables].
///
/// @param owner the set it belongs to
/// @param name path within the set, for example `torso.conv1.weight`
/// @param offset first element within the flat arena
public record Parameter(Variables owner, String name, Shape shape, int offset) {

  @Override
  public boolean equals(Object other) {
    return other instanceof Parameter that && owner == that.owner && offset == that.offset;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(owner) * 31 + offset;
  }

  @Override
  public String toString() {
    return owner.name() + "/" + name + shape;
  }
}
