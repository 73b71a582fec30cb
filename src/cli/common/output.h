/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that are written. Whether they can be is checked before an hour of training, not after. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdio.h>

/* How the file will be written. */
enum output {
    OUTPUT_OPENED, /* opened and overwritten */
    OUTPUT_RENAMED /* written to a temporary file, which is renamed over it */
};

/* An int code. option names the path in the complaint; path NULL: nothing to check. */
int output_check(const char *option, const char *path, enum output how);

/* *file = the file of that path, or standard output if path is NULL. An int code. */
int output_open(FILE **file, const char *path);

/* Close it, unless it is standard output. code is that of the writing; an int code, CODE_FAILED
 * if what was written did not arrive. */
int output_close(FILE *file, const char *path, int code);

#endif
