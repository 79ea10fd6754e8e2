# For scripts that say what holds: sourced. They end with "$passed passed, $failed failed".
# shellcheck shell=sh disable=SC2034 # used by who sources it
passed=0
failed=0

# WHAT COMMAND...: whether the command holds. Where not, what is in the files of $seen is shown.
check() {
  what=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    printf 'ok %s - %s\n' $((passed + failed)) "$what"
  else
    failed=$((failed + 1))
    printf 'not ok %s - %s\n' $((passed + failed)) "$what"
    # shellcheck disable=SC2086 # a list of files
    cat $seen 2> /dev/null | sed 's/^/# /' | head -n 40
  fi
}
