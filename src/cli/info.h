/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas info: what it was asked for, and a model in either precision. */
#ifndef CLI_INFO_H
#define CLI_INFO_H

struct info_settings {
    const char *model; /* NULL: about the BLAS and the machine */
};

/* The command for a model. An int code. */
int bpb_dcli_info(const char *path);
int bpb_scli_info(const char *path);

#endif
