#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The library and the first program with nothing but a C compiler and a CBLAS: no build system,
# no JSON (model files answer BPB_ERR_UNSUPPORTED), no zlib, no LAPACK, no kernels of our own (they
# are compiled for AVX2 and AVX-512), functions for any x86-64.
# usage: plain_cc.sh FOLDER   (for what is built; made if it is not there)
set -e
: "${1:?usage: plain_cc.sh FOLDER}"
mkdir -p "$1"
out=$(cd "$1" && pwd)
top=$(dirname "$0")/../..
flags="-std=c11 -O3 -ffp-contract=off -fopenmp-simd -D_POSIX_C_SOURCE=200809L"
flags="$flags -pthread -DBPB_VERSION=\"plain\" -DBPB_HAVE_ZLIB=0 -DBPB_HAVE_JSON=0"
flags="$flags -DBPB_HAVE_LAPACK=0 -DBPB_LEVEL=generic"
cd "$top"
for bytes in 8 4; do
    for file in $(ls src/*/*_tmpl.c | grep -v -e src/cli -e tile_tmpl -e product_tmpl); do
        ${CC:-cc} $flags -DBPB_REAL_BYTES=$bytes -Iinclude -Isrc -c "$file" \
            -o "$out/$(echo "$file" | tr / _)_$bytes.o"
    done
done
for file in $(ls src/*/*.c | grep -v -e _tmpl.c -e src/cli); do
    ${CC:-cc} $flags -Iinclude -Isrc -c "$file" -o "$out/$(echo "$file" | tr / _).o"
done
${CC:-cc} -std=c11 -pthread -Iinclude docs/examples/first.c "$out"/*.o ${BLAS:--lopenblas} -lm -o "$out/first"
"$out/first"
