/* SPDX-License-Identifier: BSD-3-Clause */
#include "kinds.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpblas.h"
#include "cli/table/image_folder.h"
#include "cli/table/rows.h"
#include "digits.h"

static bool read_whole(const char *text, uint64_t *value)
{
    return read_digits(&text, value) && *text == '\0';
}

static bool read_seed(const char *text, void *value)
{
    return read_whole(text, value);
}

static bool read_seeds(const char *text, void *value)
{
    struct seeds *seeds = value;
    for (seeds->count = 0; seeds->count < SEEDS_MAX; text++) {
        if (!read_digits(&text, &seeds->seed[seeds->count++]))
            return false;
        if (*text != ',')
            return *text == '\0';
    }
    return false;
}

static bool read_count(const char *text, void *value)
{
    uint64_t whole;
    if (!read_whole(text, &whole) || whole > SIZE_MAX)
        return false;
    *(size_t *)value = (size_t)whole;
    return true;
}

static bool read_size(const char *text, void *value)
{
    return read_count(text, value) && *(size_t *)value > 0;
}

static bool read_folds(const char *text, void *value)
{
    return read_count(text, value) && *(size_t *)value > 1;
}

static bool read_threads(const char *text, void *value)
{
    if (strcmp(text, "all") == 0) {
        *(size_t *)value = 0;
        return true;
    }
    return read_size(text, value) && *(size_t *)value <= THREADS_MAX;
}

/* No blanks, hexadecimals, names of infinities or overflow, all of which strtod takes. */
static bool read_real(const char *text, double *value)
{
    if (*text == '\0' || text[strspn(text, "+-.0123456789eE")] != '\0')
        return false;
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    return *end == '\0' && errno == 0 && isfinite(*value);
}

static bool read_rate(const char *text, void *value)
{
    return read_real(text, value) && *(double *)value > 0.0;
}

static bool read_penalty(const char *text, void *value)
{
    return read_real(text, value) && *(double *)value >= 0.0;
}

static bool read_fraction(const char *text, void *value)
{
    return read_penalty(text, value) && *(double *)value < 1.0;
}

static bool read_open(const char *text, void *value)
{
    return read_rate(text, value) && *(double *)value < 1.0;
}

static bool read_not_zero(const char *text, void *value)
{
    return read_real(text, value) && *(double *)value != 0.0;
}

static bool read_batch(const char *text, void *value)
{
    if (strcmp(text, "all") != 0)
        return read_size(text, value);
    *(size_t *)value = SIZE_MAX;
    return true;
}

static bool read_rows(const char *text, void *value)
{
    *(const char **)value = text;
    return rows_are(text);
}

/* The check whose name the first length characters are. */
static bool find_check(const char *text, size_t length, unsigned *check)
{
    for (*check = 0; *check < BPB_CHECKS; ++*check) {
        const char *name = bpb_name(BPB_NAMES_CHECK, (bpb_check_kind)*check);
        if (strlen(name) == length && memcmp(name, text, length) == 0)
            return true;
    }
    return false;
}

static bool read_checks(const char *text, void *value)
{
    unsigned *checks = value, check;
    *checks = 0;
    for (;; text++) {
        const size_t length = strcspn(text, ",");
        if (!find_check(text, length, &check))
            return false;
        *checks |= 1u << check;
        text += length;
        if (*text == '\0')
            return true;
    }
}

static bool read_widths(const char *text, void *value)
{
    struct widths *widths = value;
    widths->count = 0;
    for (; widths->count < WIDTHS_MAX; text++) {
        uint64_t width;
        if (!read_digits(&text, &width) || width == 0 || width > INT32_MAX)
            return false;
        widths->units[widths->count++] = (size_t)width;
        if (*text != ',')
            return *text == '\0' && widths->count > 1;
    }
    return false;
}

static bool read_path(const char *text, void *value)
{
    *(const char **)value = text;
    return *text != '\0';
}

static bool read_flag(const char *text, void *value)
{
    (void)text;
    return *(bool *)value = true;
}

/* A kind whose values are the names of an enum of the library. */
#define NAMED_KIND(what, type, of)                                                                 \
    static bool read_##what(const char *text, void *value)                                         \
    {                                                                                              \
        int found;                                                                                 \
        if (bpb_value_of_name(of, text, &found) != BPB_OK)                                         \
            return false;                                                                          \
        *(type *)value = (type)found;                                                              \
        return true;                                                                               \
    }                                                                                              \
    static const char *name_##what(size_t i)                                                       \
    {                                                                                              \
        return bpb_name(of, (int)i);                                                               \
    }                                                                                              \
    const struct kind kind_##what = {.read = read_##what, .name = name_##what}

