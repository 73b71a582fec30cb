/* SPDX-License-Identifier: BSD-3-Clause */
/* What a *_tmpl.c file of the bench uses. It is compiled once in double and once in float. */
#ifndef BENCH_TMPL_H
#define BENCH_TMPL_H

#include <float.h>

#include "bench.h"
#include "base/tmpl.h"

#define BENCH(name) BPB_SELECT(bench_d##name, bench_s##name)
#define PRECISION BPB_SELECT(PRECISION_F64, PRECISION_F32)
#define EPSILON BPB_SELECT(DBL_EPSILON, (double)FLT_EPSILON)

#endif
