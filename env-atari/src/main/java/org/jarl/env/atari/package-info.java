/// Atari 2600 games through the Arcade Learning Environment (Bellemare et al. 2013).
@NullMarked
package org.jarl.env.atari;

import org.jspecify.annotations.NullMarked;
