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
    /* The library names a file at the end of its sentence; here the file comes first. */
    const size_t n = strlen(why), m = strlen(object);
    const bool is_named = n > m + 2 && strcmp(why + n - m, object) == 0;
    complain("cannot %s %s: %.*s", action, object, (int)(is_named ? n - m - 2 : n), why);
    return status == BPB_NONFINITE ? CODE_NONFINITE : CODE_FAILED;
}
