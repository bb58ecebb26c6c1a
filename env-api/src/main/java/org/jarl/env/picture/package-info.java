/// Pictures: shapes drawn into a [org.jarl.env.Frame], and PNG files of one.
///
/// Uses [org.jarl.env] only. Nothing here needs a display or `java.awt`. What [Canvas] draws is
/// compared with golden pictures: a change of one pixel shows in the tests.
@NullMarked
package org.jarl.env.picture;

import org.jspecify.annotations.NullMarked;
