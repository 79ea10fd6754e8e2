#!/bin/sh
# Fills the lab with generated people, once: people.sh DIR COUNT
#
# DIR/people then holds what the generator wrote: directory.ldif, expected.json and the folder anchors.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
dir=$(cd "${1:?the folder of the lab}" && pwd)
count=${2:?how many people}

# Tests that run side by side all ask for it.
exec 9>"$dir/people.lock"
flock 9
[ -f "$dir/people/expected.json" ] && exit
rm -rf "$dir/people.new"
# Not built anew where it is there: that would also replace a library that was built for tests.
generator=$here/../../target/debug/examples/generate-directory
[ -x "$generator" ] || (cd "$here/../.." && cargo build --quiet --example generate-directory)
"$generator" --people "$count" --format samba --output "$dir/people.new"
sh "$here/populate.sh" "$dir" "$dir/people.new/directory.ldif"
mv "$dir/people.new" "$dir/people"
