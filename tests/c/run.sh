#!/bin/sh
# Builds the library and the C programs and tests the ABI: plainly, with the address sanitizer, under valgrind.
# The last line is "N passed, N failed". What is missing here (valgrind, the sanitizer) is named and skipped,
# unless SMIME_SYNC_REQUIRE=all.
set -eu
cd "$(dirname "$0")/../.."
out=target/c
passed=0
failed=0
mkdir -p "$out"

# The library with fault injection has its own copy; the plain one is put back where others look for it.
cargo build --quiet --lib --features fault-injection
cp target/debug/libsmime_sync.so "$out/"
cargo build --quiet --lib

compile() { # NAME FLAGS...: abi_test with these flags
  name=$1
  shift
  ${CC:-cc} -std=c11 -g -O1 -Wall -Wextra -Wpedantic -Werror -D_POSIX_C_SOURCE=200809L -Iinclude "$@" \
    tests/c/json.c tests/c/check.c tests/c/abi_*.c \
    -L"$out" -lsmime_sync -Wl,-rpath,"$PWD/$out" -pthread -o "$out/$name"
}

run() { # NAME COMMAND...: runs it and adds up its closing line; an end without one, or a bad end, is a failure
  name=$1
  shift
  printf '# %s\n' "$name"
  code=0
  "$@" >"$out/$name.log" 2>&1 || code=$?
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$out/$name.log" | tail -n 1)
  these_failed=$(printf '%s' "${line:-0 passed, 0 failed}" | cut -d' ' -f3)
  if [ "$code" -ne 0 ] && [ "$these_failed" -eq 0 ]; then
    these_failed=1
  fi
  if [ "$these_failed" -ne 0 ]; then
    grep -v '^ok ' "$out/$name.log" || true
  fi
  passed=$((passed + $(printf '%s' "${line:-0}" | cut -d' ' -f1)))
  failed=$((failed + these_failed))
}

missing() { # WHAT PACKAGE
  printf '# %s is not here (Debian: apt-get install %s)\n' "$1" "$2"
  if [ "${SMIME_SYNC_REQUIRE:-}" = all ]; then
    failed=$((failed + 1))
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

compile abi_test
run plain "$out/abi_test"

# Of the Rust side the sanitizer sees what goes through malloc; valgrind sees everything.
if compile abi_test_asan -fsanitize=address,undefined -fno-sanitize-recover=all 2>"$out/asan.build.log"; then
  run address-sanitizer "$out/abi_test_asan"
else
  missing "the address sanitizer" libasan8
fi

if command -v valgrind >/dev/null; then
  run valgrind env ABI_TEST_ROUNDS=4 valgrind --quiet --error-exitcode=9 --leak-check=full \
    --errors-for-leak-kinds=definite --show-leak-kinds=definite --num-callers=30 \
    --fair-sched=yes "$out/abi_test"
else
  missing valgrind valgrind
fi

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
