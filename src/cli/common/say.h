/* SPDX-License-Identifier: BSD-3-Clause */
/* What the program says when something is wrong. */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include "bpblas.h"

#ifdef __GNUC__
#define SAY_FORMAT __attribute__((format(printf, 1, 2)))
#else
#define SAY_FORMAT
#endif

/* "bpblas: ..." on stderr, as one line. */
void complain(const char *format, ...) SAY_FORMAT;

/* "bpblas: cannot <action> <object>: <why>", where BPB_ERR_IO is explained by errno. Gives the
 * code that goes with the status. */
int complain_status(bpb_status status, const char *action, const char *object);

#endif
