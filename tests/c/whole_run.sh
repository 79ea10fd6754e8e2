#!/bin/sh
# Drives whole runs through the C interface, from a generated LDIF file to a folder, and checks what comes of them.
# Usage: whole_run.sh DIRECTORY WORK DRIVE..., with DIRECTORY as generate-directory made it, WORK a folder that is
# made anew, and DRIVE the command that runs drive. The last line is "N passed, N failed".
set -eu
here=$(cd "$(dirname "$0")" && pwd)
directory=$(cd "$1" && pwd)
rm -rf "$2"
mkdir -p "$2"
work=$(cd "$2" && pwd)
shift 2
seen="$work/output $work/errors"
# shellcheck source=tests/c/checks.sh
. "$here/checks.sh"

drive() { # OPTIONS... REQUEST: runs one request, or a list of them; output in $work/output, exit code in $code
  for request; do :; done
  printf '%s\n' "$request" >"$work/request.json"
  options=""
  while [ $# -gt 1 ]; do
    options="$options $1"
    shift
  done
  code=0
  # shellcheck disable=SC2086 # the options hold no spaces
  $command --home "$work/home" $options "$work/request.json" >"$work/output" 2>"$work/errors" || code=$?
  ended_properly
}

ended_properly() { # a crash, a sanitizer and valgrind end with something else, and print
  if [ "$code" -gt 1 ] || [ -s "$work/errors" ]; then
    check "drive ends quietly with 0 or 1 (it was $code)" false
  fi
}

shows() { grep -qE "$1" "$work/output"; }
ends_with() { [ "$code" -eq "$1" ]; }
published() { # the files that the target holds, with their sums
  (cd "$work/out" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
}

command=$*
people=$(grep -c '"RecipientKind":"' "$directory/expected.json")
usable=$(grep '"RecipientKind":"' "$directory/expected.json" | grep -vc '"Chosen":\[\]')

drive '{"Operation":"NewProfile","Profile":{"Name":"demo","Source":"Ldif","Path":"'"$directory/directory.ldif"'",
  "Target":"Folder","OutputPath":"'"$work/out"'","TrustAnchorPath":["'"$directory/anchors"'"]}}'
check 'a profile is made' ends_with 0
check 'and shown in one line' shows '^Profile demo: Ldif /.*/directory.ldif -> Folder /.*/out$'

drive '{"Operation":"Sync","ProfileName":"demo","WhatIf":true}'
check 'a preview plans for all' shows "^  planned    add $usable, update 0, remove 0, unchanged $((people - usable))$"
check 'and writes nothing' [ ! -e "$work/out" ]

drive '{"Operation":"Sync","ProfileName":"demo","Confirm":true}'
check 'each change is asked for' [ "$(grep -c '? no$' "$work/output")" -eq "$usable" ]
check 'and without a yes nothing is written' shows "^  done       exported 0, rejected 0, declined $usable,"

drive --answer yes '{"Operation":"Sync","ProfileName":"demo","Confirm":true,"PassThru":true}'
check 'the run succeeds' shows '^Run 2 of profile demo: Success, '
check 'what was asked for with a yes is written' shows "^  done       exported $usable, rejected 0, declined 0,"
check 'each change has its line' [ "$(grep -cE '^  Add .* Exported ' "$work/output")" -eq "$usable" ]
published >"$work/first"

drive '{"Operation":"Sync","ProfileName":"demo"}'
check 'a second run changes nothing' shows "^  planned    add 0, update 0, remove 0, unchanged $people$"
published >"$work/second"
check 'and leaves every file as it was' cmp -s "$work/first" "$work/second"

drive '{"Operation":"GetCertificate","ProfileName":"demo","Identity":["alice@contoso.test"]}'
check 'a certificate has its line' shows '^  alice@contoso.test +Chosen +Alice Anderson until '

drive '[{"Operation":"GetRun"},{"Operation":"GetChange","ProfileName":"demo","RunId":2},{"Operation":"GetRule"}]'
check 'a list of requests is carried out in its order' [ "$(grep -cE '^Run [123] of' "$work/output")" -eq 3 ]
check 'the history shows the changes' [ "$(grep -cE '^  Add .* Exported ' "$work/output")" -eq "$usable" ]
check 'and the policy its rules' shows '^  Error +expired '

drive '[{"Operation":"Sync","ProfileName":"dmo"},{"Operation":"Sync","ProfileName":"demo"}]'
check 'an error ends its request with id and advice' shows '^Error ProfileNotFound: .*dmo'
check 'the requests after it are carried out' shows '^Run 4 of profile demo: Success, '
check 'the exit code tells of it' ends_with 1

drive '{"Operation":"Sync","ProfileName":"demo","Colour":"red"}'
check 'an unknown field is refused by name' shows '^Error InvalidRequest: .*`Colour`'
drive 'no JSON'
check 'so is what is no JSON' shows '^Error InvalidRequest: '

DRIVE_TEST_SECRET=hunter2-in-a-variable
export DRIVE_TEST_SECRET
drive --secret password=DRIVE_TEST_SECRET --verbose \
  '{"Operation":"Sync","ProfileName":"demo","Credential":{"UserName":"u"},"PassThru":true}'
check 'a secret may come from the environment' ends_with 0
printf 'hunter2-in-a-file\n' >"$work/secret"
drive --json --secret-fd password=3 '{"Operation":"GetRun"}' 3<"$work/secret"
check 'or from a file descriptor' ends_with 0
check 'events can be had as JSON' shows '^\[\{"Event":"Result","Type":"Run",'
rm "$work/secret"
check 'a secret is in nothing that was written' [ -z "$(grep -rl hunter2 "$work" || true)" ]

# A run that is interrupted is canceled, and the next one does what is left.
drive '{"Operation":"NewProfile","Profile":{"Name":"cut","Source":"Ldif","Path":"'"$directory/directory.ldif"'",
  "Target":"Folder","OutputPath":"'"$work/cut"'","TrustAnchorPath":["'"$directory/anchors"'"]}}'
mkfifo "$work/pipe"
$command --home "$work/home" "$work/pipe" >"$work/output" 2>"$work/errors" &
process=$!
printf '{"Operation":"Sync","ProfileName":"cut"}' >"$work/pipe"
kill -INT "$process"
code=0
wait "$process" || code=$?
ended_properly
if shows '^Run 1 of profile cut: Canceled'; then
  check 'an interrupted run ends as canceled' ends_with 1
else
  check 'a run that was done before the interrupt succeeded' shows '^Run 1 of profile cut: Success'
fi
drive '{"Operation":"Sync","ProfileName":"cut"}'
check 'the run after it succeeds' shows '^Run 2 of profile cut: Success'
check 'and what it publishes is the same' diff -r "$work/out" "$work/cut"

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
