/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps timed in a process of its own, since OpenBLAS chooses its kernels once a process. */
#ifndef BENCH_POOR_CORE_H
#define BENCH_POOR_CORE_H

#include "match.h"

/* The option by which the program, executed again, serves times of the case named after it. */
#define SERVE "--serve"

/* Serve until the input ends. Returns the program's exit code. */
int child_serve(const char *name);

/* A subject whose blocks are those of a child that serves this case. core: what OPENBLAS_CORETYPE
 * is set to, NULL: left as it is. used: the core that the child then has. */
bpb_status child_create(struct subject *subject, const struct bench_case *shape, const char *core,
                        char used[32]);

#endif
