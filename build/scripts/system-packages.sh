#!/usr/bin/env bash
# Installs what Electron, its tests, the Debian package and the compilation of SQLite need on Debian and Ubuntu; only what is missing.
set -euo pipefail
packages=(xvfb xauth libgtk-3-0 libnss3 libasound2 libgbm1 libxss1 libatk-bridge2.0-0 fonts-dejavu-core g++ strace xdg-utils)
missing=()
for package in "${packages[@]}"; do
  # libgtk-3-0 and others became libgtk-3-0t64 in newer releases
  status=$(dpkg-query -W -f '${Status}\n' "$package" "${package}t64" 2>/dev/null || true)
  if ! grep -q 'ok installed' <<<"$status"; then
    missing+=("$package")
  fi
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi
echo "Installing ${missing[*]} …" >&2
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
