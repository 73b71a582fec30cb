# SPDX-License-Identifier: BSD-3-Clause
# What the smoke tests of the bench's programs share; $1 is the program.
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

# How many lines of a file have a pattern; expected so many.
count() {
    found=$(grep -c -- "$3" "$folder/$2")
    [ "$found" -eq "$1" ] || fail "$found lines of $2 have $3, not $1"
}
