/* SPDX-License-Identifier: BSD-3-Clause */
/* How a program of the bench ends. */
#ifndef BENCH_OUTCOME_H
#define BENCH_OUTCOME_H

enum { CODE_FINE, CODE_FAILED, CODE_USAGE };

/* Say on stderr what failed and why; CODE_FAILED. */
int fail(const char *what, const char *why);

/* What has been printed may still fail to arrive, on a full disk for example; else the code. */
int finish(int code);

#endif
