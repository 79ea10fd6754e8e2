#!/bin/sh
# Builds the library and the C programs and tests the ABI: plainly, with the address sanitizer, under valgrind.
# The last line is "N passed, N failed", with ", N skipped" where something is missing here (valgrind, the sanitizer);
# it is named. With SMIME_SYNC_REQUIRE=all it fails.
set -eu
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/c"
target=$(cd "$target" && pwd)
out=$target/c
passed=0
failed=0
skipped=0
export ASAN_OPTIONS=exitcode=9

# The library with fault injection has its own copy; the plain one is put back where others look for it.
cargo build --quiet --lib --example generate-directory --features "${SMIME_SYNC_FEATURES:-fault-injection}"
cp "$target"/debug/libsmime_sync.so "$out/"
cargo build --quiet --lib --example generate-directory
"$target"/debug/examples/generate-directory --people 60 --output "$out/directory"

compile() { # SUFFIX FLAGS...: abi_test and drive with these flags
  suffix=$1
  shift
  for program in "abi_test check.c abi_arguments.c abi_handles.c abi_tasks.c abi_questions.c abi_threads.c" \
    "drive drive.c show.c"; do
    name=${program%% *}
    sources=$(for file in ${program#* } json.c; do printf 'tests/c/%s ' "$file"; done)
    # shellcheck disable=SC2086 # a list of files
    ${CC:-cc} -std=c11 -g -O1 -Wall -Wextra -Wpedantic -Werror -D_POSIX_C_SOURCE=200809L -Iinclude "$@" $sources \
      -L"$out" -lsmime_sync -Wl,-rpath,"$out" -pthread -o "$out/$name$suffix"
  done
}

whole_run() { # NAME DRIVE...
  name=$1
  shift
  run "whole-run-$name" sh tests/c/whole_run.sh "$out/directory" "$out/work-$name" "$@"
}

# Runs a command and adds up its closing line. A bad end is a failure, and so is a word on the standard error: the
# library prints nothing, not even a panic, and sanitizer and valgrind only what is wrong.
run() { # NAME COMMAND...
  name=$1
  shift
  printf '# %s\n' "$name"
  code=0
  "$@" >"$out/$name.log" 2>"$out/$name.errors" || code=$?
  if [ -s "$out/$name.errors" ]; then
    code=1
  fi
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$out/$name.log" | tail -n 1)
  these_failed=$(printf '%s' "${line:-0 passed, 0 failed}" | cut -d' ' -f3)
  if [ "$code" -ne 0 ] && [ "$these_failed" -eq 0 ]; then
    these_failed=1
  fi
  if [ "$these_failed" -ne 0 ]; then
    grep -hv '^ok ' "$out/$name.log" "$out/$name.errors" || true
  fi
  passed=$((passed + $(printf '%s' "${line:-0}" | cut -d' ' -f1)))
  failed=$((failed + these_failed))
}

missing() { # WHAT PACKAGE
  printf 'skipped: %s: not here (Debian: apt-get install %s)\n' "$1" "$2"
  if [ "${SMIME_SYNC_REQUIRE:-}" = all ]; then
    failed=$((failed + 1))
  else
    skipped=$((skipped + 1))
  fi
}

check_header() { # COMPILER FLAGS...: the header alone, as the first thing of a program
  printf '#include "smime_sync.h"\nint main(void) { return SMIME_STATUS_OK; }\n' >"$out/header.c"
  if "$@" -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only "$out/header.c"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
}

check_header "${CC:-cc}" -std=c99
if command -v "${CXX:-c++}" >/dev/null; then
  check_header "${CXX:-c++}" -x c++ -std=c++11
else
  missing "a C++ compiler" g++
fi

compile ""
run plain "$out/abi_test"
whole_run plain "$out/drive"

# Of the Rust side the sanitizer sees what goes through malloc; valgrind sees everything.
if compile _asan -fsanitize=address,undefined -fno-sanitize-recover=all 2>"$out/asan.build.log"; then
  run address-sanitizer "$out/abi_test_asan"
  whole_run address-sanitizer "$out/drive_asan"
else
  missing "the address sanitizer" libasan8
fi

memcheck="valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
  --show-leak-kinds=definite --num-callers=30 --fair-sched=yes"
if command -v valgrind >/dev/null; then
  # shellcheck disable=SC2086 # a command with its options
  run valgrind env ABI_TEST_ROUNDS=4 $memcheck "$out/abi_test"
  # shellcheck disable=SC2086
  whole_run valgrind $memcheck "$out/drive"
else
  missing valgrind valgrind
fi

if [ "$skipped" -gt 0 ]; then
  printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
else
  printf '%s passed, %s failed\n' "$passed" "$failed"
fi
[ "$failed" -eq 0 ]
