package org.jarl.env.atari;

/// A game's ROM, read and checked: the only thing that the emulator is ever given.
///
/// @param id name in environment ids, for example `pong` or `space-invaders`
/// @param game ALE's name of the game whose memory layout it follows, for example `breakout`
/// @param bytes the whole ROM; must not be changed
record Cartridge(String id, String game, byte[] bytes) {

  /// Whether it is another program than the one that ALE made its table for.
  boolean isOwn() {
    return !id.equals(game.replace('_', '-'));
  }
}
