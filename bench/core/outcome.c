/* SPDX-License-Identifier: BSD-3-Clause */
#include "outcome.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

int fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", program, what, why);
    return CODE_FAILED;
}

int finish(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    return fail("standard output", strerror(errno));
}
