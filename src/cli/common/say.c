/* SPDX-License-Identifier: BSD-3-Clause */
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

void complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("bpblas: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

int complain_status(bpb_status status, const char *action, const char *object)
{
    const int error = errno;
    const bool by_errno = status == BPB_ERR_IO && error != 0;
    complain("cannot %s %s: %s", action, object, by_errno ? strerror(error) : bpb_strerror(status));
    return status == BPB_NONFINITE ? CODE_NONFINITE : CODE_FAILED;
}
