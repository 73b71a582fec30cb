/* SPDX-License-Identifier: BSD-3-Clause */
#include "digits.h"

bool read_digits(const char **text, uint64_t *number)
{
    const char *begin = *text;
    *number = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        const uint64_t digit = (uint64_t)(**text - '0');
        if (*number > (UINT64_MAX - digit) / 10)
            return false;
        *number = 10 * *number + digit;
    }
    return *text != begin;
}

static bool read_size(const char **text, size_t *size)
{
    uint64_t number;
    if (!read_digits(text, &number) || number > SIZE_MAX)
        return false;
    *size = (size_t)number;
    return true;
}

bool read_range(const char **text, size_t *first, size_t *last)
{
    if (!read_size(text, first))
        return false;
    *last = *first;
    if (**text != '-')
        return true;
    (*text)++;
    return read_size(text, last) && *first <= *last;
}
