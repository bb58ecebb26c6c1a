package org.jarl.env.gridworld;

import org.jarl.env.picture.Canvas;

/// What can lie on a cell, and how it looks.
enum Tile {
  /// Bare ground.
  FLOOR('.'),
  /// Nothing passes.
  WALL('#'),
  /// Ends the task well.
  GOAL('G'),
  /// Ends the task badly.
  LAVA('L'),
  /// Throws the agent back to the start.
  CLIFF('C'),
  /// Bare frozen water.
  ICE('~'),
  /// Broken ice.
  HOLE('O'),
  /// Bare open water.
  WATER('w'),
  /// Bare road.
  ROAD('r'),
  /// A chest of gold on the sea bed.
  TREASURE('$'),
  /// Ends the task; whether it is full cannot be seen.
  CHEST('E'),
  /// Shows the agent on its cell the way up.
  SIGN_UP('^'),
  /// Shows the agent on its cell the way down.
  SIGN_DOWN('v'),
  /// Where taxis pick up and drop off.
  STAND('S'),
  /// Whoever acts.
  AGENT('A'),
  /// Opens the door once it is picked up.
  KEY('K'),
  /// The key in the agent's hand.
  CARRIED_KEY('k'),
  /// Blocks the way until the key opens it.
  LOCKED_DOOR('D'),
  /// A door to walk through.
  OPEN_DOOR('d'),
  /// The taxi of the taxi world.
  TAXI('T'),
  /// A passenger at a stand.
  PASSENGER('P'),
  /// A passenger in the taxi.
  RIDER('p'),
  /// Where the passenger wants to go.
  DESTINATION('X');

  /// Colour of walls and fences.
  static final int STONE = 0x4A5568;

  private static final int INK = 0x27303F;
  private static final int GOLD = 0xF2B632;
  private static final int GOLD_DARK = 0xB98512;
  private static final int WOOD = 0xB0713A;
  private static final int WOOD_DARK = 0x7A4A20;
  private static final int BLUE = 0x3D7DD8;
  private static final int BLUE_DARK = 0x27599F;
  private static final int RED = 0xE4572E;
  private static final int WHITE = 0xFFFFFF;

  private final char sign;

  Tile(char sign) {
    this.sign = sign;
  }

  /// The tile that a sign stands for in a layout.
  ///
  /// @throws IllegalArgumentException if the sign stands for none
  static Tile of(char sign) {
    for (Tile tile : values()) {
      if (tile.sign == sign) {
        return tile;
      }
    }
    throw new IllegalArgumentException("no tile has the sign '" + sign + "'");
  }

  /// Draws this tile over what is there.
  ///
  /// @param x left edge
  /// @param y upper edge
  /// @param side length of a side in pixels
  void draw(Canvas canvas, double x, double y, double side) {
    Brush brush = new Brush(canvas, x, y, side);
    switch (this) {
      case FLOOR -> brush.ground(0xE3E8EF, 0xF6F8FB);
      case ICE -> brush.ground(0xBCD9EE, 0xDDF0FB);
      case WATER -> brush.ground(0x7FB2DD, 0x9CC6EA);
      case ROAD -> brush.ground(0xD3D7DE, 0xE9ECF1);
      case WALL -> wall(brush);
      case GOAL -> goal(brush);
      case LAVA -> lava(brush);
      case CLIFF -> cliff(brush);
      case HOLE -> hole(brush);
      case TREASURE, CHEST -> treasure(brush);
      case SIGN_UP -> sign(brush, -1);
      case SIGN_DOWN -> sign(brush, 1);
      case STAND -> stand(brush);
      case AGENT -> agent(brush);
      case KEY -> key(brush, 0.5, 0.5, 1);
      case CARRIED_KEY -> key(brush, 0.72, 0.74, 0.6);
      case LOCKED_DOOR -> lockedDoor(brush);
      case OPEN_DOOR -> openDoor(brush);
      case TAXI -> taxi(brush);
      case PASSENGER -> person(brush, 0.5, 0.55, 1);
      case RIDER -> person(brush, 0.5, 0.42, 0.55);
      case DESTINATION -> destination(brush);
    }
  }

  private static void wall(Brush brush) {
    brush.box(0, 0, 1, 1, 0, STONE);
    brush.box(0.04, 0.06, 0.92, 0.26, 0.03, 0x66738A);
    brush.box(0.04, 0.38, 0.42, 0.26, 0.03, 0x606D83);
    brush.box(0.52, 0.38, 0.44, 0.26, 0.03, 0x66738A);
    brush.box(0.04, 0.70, 0.92, 0.26, 0.03, 0x5B677C);
  }

