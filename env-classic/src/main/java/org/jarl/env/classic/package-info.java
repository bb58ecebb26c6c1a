/// The classic control tasks: small, fast, well known, with the dynamics of Gymnasium.
///
///     ClassicControl --create--> CartPole, Acrobot, MountainCar, MountainCarContinuous, Pendulum
///           |                        |  equations        \--draw--> Pictures
///           +---createBatch--> CartPoleBatch (all copies in arrays, bit-equal)
///
/// Start reading at [CartPole]. State is double precision, observations are f32; sine and cosine
/// come from one class of ours, so that results are equal on every machine.
@NullMarked
package org.jarl.env.classic;

import org.jspecify.annotations.NullMarked;
