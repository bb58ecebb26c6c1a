/// Experiment files: YAML with places, bound to records, every problem reported at once; also the
/// schema and the resolved file of a run. Uses `base`. Start at [Experiment]. A new setting is a
/// record component with a `@Setting`: nothing else here changes.
@NullMarked
package org.jarl.experiments.config;

import org.jspecify.annotations.NullMarked;
