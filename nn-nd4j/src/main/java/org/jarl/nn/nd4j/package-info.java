/// The nd4j back end: a graph is run operation by operation on ND4J's arrays.
///
///     Graph --Nd4jProgram.run--> tensor after tensor through Operations, in one workspace
///                            --> outputs copied to fixed buffers
///                            --> effects: UpdateRule on the flat arrays of Nd4jStorage
///
/// It shares no kernel with the cpu back end, which makes it the independent oracle of the engine's
/// tests. Start reading at [org.jarl.nn.nd4j.Nd4jEngine]; only [org.jarl.nn.nd4j.Nd4jEngineProvider]
/// may be touched where ND4J is not wanted.
@NullMarked
package org.jarl.nn.nd4j;

import org.jspecify.annotations.NullMarked;
