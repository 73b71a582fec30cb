/* SPDX-License-Identifier: BSD-3-Clause */
/* A function as model files spell it: "sigmoid", "leaky-relu:0.2", "own:swish". */
#ifndef BPB_FUNCTION_TEXT_H
#define BPB_FUNCTION_TEXT_H

#include "base/common.h"

#define FUNCTION_TEXT_BYTES 64 /* of the longest, with the closing 0 */

struct function_text {
    char name[FUNCTION_TEXT_BYTES];
    bool own;         /* the user's */
    double parameter; /* 0: none is there */
};

/* The function at *text, which moves behind it, to a comma or the end. BPB_ERR_FORMAT,
 * BPB_ERR_MEMORY. */
bpb_status bpb_function_read(const char **text, struct function_text *function);

/* The reverse; how long it is. Digits that give the parameter back, within decimal_enter and
 * decimal_leave. */
size_t bpb_function_write(char *text, const char *name, bool own, double parameter);

#endif
