#!/bin/sh
# Prints the path of a PowerShell 7 to use, in this order: $SMIME_SYNC_PWSH, `pwsh` on PATH, the one kept beside the
# project, the official archive of a pinned version (downloaded once, checked, unpacked under target/).
# Where none can be had: one sentence on stderr with the command that installs it, and exit code 1.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$here")
version=7.6.6

works() { "$1" -NoProfile -NonInteractive -Command 'exit 0' > /dev/null 2>&1; }

none() {
  echo "find-pwsh.sh: no PowerShell 7 can be had: $1; install it with: dotnet tool install --global PowerShell" \
    "(or see https://aka.ms/powershell-release), or name one in SMIME_SYNC_PWSH" >&2
  exit 1
}

if [ -n "${SMIME_SYNC_PWSH:-}" ]; then
  works "$SMIME_SYNC_PWSH" || none "SMIME_SYNC_PWSH names '$SMIME_SYNC_PWSH', which does not start"
  printf '%s\n' "$SMIME_SYNC_PWSH"
  exit
fi
for one in "$(command -v pwsh || :)" "$root/../shared/tools/powershell/pwsh"; do
  if [ -n "$one" ] && [ -x "$one" ] && works "$one"; then
    printf '%s\n' "$one"
    exit
  fi
done

# The archives' SHA-256, as Microsoft publishes them with the release (hashes.sha256).
case $(uname -s)-$(uname -m) in
  Linux-x86_64) platform=linux-x64 hash=ddbc4a2d113bbd46d283cfedcbcd117a70caefd7673f41f2b4e0000badf103bc ;;
  Linux-aarch64) platform=linux-arm64 hash=924829e54c983648f6f1419a2dc7f9433c861b2fb5bd57736ff096c24f133729 ;;
  Darwin-x86_64) platform=osx-x64 hash=e325ed9f666894eb39a5ea52800b602da2fb4242bbe9747ceddb39cdc66de805 ;;
  Darwin-arm64) platform=osx-arm64 hash=6df833d094ebac1c1a74340d7b3437f4aaf5e03ce640484a1c4359f3ce8b3db1 ;;
  *) none "no archive is known for $(uname -s) on $(uname -m)" ;;
esac
folder=${CARGO_TARGET_DIR:-$root/target}/powershell-$version
archive=powershell-$version-$platform.tar.gz
if [ ! -x "$folder/run" ]; then
  new=$folder.$$
  trap 'rm -rf "$new"' EXIT
  mkdir -p "$new"
  address=https://github.com/PowerShell/PowerShell/releases/download/v$version/$archive
  { curl -fsSL --connect-timeout 10 -o "$new/$archive" "$address" 2> /dev/null \
    || wget -q --timeout=10 --tries=1 -O "$new/$archive" "$address" 2> /dev/null; } \
    || none "$address cannot be downloaded"
  { sha256sum "$new/$archive" 2> /dev/null || shasum -a 256 "$new/$archive"; } | grep -q "^$hash " \
    || none "$address does not have the expected SHA-256"
  tar -xzf "$new/$archive" -C "$new"
  rm "$new/$archive"
  chmod +x "$new/pwsh"
  # .NET does not start without libicu unless it is told that there is none.
  printf '%s\n' '#!/bin/sh' 'here=$(dirname -- "$(readlink -f -- "$0")")' \
    'if ! ldconfig -p 2> /dev/null | grep -q libicu && [ "$(uname -s)" = Linux ]; then' \
    '  export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1' 'fi' 'exec "$here/pwsh" "$@"' > "$new/run"
  chmod +x "$new/run"
  rm -rf "$folder"
  mv "$new" "$folder"
fi
works "$folder/run" || none "the official archive does not start; it needs libssl3, as from: apt-get install libssl3"
printf '%s\n' "$folder/run"
