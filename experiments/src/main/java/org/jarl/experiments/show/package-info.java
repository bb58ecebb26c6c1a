/// Sessions that spectators look at or play: pace, commands, going back, demonstrations. Uses
/// `environment` and what is below it. Start at [ShowSession] for `watch` and `play`, at
/// [TrainingShow] for a run that is watched while it learns; nothing here may change a result.
@NullMarked
package org.jarl.experiments.show;

import org.jspecify.annotations.NullMarked;
