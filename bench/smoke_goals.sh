#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# smoke_goals.sh PROGRAM: bpblas-goals prints and writes a line for every figure, and refuses what
# it should. Whether a goal is reached is nothing a test could judge.
. "$(dirname "$0")/smoke_common.sh"

names=peak,threads,double,small,tanh,cells,predict,epoch,bytes,core,jvp,hvp,inputs,own,targets
expect 0 --only $names --cases XS,S1,T,G64 --seconds 0.001 --json "$folder/lines"
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

expect 0 --list
count 16 table '^[a-z][a-z]* '
expect 0 --help
expect 1 --only bytes --json "$folder/none/lines"
expect 2 --only nonsense
expect 2 --cases XS,nonsense
expect 2 --threads 0
expect 2 --nonsense
