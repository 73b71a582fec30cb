#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# bench_smoke.sh PROGRAM bench|goals: the form of the program finds that all sides agree, writes
# every line, and refuses what it should. No test can judge whether a goal is reached.
set -u
program=$1
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "$0: $*" >&2
    exit 1
}

# expect CODE OPTION...
expect() {
    wanted=$1
    shift
    "$program" "$@" > "$folder/table"
    code=$?
    [ "$code" -eq "$wanted" ] || fail "$* exits with $code, not $wanted"
}

# count N FILE PATTERN: how many lines of a file have the pattern.
count() {
    found=$(grep -c -- "$3" "$folder/$2")
    [ "$found" -eq "$1" ] || fail "$found lines of $2 have $3, not $1"
}

bench() {
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
    expect 2 --only peak
    expect 2 --list
    expect 2 --nonsense
}

goals() {
    names=peak,threads,double,small,tanh,cells,predict,epoch,bytes,core,jvp,hvp,inputs,own,targets
    expect 0 --goals --only $names --cases XS,S1,T,G64 --seconds 0.001 --json "$folder/lines"
    count 1 lines '^{"machine": {"cpu": ".*"}}$'
    count 0 lines 'nan\|: -*inf'
    count 4 lines '^{"what": "peak '
    count 2 lines '^{"what": "threads '
    count 2 lines '^{"what": "double '
    count 2 lines '^{"what": "small '
    count 4 lines '^{"what": "tanh '
    count 1 lines '^{"what": "cells '
    count 8 lines '^{"what": "predict '
    count 2 lines '^{"what": "epoch '
    count 3 lines '^{"what": "bytes'
    count 2 lines '^{"what": "core '
    count 9 lines '^{"what": "jvp '
    count 3 lines '^{"what": "hvp '
    count 3 lines '^{"what": "inputs '
    count 6 lines '^{"what": "own '
    count 1 lines '^{"what": "targets '

    expect 0 --goals --list
    count 17 table '^[a-z][a-z]* '
    expect 0 --goals --help
    expect 1 --goals --only bytes --json "$folder/none/lines"
    expect 2 --goals --only nonsense
    expect 2 --goals --cases XS,nonsense
    expect 2 --goals --threads 0
    expect 2 --goals --quick
    expect 2 --goals --nonsense
}

$2
