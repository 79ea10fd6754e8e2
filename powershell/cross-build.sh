#!/bin/sh
# Builds the library as packages carry it, for the kinds of machines that are named: cross-build.sh [RID ...]
#   target/package/RID/          the library, without symbols
#   target/package/RID/symbols/  its symbols, where a debugger looks for them
# Without a name: linux-x64 linux-arm64 win-x64 win-arm64. The Linux ones run with glibc 2.17 and later (RHEL 7).
# Needs, as root on Debian: apt-get install gcc-mingw-w64-x86-64-posix llvm; pip install ziglang cargo-zigbuild; and what
# rustup target add brings, or the source of Rust's library in SMIME_SYNC_RUST_LIBRARY.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$here")
out=${CARGO_TARGET_DIR:-$root/target}/package
[ $# -gt 0 ] || set -- linux-x64 linux-arm64 win-x64 win-arm64
sysroot=$(rustc --print sysroot)
commit=$(rustc -vV | sed -n 's/^commit-hash: //p')
cargo_home=${CARGO_HOME:-$HOME/.cargo}
# The same bytes on every machine: nothing of its folders, and of its time only the last commit's.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)}
SMIME_SYNC_BUILD=${SMIME_SYNC_BUILD:-$(git -C "$root" rev-parse --short=12 HEAD)}
ZERO_AR_DATE=1
export SOURCE_DATE_EPOCH SMIME_SYNC_BUILD ZERO_AR_DATE

need() { # COMMAND HOW
  command -v "$1" > /dev/null || { echo "cross-build.sh: $1 is missing: $2" >&2; exit 69; }
}

# Rust's own library for a target: rustup's, or built from its source. Prints the flag that finds it.
library() { # TARGET
  [ -d "$sysroot/lib/rustlib/$1/lib" ] && return
  if [ ! -d "$out/sysroot/lib/rustlib/$1/lib" ]; then
    if rustup target add "$1" > /dev/null 2>&1; then return; fi
    source=${SMIME_SYNC_RUST_LIBRARY:-$sysroot/lib/rustlib/src/rust/library}
    [ -f "$source/std/Cargo.toml" ] \
      || { echo "cross-build.sh: no Rust library for $1: rustup target add $1, or name its source in SMIME_SYNC_RUST_LIBRARY" >&2; exit 69; }
    seed=$out/seed
    rm -rf "$seed"
    mkdir -p "$seed/src"
    printf '[package]\nname = "seed"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' > "$seed/Cargo.toml"
    : > "$seed/src/lib.rs"
    (cd "$seed" && RUSTC_BOOTSTRAP=1 __CARGO_TESTS_ONLY_SRC_ROOT=$source CARGO_TARGET_DIR=$seed/target \
      RUSTFLAGS="-Cembed-bitcode=yes --remap-path-prefix=$source=/rustc/$commit/library --remap-path-prefix=$cargo_home=/cargo" \
      cargo build --quiet --release -Z build-std=std,panic_unwind --target "$1") >&2
    mkdir -p "$out/sysroot/lib/rustlib/$1/lib"
    rm -f "$seed/target/$1/release/deps/"libseed-*
    cp "$seed/target/$1/release/deps/"*.rlib "$out/sysroot/lib/rustlib/$1/lib/"
    rm -rf "$seed"
  fi
  printf '%s' "--sysroot=$out/sysroot"
}

build() { # RID TARGET COMMAND FILE [GLIBC]
  rid=$1 target=$2 file=$4 glibc=${5:-}
  flag=$(library "$target")
  flags="--remap-path-prefix=$root=/smime-sync --remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$sysroot=/rust"
  # What C compilers write of paths, too.
  maps="-ffile-prefix-map=$root=/smime-sync -ffile-prefix-map=$cargo_home=/cargo"
  RUSTFLAGS="$flags $flag" CFLAGS="$maps" CARGO_TARGET_DIR=$out/cargo \
    cargo "$3" --manifest-path "$root/Cargo.toml" --locked --quiet --profile dist --lib --target "$target${glibc:+.$glibc}" >&2
  built=$out/cargo/$target/dist/$file
  mkdir -p "$out/$rid/symbols"
  llvm-objcopy --only-keep-debug "$built" "$out/$rid/symbols/$file.debug"
  cp "$built" "$out/$rid/symbols/$file"
  (cd "$out/$rid/symbols" && llvm-objcopy --strip-all "--add-gnu-debuglink=$file.debug" "$file" "../$file" && rm "$file")
  echo "$out/$rid/$file"
}

need cargo 'https://rustup.rs'
need llvm-objcopy 'apt-get install llvm'
for rid do
  case $rid in
    win-x64) need x86_64-w64-mingw32-gcc 'apt-get install gcc-mingw-w64-x86-64-posix' ;;
    *) need cargo-zigbuild 'pip install ziglang cargo-zigbuild' ;;
  esac
  case $rid in
    linux-x64) build "$rid" x86_64-unknown-linux-gnu zigbuild libsmime_sync.so 2.17 ;;
    linux-arm64) build "$rid" aarch64-unknown-linux-gnu zigbuild libsmime_sync.so 2.17 ;;
    win-x64) build "$rid" x86_64-pc-windows-gnu build smime_sync.dll ;;
    win-arm64) build "$rid" aarch64-pc-windows-gnullvm zigbuild smime_sync.dll ;;
    *) echo "cross-build.sh: nothing is built for '$rid' here: linux-x64, linux-arm64, win-x64, win-arm64" >&2; exit 64 ;;
  esac
done
