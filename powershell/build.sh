#!/bin/sh
# Builds the module with build.ps1, whose options these are, in the PowerShell that find-pwsh.sh finds:
#   build.sh [--release] [--features A,B] [--example A,B] [--library FILE --rid RID] [--clean] [--package]
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
pwsh=$(sh "$here/find-pwsh.sh") || exit 69
for argument do
  shift
  case $argument in
    --*) set -- "$@" "${argument#-}" ;;
    *) set -- "$@" "$argument" ;;
  esac
done
exec "$pwsh" -NoProfile -NonInteractive -File "$here/build.ps1" "$@"