  private static void goal(Brush brush) {
    brush.box(0.06, 0.06, 0.88, 0.88, 0.1, 0xBFE3BD);
    brush.line(0.36, 0.84, 0.36, 0.2, 0.06, INK);
    brush.polygon(0x3E9B4F, 0.39, 0.18, 0.82, 0.34, 0.39, 0.5);
    brush.disc(0.36, 0.84, 0.08, INK);
  }

  private static void lava(Brush brush) {
    brush.box(0, 0, 1, 1, 0, 0xD8431F);
    for (int wave = 0; wave < 3; wave++) {
      double y = 0.24 + 0.27 * wave;
      double shift = wave == 1 ? 0.1 : 0;
      brush.line(0.08 + shift, y, 0.26 + shift, y - 0.08, 0.06, 0xFFC247);
      brush.line(0.26 + shift, y - 0.08, 0.5 + shift, y + 0.04, 0.06, 0xFFC247);
      brush.line(0.5 + shift, y + 0.04, 0.76 + shift, y - 0.08, 0.06, 0xFFA02E);
    }
  }

  private static void cliff(Brush brush) {
    brush.box(0, 0, 1, 1, 0, 0x3A3340);
    brush.polygon(
        0x8A6A4F, 0, 0, 1, 0, 1, 0.16, 0.78, 0.3, 0.6, 0.15, 0.34, 0.34, 0.16, 0.18, 0, 0.28);
    brush.polygon(0x554A57, 0.1, 1, 0.24, 0.62, 0.4, 1);
    brush.polygon(0x554A57, 0.5, 1, 0.7, 0.5, 0.92, 1);
  }

  private static void hole(Brush brush) {
    brush.disc(0.5, 0.5, 0.4, 0x8FBBDB);
    brush.disc(0.5, 0.52, 0.34, 0x1F4E79);
    brush.disc(0.44, 0.58, 0.2, 0x173B5C);
  }

  private static void treasure(Brush brush) {
    brush.box(0.14, 0.3, 0.72, 0.52, 0.08, WOOD_DARK);
    brush.box(0.18, 0.34, 0.64, 0.18, 0.06, WOOD);
    brush.box(0.18, 0.56, 0.64, 0.22, 0.03, WOOD);
    brush.box(0.3, 0.26, 0.4, 0.1, 0.05, GOLD);
    brush.box(0.43, 0.48, 0.14, 0.16, 0.03, GOLD);
    brush.disc(0.5, 0.55, 0.03, INK);
  }

  /// A board beside the agent with an arrow.
  ///
  /// @param way of the arrow: -1 up, 1 down
  private static void sign(Brush brush, int way) {
    brush.box(0.57, 0.03, 0.4, 0.48, 0.06, INK);
    brush.box(0.6, 0.06, 0.34, 0.42, 0.04, GOLD);
    brush.line(0.77, 0.27 - 0.14 * way, 0.77, 0.27 + 0.02 * way, 0.07, INK);
    brush.polygon(INK, 0.65, 0.27 + 0.01 * way, 0.89, 0.27 + 0.01 * way, 0.77, 0.27 + 0.16 * way);
  }

  private static void stand(Brush brush) {
    brush.box(0.04, 0.04, 0.92, 0.92, 0.1, 0xC3D3E8);
    brush.box(0.08, 0.08, 0.84, 0.84, 0.08, 0xDCE6F3);
  }

  private static void agent(Brush brush) {
    brush.disc(0.5, 0.5, 0.34, BLUE_DARK);
    brush.disc(0.5, 0.48, 0.32, BLUE);
    brush.disc(0.39, 0.43, 0.085, WHITE);
    brush.disc(0.61, 0.43, 0.085, WHITE);
    brush.disc(0.4, 0.44, 0.04, INK);
    brush.disc(0.62, 0.44, 0.04, INK);
    brush.line(0.39, 0.6, 0.45, 0.65, 0.045, WHITE);
    brush.line(0.45, 0.65, 0.55, 0.65, 0.045, WHITE);
    brush.line(0.55, 0.65, 0.61, 0.6, 0.045, WHITE);
  }

