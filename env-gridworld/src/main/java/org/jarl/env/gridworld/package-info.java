/// Grid worlds, and the model of a plug-in: rules in one place, everything else around them once.
///
///     GridWorlds --options--> World (rules over an int) --+--> GridEnvironment (one copy)
///     the provider            Rooms, DoorKey, Taxi, ...   +--> GridBatch (N copies in arrays)
///                                  |
///                                  +-- Grid, Tile: layout and pictures      Planes: observations
///
/// Start reading at [World], then [Rooms]. A world says how it starts, what a step leads to and what
/// is seen; a new one is a class of that kind and a line in [GridWorlds].
@NullMarked
package org.jarl.env.gridworld;

import org.jspecify.annotations.NullMarked;
