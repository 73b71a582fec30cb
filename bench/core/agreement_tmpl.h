/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_AGREEMENT_TMPL_H
#define BENCH_AGREEMENT_TMPL_H

#include "problem_tmpl.h"

/*
 * Whether the library and the naive baselines agree on outputs, gradient and parameters after
 * steps. Values that hardly vary count as a disagreement, because they would prove nothing. stderr
 * says what disagrees.
 */
bpb_status BENCH(check)(const struct BENCH(problem) *problem, bool *agree);

/* The same for the outputs (OP_FORWARD) or the gradient (OP_GRADIENT) of one more subject. Its
 * columns repeat the problem's. */
bpb_status BENCH(check_op)(const struct BENCH(problem) *problem, const char *name,
                           const struct subject *subject, enum op op, bool *agree);

#endif
