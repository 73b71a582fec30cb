/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages about errors. */
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

#define REASON_BYTES 512

/* bpb_error(), without the name of the object. Returns text. */
const char *reason_of(bpb_status status, const char *object, char *text, size_t bytes);

/* "bpblas: cannot <action> <object>: <reason>". Returns the code for the status. */
int complain_status(bpb_status status, const char *action, const char *object);

#endif
