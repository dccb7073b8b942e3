#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# profile.sh RUN MODEL LLVM_PROFDATA OUTPUT: runs RUN on MODEL and merges what it counted into OUTPUT. A chip that does not work yet,
# or hangs, must still compile, to be debugged: then the profile is empty.
rm -f "$4.raw"
LLVM_PROFILE_FILE="$4.raw" timeout 300 "$1" "$2" || echo "no text from $1: compiled without its profile"
[ -s "$4.raw" ] || printf ':ir\n' >"$4.raw"
exec "$3" merge -o "$4" "$4.raw"