NAMED_KIND(activation, bpb_activation, BPB_NAMES_ACTIVATION);
NAMED_KIND(loss, bpb_loss_kind, BPB_NAMES_LOSS);
NAMED_KIND(init, bpb_init, BPB_NAMES_INIT);
NAMED_KIND(schedule, bpb_schedule_kind, BPB_NAMES_SCHEDULE);

static const struct word optimizers[] = {{"sgd", BPB_SGD},
                                         {"momentum", BPB_MOMENTUM},
                                         {"nesterov", BPB_NESTEROV},
                                         {"adagrad", BPB_ADAGRAD},
                                         {"rmsprop", BPB_RMSPROP},
                                         {"adam", BPB_ADAM},
                                         {"amsgrad", OPTIMIZER_AMSGRAD},
                                         {"adamw", OPTIMIZER_ADAMW},
                                         {"irprop+", BPB_IRPROP_PLUS},
                                         {"irprop-", BPB_IRPROP_MINUS},
                                         {NULL, 0}};
static const struct word precisions[] = {{"float", 4}, {"double", 8}, {NULL, 0}};
static const struct word stored[] = {{"stored", 0}, {"float", 4}, {"double", 8}, {NULL, 0}};
static const struct word scales[] = {{"255", 255}, {"256", 256}, {"1", 1}, {NULL, 0}};
static const struct word plannings[] = {{"estimate", BPB_PLAN_ESTIMATE},
                                        {"measure", BPB_PLAN_MEASURE},
                                        {"cblas", BPB_PLAN_CBLAS},
                                        {NULL, 0}};
static const struct word parts[] = {{"test", PART_TEST}, {"train", PART_TRAIN}, {NULL, 0}};

const struct kind kind_flag = {.read = read_flag, .wanted = "nothing"};
const struct kind kind_path = {.read = read_path, .wanted = "a path"};
const struct kind kind_count = {.read = read_count, .wanted = "a whole number of at least 0"};
const struct kind kind_size = {.read = read_size, .wanted = "a whole number of at least 1"};
const struct kind kind_seed = {.read = read_seed, .wanted = "a whole number from 0 to 2^64-1"};
const struct kind kind_seeds = {
    .read = read_seeds, .wanted = "1 to 64 whole numbers from 0 to 2^64-1, with commas between"};
const struct kind kind_folds = {.read = read_folds, .wanted = "a whole number of at least 2"};
const struct kind kind_rate = {.read = read_rate, .wanted = "a number above 0"};
const struct kind kind_penalty = {.read = read_penalty, .wanted = "a number of at least 0"};
const struct kind kind_fraction = {.read = read_fraction,
                                   .wanted = "a number of at least 0 and below 1"};
const struct kind kind_open = {.read = read_open, .wanted = "a number above 0 and below 1"};
const struct kind kind_not_zero = {.read = read_not_zero, .wanted = "a number other than 0"};
const struct kind kind_batch = {.read = read_batch,
                                .wanted = "a whole number of at least 1, or all"};
const struct kind kind_rows = {.read = read_rows,
                               .wanted = "numbers and ranges with commas between, or all"};
const struct kind kind_checks = {
    .read = read_checks,
    .wanted = "names with commas between, of gradient, inputs, jacobian, jvp, vjp, hvp"};
const struct kind kind_widths = {
    .read = read_widths, .wanted = "2 to 64 widths with commas between, each from 1 to 2^31-1"};
const struct kind kind_precision = {.words = precisions};
const struct kind kind_stored = {.words = stored};
const struct kind kind_scale = {.words = scales};
const struct kind kind_threads = {.read = read_threads,
                                  .wanted = "a whole number from 1 to 1024, or all"};
const struct kind kind_planning = {.words = plannings};
const struct kind kind_optimizer = {.words = optimizers};

const char *optimizer_name(size_t optimizer)
{
    for (const struct word *word = optimizers; word->text; word++)
        if (word->value == optimizer)
            return word->text;
    return NULL;
}
const struct kind kind_part = {.words = parts};

bool kind_read(const struct kind *kind, const char *text, void *value)
{
    if (kind->read)
        return kind->read(text, value);
    for (const struct word *word = kind->words; word->text; word++) {
        if (strcmp(word->text, text) == 0) {
            *(size_t *)value = word->value;
            return true;
        }
    }
    return false;
}

static const char *word_of(const struct kind *kind, size_t i)
{
    return kind->name ? kind->name(i) : kind->words[i].text;
}

void kind_wanted(const struct kind *kind, char *text, size_t bytes)
{
    if (kind->wanted) {
        snprintf(text, bytes, "%s", kind->wanted);
        return;
    }
    size_t used = 0;
    for (size_t i = 0; word_of(kind, i) && used < bytes; i++)
        used += (size_t)snprintf(text + used, bytes - used, "%s%s",
                                 i > 0              ? ", "
                                 : word_of(kind, 1) ? "one of "
                                                    : "",
                                 word_of(kind, i));
}
