#!/usr/bin/env bash
# The kernels on 64-bit Arm, emulated by QEMU: all object code is built there, and counts as NumPy.
#   tests/arm64.sh FOLDER    FOLDER keeps what was unpacked, so that a second run starts sooner
# Runs test_backends, test_edges and test_laws by object code: 192 tests in 5 minutes of one core.
# To compile before that takes some 25 minutes of one core, by as many processes as there are cores.
# Needs the network, and Debian's packages qemu-user-static and debootstrap, which root gets.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mkdir -p "$1" && cd "$1" && pwd)
python=$folder/python3.11
unset PYTHONPATH PYTHONHOME

missing=()
command -v qemu-aarch64-static >/dev/null || missing+=(qemu-user-static)
command -v debootstrap >/dev/null || missing+=(debootstrap)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Debian's packages ${missing[*]} are missing; install them, or run this as root" >&2
    exit 1
  fi
  apt-get update -qq
  apt-get install -qq -y "${missing[@]}" >"$folder/apt.log" 2>&1
fi
if [ ! -x "$folder/root/usr/bin/python3.11" ]; then
  mirror=$(awk '/^URIs/ {print $2; exit}' /etc/apt/sources.list.d/* 2>/dev/null || true)
  debootstrap --arch=arm64 --variant=minbase --foreign --include=python3 bookworm "$folder/root" \
    "${mirror:-http://deb.debian.org/debian}" >"$folder/debootstrap.log" 2>&1
  for package in "$folder"/root/var/cache/apt/archives/*.deb; do
    dpkg -x "$package" "$folder/root"
  done
fi
platforms=()
for tag in manylinux_2_28 manylinux_2_27 manylinux_2_17 manylinux2014; do
  platforms+=(--platform "${tag}_aarch64")
done
python3 -m pip install -qq --root-user-action=ignore --no-deps --only-binary=:all: \
  --python-version 3.11 --implementation cp --abi cp311 --abi abi3 --abi none "${platforms[@]}" \
  --target "$folder/site" --upgrade numpy numba llvmlite pytest hypothesis sortedcontainers \
  pluggy iniconfig packaging pygments scikit-learn scipy joblib threadpoolctl narwhals \
  cloudpickle loky
rm -rf "$folder/site/f1core"
cp -r "$repository/f1core" "$folder/site/f1core"
rm -rf "$folder"/site/f1core/backends/aot/{manifest.json,x86-64-v*,generic}

# Python takes this script for itself, so that processes that it starts are emulated as well.
cat >"$python" <<END
#!/bin/sh
exec qemu-aarch64-static -cpu max -L "$folder/root" -0 "\$0" \\
  -E PYTHONHOME="$folder/root/usr" -E PYTHONDONTWRITEBYTECODE=1 \\
  -E PYTHONPATH="\${PYTHONPATH:+\$PYTHONPATH:}$folder/site" "$folder/root/usr/bin/python3.11" "\$@"
END
chmod +x "$python"
cd "$folder" # the package there, and not the repository's
"$python" -m f1core.backends.aot.build
"$python" -m f1core --version
tests=("$repository"/tests/{backends/test_backends,backends/test_edges,laws/test_laws}.py)
F1CORE_BACKEND=aot "$python" -m pytest -c "$repository/pyproject.toml" -q -p no:cacheprovider \
  -k "not numpy" "${tests[@]}"
