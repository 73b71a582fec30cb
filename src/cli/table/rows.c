/* SPDX-License-Identifier: BSD-3-Clause */
#include "rows.h"

#include <stdint.h>
#include <string.h>

#include "cli/common/command.h"
#include "cli/common/say.h"

/* Digits and nothing else, behind which *text is left. */
static bool take_number(const char **text, size_t *number)
{
    const char *begin = *text;
    *number = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        const size_t digit = (size_t)(**text - '0');
        if (*number > (SIZE_MAX - digit) / 10)
            return false;
        *number = 10 * *number + digit;
    }
    return *text != begin;
}

/* One number, or a range, and the comma behind it. */
static bool take_item(const char **text, size_t *first, size_t *last)
{
    if (!take_number(text, first))
        return false;
    *last = *first;
    if (**text == '-') {
        (*text)++;
        if (!take_number(text, last) || *last < *first)
            return false;
    }
    if (**text != ',')
        return **text == '\0';
    (*text)++;
    return **text != '\0';
}

static bool is_all(const char *text)
{
    return strcmp(text, "all") == 0;
}

bool rows_are(const char *text)
{
    size_t first, last;
    if (is_all(text))
        return true;
    do {
        if (!take_item(&text, &first, &last))
            return false;
    } while (*text);
    return true;
}

int rows_count(const char *text, size_t n, size_t *count)
{
    size_t first, last;
    *count = is_all(text) ? n : 0;
    while (!is_all(text) && *text && take_item(&text, &first, &last)) {
        if (last >= n) {
            complain("--rows: there is no sample %zu: the data have %zu, from 0 to %zu", last, n,
                     n - 1);
            return CODE_USAGE;
        }
        *count += last - first + 1;
    }
    return CODE_FINE;
}

void rows_list(const char *text, size_t n, size_t *list)
{
    size_t first = 0, last = n - 1;
    if (is_all(text)) {
        for (size_t i = first; i <= last; i++)
            *list++ = i;
        return;
    }
    while (*text && take_item(&text, &first, &last)) {
        for (size_t i = first; i <= last; i++)
            *list++ = i;
    }
}
