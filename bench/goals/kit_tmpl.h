/* SPDX-License-Identifier: BSD-3-Clause */
/* Subjects that only the goals have. They refer to the problem. */
#ifndef BENCH_KIT_TMPL_H
#define BENCH_KIT_TMPL_H

#include "kit.h"
#include "core/problem_tmpl.h"

/* See struct kit. */
bpb_status BENCH(predict_create)(struct subject *subject, const struct BENCH(problem) *problem,
                                 size_t columns, const bpb_plan_options *plan);
bpb_status BENCH(read_create)(struct subject *subject, const struct BENCH(problem) *problem);
bpb_status BENCH(epoch_create)(struct subject *subject, const struct BENCH(problem) *problem,
                               bool own_clock);
bpb_status BENCH(check_epoch)(const struct BENCH(problem) *problem, const struct subject *epoch,
                              bool *agree);
bpb_status BENCH(derivative_create)(struct subject *subject,
                                    const struct BENCH(problem) *problem, enum derivative which);
bpb_status BENCH(check_derivative)(const struct subject *derivative, bool *agree);
bpb_status BENCH(delta_create)(struct subject *subject, const struct BENCH(problem) *problem);
bpb_status BENCH(check_delta)(const struct BENCH(problem) *problem, const struct subject *inputs,
                              const struct subject *delta, bool *agree);

#endif