  private static void key(Brush brush, double x, double y, double scale) {
    brush.line(x - 0.08 * scale, y, x + 0.3 * scale, y, 0.13 * scale, GOLD_DARK);
    brush.line(x - 0.08 * scale, y, x + 0.3 * scale, y, 0.08 * scale, GOLD);
    brush.line(x + 0.2 * scale, y, x + 0.2 * scale, y + 0.13 * scale, 0.07 * scale, GOLD);
    brush.line(x + 0.3 * scale, y, x + 0.3 * scale, y + 0.11 * scale, 0.07 * scale, GOLD);
    brush.ring(x - 0.18 * scale, y, 0.12 * scale, 0.12 * scale, GOLD_DARK);
    brush.ring(x - 0.18 * scale, y, 0.12 * scale, 0.07 * scale, GOLD);
  }

  private static void lockedDoor(Brush brush) {
    brush.box(0, 0, 1, 1, 0, WOOD_DARK);
    brush.box(0.1, 0.06, 0.8, 0.88, 0.04, WOOD);
    brush.line(0.5, 0.1, 0.5, 0.9, 0.03, WOOD_DARK);
    brush.disc(0.7, 0.52, 0.09, GOLD);
    brush.disc(0.7, 0.5, 0.035, INK);
    brush.box(0.685, 0.5, 0.03, 0.08, 0, INK);
  }

  private static void openDoor(Brush brush) {
    brush.box(0, 0, 0.16, 1, 0, WOOD_DARK);
    brush.box(0.03, 0.05, 0.1, 0.9, 0.02, WOOD);
    brush.box(0.84, 0, 0.16, 1, 0, WOOD_DARK);
  }

  private static void taxi(Brush brush) {
    brush.box(0.34, 0.16, 0.32, 0.12, 0.04, INK);
    brush.box(0.24, 0.24, 0.52, 0.34, 0.1, GOLD);
    brush.box(0.3, 0.3, 0.4, 0.2, 0.05, 0xCFE4F7);
    brush.box(0.1, 0.46, 0.8, 0.3, 0.1, GOLD_DARK);
    brush.box(0.1, 0.44, 0.8, 0.3, 0.1, GOLD);
    for (int i = 0; i < 6; i++) {
      brush.box(0.14 + 0.12 * i, i % 2 == 0 ? 0.54 : 0.6, 0.12, 0.06, 0, INK);
    }
    brush.disc(0.28, 0.76, 0.1, INK);
    brush.disc(0.72, 0.76, 0.1, INK);
    brush.disc(0.28, 0.76, 0.04, 0xB9C2CE);
    brush.disc(0.72, 0.76, 0.04, 0xB9C2CE);
  }

  private static void person(Brush brush, double x, double y, double scale) {
    brush.box(x - 0.16 * scale, y - 0.04 * scale, 0.32 * scale, 0.36 * scale, 0.12 * scale, RED);
    brush.disc(x, y - 0.18 * scale, 0.13 * scale, 0xF1C9A5);
    brush.disc(x, y - 0.24 * scale, 0.1 * scale, WOOD_DARK);
  }

  private static void destination(Brush brush) {
    brush.box(0.04, 0.04, 0.92, 0.92, 0.1, 0xBFE3BD);
    brush.ring(0.5, 0.5, 0.32, 0.07, 0x3E9B4F);
    brush.ring(0.5, 0.5, 0.16, 0.07, 0x3E9B4F);
  }

  /// A canvas on which one cell reaches from 0 to 1 in both directions.
  private record Brush(Canvas canvas, double x, double y, double side) {

    void ground(int border, int inside) {
      canvas.rectangle(x, y, side, side, 0, border);
      canvas.rectangle(x + 1, y + 1, side - 2, side - 2, 0.04 * side, inside);
    }

    void box(double left, double top, double width, double height, double radius, int color) {
      canvas.rectangle(
          x + left * side, y + top * side, width * side, height * side, radius * side, color);
    }

    void disc(double centerX, double centerY, double radius, int color) {
      canvas.disc(x + centerX * side, y + centerY * side, radius * side, color);
    }

    void ring(double centerX, double centerY, double radius, double width, int color) {
      canvas.ring(x + centerX * side, y + centerY * side, radius * side, width * side, color);
    }

    void line(double x0, double y0, double x1, double y1, double width, int color) {
      canvas.line(x + x0 * side, y + y0 * side, x + x1 * side, y + y1 * side, width * side, color);
    }

    void polygon(int color, double... points) {
      double[] placed = new double[points.length];
      for (int i = 0; i < points.length; i++) {
        placed[i] = (i % 2 == 0 ? x : y) + points[i] * side;
      }
      canvas.polygon(color, placed);
    }
  }
}
