package org.jarl.env.gridworld;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jarl.env.Frame;
import org.jarl.env.RandomStream;
import org.jarl.env.picture.Canvas;

/// A fixed layout: which tile lies on which cell, and where one can go.
///
/// Cells are numbered row by row from the upper left corner: `cell = row * width + column`.
final class Grid {
  /// Directions, and the first four actions of every world that has them.
  static final int UP = 0;

  static final int RIGHT = 1;
  static final int DOWN = 2;
  static final int LEFT = 3;

  private static final int[] ROW_STEP = {-1, 0, 1, 0};
  private static final int[] COLUMN_STEP = {0, 1, 0, -1};

  /// About how many pixels the longer side of a picture has.
  private static final int PICTURE_SIDE = 480;

  private final int height;
  private final int width;
  private final Tile[] tiles;

  /// `[cells, 4]`, the cell that a move ends on.
  private final int[] next;

  private final int[] free;
  private final List<int[]> fences = new ArrayList<>();

  /// A layout from one text line per row, one sign per cell; see [Tile#of].
  Grid(String... rows) {
    height = rows.length;
    width = rows[0].length();
    tiles = new Tile[height * width];
    for (int cell = 0; cell < tiles.length; cell++) {
      tiles[cell] = Tile.of(rows[cell / width].charAt(cell % width));
    }
    next = new int[4 * tiles.length];
    for (int i = 0; i < next.length; i++) {
      next[i] = neighbour(i / 4, i % 4);
    }
    free = cells(Tile.FLOOR);
  }

  /// An empty square room within a wall.
  static Grid room(int size) {
    String[] rows = new String[size];
    for (int row = 0; row < size; row++) {
      boolean border = row == 0 || row == size - 1;
      rows[row] = border ? "#".repeat(size) : "#" + ".".repeat(size - 2) + "#";
    }
    return new Grid(rows);
  }

  private int neighbour(int cell, int direction) {
    int row = cell / width + ROW_STEP[direction];
    int column = cell % width + COLUMN_STEP[direction];
    if (row < 0 || row >= height || column < 0 || column >= width) {
      return cell;
    }
    int to = row * width + column;
    return tiles[to] == Tile.WALL ? cell : to;
  }

  /// Puts a thin wall between a cell and its right neighbour.
  void fence(int row, int column) {
    int cell = cell(row, column);
    next[4 * cell + RIGHT] = cell;
    next[4 * (cell + 1) + LEFT] = cell + 1;
    fences.add(new int[] {row, column});
  }

  int height() {
    return height;
  }

  int width() {
    return width;
  }

  int cells() {
    return tiles.length;
  }

  int cell(int row, int column) {
    return row * width + column;
  }

  Tile at(int cell) {
    return tiles[cell];
  }

  /// The cell after one move; the same where a wall or the border is in the way.
  int move(int cell, int direction) {
    return next[4 * cell + direction];
  }

  /// All cells of a tile, in order.
  int[] cells(Tile tile) {
    int[] found = new int[tiles.length];
    int count = 0;
    for (int cell = 0; cell < tiles.length; cell++) {
      if (tiles[cell] == tile) {
        found[count++] = cell;
      }
    }
    return Arrays.copyOf(found, count);
  }

  /// A bare cell, each with equal probability.
  int anywhere(RandomStream random) {
    return free[random.nextInt(free.length)];
  }

  /// A bare cell other than one of them, each with equal probability.
  int anywhereBut(int taken, RandomStream random) {
    int cell = free[random.nextInt(free.length - 1)];
    return cell < taken ? cell : free[Arrays.binarySearch(free, cell) + 1];
  }

  /// Draws floor, layout and what lies on it.
  ///
  /// @param shown `[cells, planes]`, not 0 where a tile is seen
  void render(Frame frame, Tile floor, List<Tile> planes, byte[] shown) {
    int side = Math.max(16, PICTURE_SIDE / Math.max(height, width));
    frame.resize(side * width, side * height);
    Canvas canvas = new Canvas().on(frame);
    for (int cell = 0; cell < tiles.length; cell++) {
      double x = cell % width * side;
      double y = cell / width * side;
      floor.draw(canvas, x, y, side);
      if (tiles[cell] != Tile.FLOOR) {
        tiles[cell].draw(canvas, x, y, side);
      }
      for (int plane = planes.size() - 1; plane >= 0; plane--) {
        if (shown[cell * planes.size() + plane] != 0) {
          planes.get(plane).draw(canvas, x, y, side);
        }
      }
    }
    for (int[] fence : fences) {
      double x = (fence[1] + 1) * side;
      double y = fence[0] * side;
      canvas.line(x, y, x, y + side, side * 0.09, Tile.STONE);
    }
  }
}
