#!/usr/bin/env bash
# Installs the Debian packages that building needs, where they are missing.
set -euo pipefail

packages=(zlib1g-dev libjpeg-dev libpng-dev libgraphviz-dev graphviz pkg-config)

if ! command -v swift >/dev/null; then
  echo "Swift 6.2 or newer is needed: see https://www.swift.org/install" >&2
  exit 1
fi

missing=()
if command -v dpkg-query >/dev/null; then
  for package in "${packages[@]}"; do
    status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing+=("$package")
  done
else
  echo "This is no Debian system: install pkg-config, Graphviz and the headers of zlib, libjpeg and libpng" \
    "(Debian calls them ${packages[*]})." >&2
  exit 0
fi
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
echo "Installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq "${missing[@]}" >/dev/null
