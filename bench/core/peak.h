/* SPDX-License-Identifier: BSD-3-Clause */
/* The multiply-add peak of one core, to compare with: chains of them in registers alone. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include "subject.h"

/* A subject whose every operation runs the chains, *flops operations a run, on the widest vectors
 * that this CPU has. */
void bench_dpeak_create(struct subject *subject, double *flops);
void bench_speak_create(struct subject *subject, double *flops);

/* The vectors in use: "avx512", "avx2", or "generic" for the compiler's default. */
const char *peak_vectors(void);

#endif
