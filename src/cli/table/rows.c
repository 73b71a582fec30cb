/* SPDX-License-Identifier: BSD-3-Clause */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "cli/common/command.h"
#include "cli/common/digits.h"
#include "cli/common/say.h"

/* One number or range, and the comma after it if another one follows. */
static bool read_item(const char **text, size_t *first, size_t *last)
{
    if (!read_range(text, first, last))
        return false;
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
        if (!read_item(&text, &first, &last))
            return false;
    } while (*text);
    return true;
}

static int count_rows(const char *text, size_t n, size_t *count)
{
    size_t first, last;
    *count = 0;
    while (*text && read_item(&text, &first, &last)) {
        if (last >= n) {
            complain("--rows: there is no sample %zu: the data have %zu, from 0 to %zu", last, n,
                     n - 1);
            return CODE_USAGE;
        }
        *count += last - first + 1;
    }
    return CODE_FINE;
}

static size_t *append_range(size_t *rows, size_t first, size_t last)
{
    for (size_t i = first; i <= last; i++)
        *rows++ = i;
    return rows;
}

int rows_choose(const char *text, size_t first, size_t n, size_t **rows, size_t *count)
{
    const bool is_list = text && !is_all(text);
    *count = !text && first > 0 && first < n ? first : n;
    if (is_list)
        ATTEMPT(count_rows(text, n, count));
    size_t *next = *rows = calloc(*count, sizeof **rows);
    if (!next)
        return complain_status(BPB_ERR_MEMORY, "hold", "the numbers of the samples");
    if (!is_list)
        append_range(next, 0, *count - 1);
    size_t last;
    while (is_list && *text && read_item(&text, &first, &last))
        next = append_range(next, first, last);
    return CODE_FINE;
}
