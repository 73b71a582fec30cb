#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# smoke.sh PROGRAM: the bench finds that all agree, writes every row, and refuses what it should.
. "$(dirname "$0")/smoke_common.sh"

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
