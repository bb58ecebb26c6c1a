/// Watching: a session fills a [Scene] and hands it over on a [Stage] to a [Spectator], a window or
/// a recorder, from which [Command]s come back.
///
/// Uses [org.jarl.env] only. [Spectator] is an SPI: modules outside the project implement it, so
/// its methods, and the meaning of the fields of [Scene], must stay.
@NullMarked
package org.jarl.env.show;

import org.jspecify.annotations.NullMarked;
