/* SPDX-License-Identifier: BSD-3-Clause */
/* Classes by name: texts are sorted, so that equal ones come together, however many there are. */
#include <stdlib.h>
#include <string.h>

#include "data/csv.h"
#include "base/ranges.h"

#define NO_CLASS CSV_NO_COLUMN

/* A text, and which one it was. */
struct text_place {
    const char *text;
    size_t j;
};

bpb_status bpb_csv_labels_check(const bpb_csv_labels *labels)
{
    REQUIRE(labels->names || labels->n_names == 0, BPB_ERR_NULL,
            "labels->names is NULL, and labels->n_names is %zu", labels->n_names);
    REQUIRE(!labels->names || labels->n_names > 0, BPB_ERR_SIZE,
            "labels->n_names is 0, and labels->names is not NULL");
    for (size_t k = 0; k < labels->n_names; k++)
        REQUIRE(labels->names[k], BPB_ERR_NULL, "labels->names[%zu] is NULL", k);
    return bpb_option_reserved("labels->", labels->reserved);
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct text_place *)a)->text, ((const struct text_place *)b)->text);
}

static void sort_texts(const struct texts *texts, struct text_place *places)
{
    const char *text = texts->bytes;
    for (size_t j = 0; j < texts->n; j++, text = bpb_texts_next(text))
        places[j] = (struct text_place){text, j};
    qsort(places, texts->n, sizeof *places, compare);
}

static size_t find_class(const bpb_csv_labels *labels, const char *text)
{
    for (size_t k = 0; k < labels->n_names; k++)
        if (strcmp(labels->names[k], text) == 0)
            return k;
    return NO_CLASS;
}

/* The class of a text that is other than those before; where names are not given, a new one. */
static bpb_status class_of(const bpb_csv_labels *labels, const char *text, struct texts *names,
                           size_t *class)
{
    *class = labels->names ? find_class(labels, text) : names->n;
    return labels->names ? BPB_OK : bpb_texts_add(names, text);
}

/* *bad: the first text without a class, or NO_CLASS. */
static bpb_status number(const struct text_place *places, size_t n, const bpb_csv_labels *labels,
                         size_t *classes, struct texts *names, size_t *bad)
{
    size_t class = NO_CLASS;
    *bad = NO_CLASS;
    for (size_t k = 0; k < n; k++) {
        if (k == 0 || compare(&places[k - 1], &places[k]) != 0)
            TRY(class_of(labels, places[k].text, names, &class));
        classes[places[k].j] = class;
        if (class == NO_CLASS)
            *bad = BPB_MIN(*bad, places[k].j);
    }
    return BPB_OK;
}

bpb_status bpb_csv_classify(const struct texts *texts, const bpb_csv_labels *labels,
                            size_t **classes, struct texts *names, size_t *bad)
{
    REQUIRE(texts->n <= PTRDIFF_MAX / sizeof(struct text_place), BPB_ERR_SIZE,
            "%zu class names are more than can be addressed", texts->n);
    for (size_t k = 0; k < labels->n_names; k++)
        TRY(bpb_texts_add(names, labels->names[k]));
    struct text_place *places = malloc(texts->n * sizeof *places);
    *classes = malloc(texts->n * sizeof **classes);
    bpb_status status;
    *bad = NO_CLASS;
    if (!places || !*classes) {
        status = bpb_refuse(BPB_ERR_MEMORY, "no memory for %zu class names", texts->n);
    } else {
        sort_texts(texts, places);
        status = number(places, texts->n, labels, *classes, names, bad);
    }
    free(places);
    return status;
}
