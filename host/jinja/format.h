// SPDX-License-Identifier: Apache-2.0
// "..." % values and "...".format(...), for the conversions that templates use; others are refused by name.
#pragma once
#include "jinja/runtime.h"

namespace luoshu::jinja {

// %s %r %d %i %x %X %o %c %f %F %e %E %g %G with flags, width and precision; %(key)s of a dict. `values` is a
// tuple, a dict, or one value.
Value format_percent(Runtime& runtime, const Text& pattern, const Value& values);
// {} {0} {name}, without a format behind a colon.
Value format_braces(Runtime& runtime, const Text& pattern, const Arguments& arguments);

}  // namespace luoshu::jinja
