#!/bin/sh
# Builds the module as a folder that can be imported and installed: target/module/SmimeSync.
#   build.sh [--release] [--features NAME] [--example NAME ...] [--library FILE --rid RID]
# Without --library, cargo builds the library for this machine. With it, a library built elsewhere is put in for
# its runtime id (win-x64, linux-arm64, ...); several calls make a package for several kinds of machines.
# Examples are built along with the library: on their own they would want the dependencies built once more.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$here")
target=${CARGO_TARGET_DIR:-$root/target}
module=$target/module/SmimeSync
profile=debug options='' features='' examples='' library='' rid=''
while [ $# -gt 0 ]; do
  case $1 in
    --release) profile=release options=--release; shift ;;
    --features) features=$2; shift 2 ;;
    --example) examples="$examples --example $2"; shift 2 ;;
    --library) library=$2; shift 2 ;;
    --rid) rid=$2; shift 2 ;;
    *) echo "build.sh: unknown option '$1'" >&2; exit 64 ;;
  esac
done

if [ -z "$library" ]; then
  case $(uname -s) in
    Linux) system=linux file=libsmime_sync.so ;;
    Darwin) system=osx file=libsmime_sync.dylib ;;
    *) echo "build.sh: build the library with cargo and pass it with --library and --rid" >&2; exit 64 ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) processor=x64 ;;
    aarch64 | arm64) processor=arm64 ;;
    *) echo "build.sh: no package is made for the processor $(uname -m)" >&2; exit 64 ;;
  esac
  rid=$system-$processor
  cargo build --manifest-path "$root/Cargo.toml" --lib $options $examples ${features:+--features "$features"}
  library=$target/$profile/$file
fi
[ -n "$rid" ] || { echo "build.sh: --library needs --rid" >&2; exit 64; }

if command -v mcs > /dev/null; then compiler=mcs
else echo "build.sh: no C# compiler; install it with: apt-get install mono-mcs" >&2; exit 69
fi
mkdir -p "$module/runtimes/$rid/native"
# What is no longer in the source must not stay in the module.
find "$module" -mindepth 1 -maxdepth 1 ! -name runtimes -exec rm -rf {} +
for one in "$here"/SmimeSync/*; do
  [ "${one##*/}" = Native ] || cp -R "$one" "$module/"
done
cp "$root/LICENSE" "$module/"
# Against mscorlib 4.0 alone, so that one assembly loads in .NET Framework and in .NET.
"$compiler" -langversion:5 -warnaserror -optimize -target:library -out:"$module/SmimeSync.Native.dll" \
  "$here"/SmimeSync/Native/*.cs
# Put in place by a rename: a process that has loaded the old one keeps it.
cp "$library" "$module/runtimes/$rid/native/.new"
mv "$module/runtimes/$rid/native/.new" "$module/runtimes/$rid/native/${library##*/}"
echo "$module"
