/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a file can be written, found out before an hour of training and not after it. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

/* How the file will come about. */
enum output {
    OUTPUT_OPENED, /* opened and overwritten */
    OUTPUT_RENAMED /* made beside it and renamed over it */
};

/* An int code. option names the path in the complaint; path NULL: nothing to check. */
int output_check(const char *option, const char *path, enum output how);

#endif
