/* SPDX-License-Identifier: BSD-3-Clause */
#include "arguments.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

#define SECONDS_MAX 3600.0
#define THREADS_MAX 1024

/* The names that begin with the length characters at word. */
static unsigned matching(const char *word, size_t length, const char *const *names, size_t n)
{
    unsigned set = 0;
    for (size_t i = 0; i < n && length > 0; i++)
        if (strncmp(names[i], word, length) == 0)
            set |= BIT(i);
    return set;
}

static bool refuse_name(const char *word, size_t length, const char *const *names, size_t n)
{
    fprintf(stderr, "%s: there is no \"%.*s\"; there are", program, (int)length, word);
    for (size_t i = 0; i < n; i++)
        fprintf(stderr, " %s", names[i]);
    fputc('\n', stderr);
    return false;
}

bool read_set(const char *list, const char *const *names, size_t n, unsigned *set)
{
    *set = 0;
    for (;;) {
        const size_t length = strcspn(list, ",");
        const unsigned found = matching(list, length, names, n);
        if (found == 0)
            return refuse_name(list, length, names, n);
        *set |= found;
        if (list[length] == '\0')
            return true;
        list += length + 1;
    }
}

bool read_cases(const char *list, unsigned *set)
{
    const char *names[CASES];
    for (size_t i = 0; i < CASES; i++)
        names[i] = bench_cases[i].name;
    return read_set(list, names, CASES, set);
}

bool read_seconds(const char *text, double *seconds)
{
    char *end;
    *seconds = strtod(text, &end);
    if (end != text && *end == '\0' && *seconds > 0 && *seconds <= SECONDS_MAX)
        return true;
    fprintf(stderr, "%s: --seconds cannot be \"%s\": give a number over 0, at most %.0f\n",
            program, text, SECONDS_MAX);
    return false;
}

bool read_threads(const char *text, size_t *threads)
{
    char *end;
    const unsigned long value = strtoul(text, &end, 10);
    *threads = value;
    if (isdigit((unsigned char)*text) && *end == '\0' && value >= 1 && value <= THREADS_MAX)
        return true;
    fprintf(stderr, "%s: --threads cannot be \"%s\": give a whole number, 1 to %d\n", program,
            text, THREADS_MAX);
    return false;
}
