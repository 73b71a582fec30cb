/* SPDX-License-Identifier: BSD-3-Clause */
#include "model/function_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/texts.h"

#define OWN_PREFIX "own:"

/* Digits, a point, an exponent: no more than are written. */
static bpb_status read_parameter(const char *name, const char *text, double *parameter)
{
    char *end = (char *)text;
    const bool is_plain = *text && strspn(text, "0123456789.e+-") == strlen(text);
    struct decimal decimal;
    TRY(decimal_enter(&decimal));
    *parameter = is_plain ? strtod(text, &end) : 0;
    decimal_leave(&decimal);
    REQUIRE(*end == '\0' && *parameter > 0, BPB_ERR_FORMAT,
            "the parameter of the function \"%s\" is \"%s\", no number above 0", CLIP(name),
            CLIP(text));
    return BPB_OK;
}

bpb_status bpb_function_read(const char **text, struct function_text *function)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    const size_t prefix = sizeof OWN_PREFIX - 1;
    *function = (struct function_text){.own = strncmp(*text, OWN_PREFIX, prefix) == 0};
    *text += function->own ? prefix : 0;
    size_t n = strcspn(*text, ",");
    REQUIRE(n < sizeof function->name, BPB_ERR_FORMAT,
            "the function \"%s\" has %zu characters; at most %zu are read", CLIP(*text), n,
            sizeof function->name - 1);
    memcpy(function->name, *text, n);
    *text += n;
    if (function->own) {
        REQUIRE(n > 0 && n < BPB_NAME_BYTES && strspn(function->name, letters) == n, BPB_ERR_FORMAT,
                "\"own:%s\" is no name of a function", CLIP(function->name));
        return BPB_OK;
    }
    char *parameter = strchr(function->name, ':');
    if (!parameter)
        return BPB_OK;
    *parameter = '\0';
    return read_parameter(function->name, parameter + 1, &function->parameter);
}

size_t bpb_function_write(char *text, const char *name, bool own, double parameter)
{
    size_t n = (size_t)snprintf(text, FUNCTION_TEXT_BYTES, "%s%s", own ? OWN_PREFIX : "", name);
    if (parameter > 0)
        n += (size_t)snprintf(text + n, FUNCTION_TEXT_BYTES - n, ":%.17g", parameter);
    return n;
}
