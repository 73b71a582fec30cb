/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_AGREEMENT_TMPL_H
#define BENCH_AGREEMENT_TMPL_H

#include "problem_tmpl.h"

/*
 * Whether the library and the naive baselines agree on outputs, gradient and parameters after
 * steps, and whether these are such that it means something. What does not is told on stderr.
 */
bpb_status BENCH(check)(const struct BENCH(problem) *problem, bool *agree);

/* The same of the outputs of one more subject, whose columns repeat the problem's. */
bpb_status BENCH(check_forward)(const struct BENCH(problem) *problem, const char *name,
                                const struct subject *subject, bool *agree);

/* And of its gradient. */
bpb_status BENCH(check_gradient)(const struct BENCH(problem) *problem, const char *name,
                                 const struct subject *subject, bool *agree);

#endif
