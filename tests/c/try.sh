#!/bin/sh
# Shows SmimeSync at work where no PowerShell can be had: the same job through the C interface.
# Usage: try.sh [PEOPLE]. Everything it makes is under target/try-c (or in CARGO_TARGET_DIR); it changes nothing else.
set -eu
cd "$(dirname "$0")/../.."
people=${1:-1000}
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
target=$(cd "$target" && pwd)
home=$target/try-c
rm -rf "$home"
mkdir "$home"

cargo build --quiet --lib --example generate-directory
sh tests/c/drive.sh "$target/debug" "$home/drive"

shown=${home#"$PWD/"}
failed=0

step() { # WHAT REQUEST LINES [OPTIONS]: shows and does one request
  printf "\n# %s\n$ echo '%s' | %s/drive --home %s%s -\n" "$1" "$2" "$shown" "$shown" "${4:-}"
  # shellcheck disable=SC2086 # the options hold no spaces
  printf '%s' "$2" | "$home/drive" --home "$home" ${4:-} - >"$home/output" || failed=1
  head -n "$3" "$home/output"
  more=$(($(wc -l <"$home/output") - $3))
  if [ "$more" -gt 0 ]; then
    printf '  ... and %s more lines\n' "$more"
  fi
}

directory() { # REVISION
  "$target/debug/examples/generate-directory" --people "$people" --revision "$1" --output "$home/directory"
}

directory 1
step "A profile: from an LDIF file of $people people to a folder" \
  '{"Operation":"NewProfile","Profile":{"Name":"demo","Source":"Ldif","Path":"'"$home/directory/directory.ldif"'","Target":"Folder","OutputPath":"'"$home/published"'","TrustAnchorPath":["'"$home/directory/anchors"'"]}}' 5
step 'Would it work?' '{"Operation":"TestProfile","ProfileName":"demo"}' 12
step 'A preview: the very plan, nothing written' '{"Operation":"Sync","ProfileName":"demo","WhatIf":true}' 12
step 'The run' '{"Operation":"Sync","ProfileName":"demo"}' 12
step 'What was changed for whom, and why' \
  '{"Operation":"GetChange","ProfileName":"demo","Identity":["alice@*","bob@*","nina@*"]}' 12 ' --verbose'
step "One person's certificates, with what speaks for and against them" \
  '{"Operation":"GetCertificate","ProfileName":"demo","Identity":["bob@contoso.test"]}' 12
directory 2
step 'Ten people have changed; the run does just that' '{"Operation":"Sync","ProfileName":"demo","PassThru":true}' 30
step 'And then there is nothing to do' '{"Operation":"Sync","ProfileName":"demo"}' 12
printf '\nWhat was published is in %s/published.\n' "$shown"
exit "$failed"
