/// The tensor engine: a computation is traced once, differentiated, compiled for a device and then
/// replayed. It knows nothing of reinforcement learning.
///
///     formula on Tensors --trace--> Graph --Gradients--> Graph --Passes--> Graph --back end--> Program
///                                     |                                                         | run()
///                       Module, Recurrent: layers over           Variables: flat arenas of      v
///                       named Parameters                         parameters and moments      numbers
///
/// Rows of a [org.jarl.nn.RowTable] are taken by index from memory of the caller, or from a device's copy
/// of it.
///
/// Start reading at [org.jarl.nn.Graph] and [org.jarl.nn.Tensor]; [org.jarl.nn.Op] lists everything
/// that a back end must run, [org.jarl.nn.Optimizer] closes the loop. Back ends are found by
/// [org.jarl.nn.Engines].
@NullMarked
package org.jarl.nn;

import org.jspecify.annotations.NullMarked;
