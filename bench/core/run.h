/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "comparison.h"
#include "bench_options.h"

/* Check and then time one case. *agree: whether the implementations do; if not, nothing is
 * timed. */
typedef bpb_status run_case(const struct bench_case *shape, const struct options *options,
                            struct report *report, bool *agree);
run_case bench_drun_case, bench_srun_case;

#endif
