/* SPDX-License-Identifier: BSD-3-Clause */
#include "say.h"

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
    /* Memory may have been missing here and not in the library. */
    const char *why = status < 0 && status != BPB_ERR_MEMORY ? bpb_error() : bpb_strerror(status);
    const bool named = strstr(why, object) != NULL;
    complain("cannot %s%s%s: %s", action, named ? "" : " ", named ? "" : object, why);
    return status == BPB_NONFINITE ? CODE_NONFINITE : CODE_FAILED;
}
