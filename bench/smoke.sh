#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# smoke.sh PROGRAM: the bench finds that all agree, writes every row, and refuses what it should.
set -u
bench=$1
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "smoke.sh: $*" >&2
    exit 1
}

# expect CODE OPTION...
expect() {
    wanted=$1
    shift
    "$bench" "$@" > "$folder/table"
    code=$?
    [ "$code" -eq "$wanted" ] || fail "$* exits with $code, not $wanted"
}

# How many lines of a file have a pattern; expected so many.
count() {
    found=$(grep -c -- "$3" "$folder/$2")
    [ "$found" -eq "$1" ] || fail "$found lines of $2 have $3, not $1"
}

# 4 cases, 4 implementations, 3 operations, 2 precisions
expect 0 --quick --cases XS,S1,G --seconds 0.002 --json "$folder/rows"
count 1 rows '^{"machine": {"cpu": ".*"}}$'
count 96 rows '^{"case": ".*", "impl": ".*", "op": ".*", "precision": "f[36][24]", "batch": .*}$'
count 0 rows ': -*nan\|: -*inf'
count 24 table '^G64 '

expect 0 --help
expect 1 --cases XS --json "$folder/none/rows"
expect 2 --cases XS,nonsense
expect 2 --impl nonsense
expect 2 --seconds 0
expect 2 --nonsense
