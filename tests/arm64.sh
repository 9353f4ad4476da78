#!/usr/bin/env bash
# The kernels on 64-bit Arm, emulated by QEMU: object code of some modules is built there and counts as NumPy.
#   tests/arm64.sh FOLDER    needs Debian's packages qemu-user-static and debootstrap; FOLDER keeps what was unpacked
# Everything takes 20 to 50 times as long. Processes that a program starts are of this machine's kind
# again, so that tests that start some are left out.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mkdir -p "$1" && cd "$1" && pwd)
modules=${MODULES:-label_pairs,argmax_ids}

if [ ! -x "$folder/root/usr/bin/python3.11" ]; then
  mirror=$(awk '/^URIs/ {print $2; exit}' /etc/apt/sources.list.d/* 2>/dev/null || true)
  debootstrap --arch=arm64 --variant=minbase --foreign --include=python3 bookworm "$folder/root" \
    "${mirror:-http://deb.debian.org/debian}" >"$folder/debootstrap.log" 2>&1
  for package in "$folder"/root/var/cache/apt/archives/*.deb; do dpkg -x "$package" "$folder/root"; done
fi
platforms=()
for tag in manylinux_2_28 manylinux_2_27 manylinux_2_17 manylinux2014; do platforms+=(--platform "${tag}_aarch64"); done
python3 -m pip install -q --no-deps --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 --abi abi3 \
  --abi none "${platforms[@]}" --target "$folder/site" --upgrade \
  numpy numba llvmlite pytest hypothesis sortedcontainers pluggy iniconfig packaging pygments
rm -rf "$folder/site/f1core"
cp -r "$repository/f1core" "$folder/site/f1core"
rm -rf "$folder"/site/f1core/backends/aot/{manifest.json,x86-64-v*,generic}

arm() {
  qemu-aarch64-static -cpu max -L "$folder/root" -E PYTHONPATH="$folder/site" -E PYTHONDONTWRITEBYTECODE=1 \
    "$folder/root/usr/bin/python3.11" "$@"
}
cd "$repository"
arm -m f1core.backends.aot.build --jobs 1 --modules "$modules"
arm -m f1core --version
arm -m pytest -q -p no:cacheprovider -k "labels or argmax or multiclass" tests/backends/test_backends.py
