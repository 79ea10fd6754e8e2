#!/bin/sh
# Compiles the host in C with the library of a build.
# Usage: drive.sh BUILD OUTPUT, with BUILD the folder that holds the library (target/debug, target/release).
set -eu
cd "$(dirname "$0")/../.."
build=$(cd "$1" && pwd)
exec ${CC:-cc} -std=c11 -O2 -D_POSIX_C_SOURCE=200809L -Iinclude tests/c/drive.c tests/c/show.c tests/c/json.c \
  -L"$build" -lsmime_sync -Wl,-rpath,"$build" -o "$2"
