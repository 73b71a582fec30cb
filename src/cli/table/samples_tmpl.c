/* SPDX-License-Identifier: BSD-3-Clause */
#include "samples_tmpl.h"

#include "base/class_index.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/common/command.h"
#include "cli/common/say.h"

static int refuse_form(const char *path)
{
    if (path_is_npy(path))
        complain("cannot read %s: its elements are no plain numbers (integers, booleans, floats of "
                 "4 or 8 bytes), or it is no array of them",
                 path);
    else
        complain("cannot read %s: built without zlib; unpack it with gunzip", path);
    return CODE_FAILED;
}

/* An IDX file, or a NumPy file. V->data is the caller's to free even where the code is not
 * CODE_FINE. */
static int read_array(out_t *V, const char *path)
{
    bpb_where where;
    const bpb_status status = (path_is_npy(path) ? BPB(npy_read) : BPB(idx_read))(V, path, &where);
    if (status == BPB_OK)
        return CODE_FINE;
    if (status == BPB_NONFINITE) {
        complain("%s: value %zu of sample %zu (counted from 0) is not finite: correct the file",
                 path, where.row, where.col);
        return CODE_NONFINITE;
    }
    if (status == BPB_ERR_UNSUPPORTED)
        return refuse_form(path);
    return complain_status(status, "read", path);
}

int BPB(cli_read_images)(out_t *X, const char *path)
{
    return read_array(X, path);
}

static int read_labels(struct samples *samples, const char *images, const char *labels)
{
    ATTEMPT(read_array(&samples->labels, labels));
    if (samples->labels.rows != 1) {
        complain("%s holds %zu values a sample, not one label", labels, samples->labels.rows);
        return CODE_FAILED;
    }
    if (samples->labels.cols != samples->X.cols) {
        complain("%s holds %zu samples, but %s holds %zu labels: they do not belong together",
                 images, samples->X.cols, labels, samples->labels.cols);
        return CODE_FAILED;
    }
    return CODE_FINE;
}

int BPB(cli_read_samples)(struct samples *samples, const char *folder, enum part part)
{
    char images[PATH_BYTES], labels[PATH_BYTES];
    samples->folder = folder;
    samples->part = part;
    ATTEMPT(part_path(images, folder, part, CONTENT_IMAGES));
    ATTEMPT(part_path(labels, folder, part, CONTENT_LABELS));
    ATTEMPT(read_array(&samples->X, images));
    return read_labels(samples, images, labels);
}

static int refuse_label(const struct samples *samples, size_t column, size_t classes)
{
    char place[32] = "";
    if (!samples->is_table)
        snprintf(place, sizeof place, "the %s part of ", part_name(samples->part));
    complain("label %g of sample %zu (counted from 0) in %s%s is not a whole number from 0 to %zu",
             (double)samples->labels.data[column], column, place, samples->folder, classes - 1);
    return CODE_FAILED;
}

int BPB(cli_classes)(const struct samples *samples, size_t *classes)
{
    const size_t most = INT32_MAX;
    *classes = 1;
    for (size_t j = 0; j < samples->labels.cols; j++) {
        const real label = samples->labels.data[j];
        if (class_of((double)label, most) == NO_CLASS)
            return refuse_label(samples, j, most);
        if ((size_t)label >= *classes)
            *classes = (size_t)label + 1;
    }
    return CODE_FINE;
}

int BPB(cli_make_targets)(struct samples *samples, size_t classes)
{
    const size_t n = samples->labels.cols;
    if (n == 0)
        return CODE_FINE;
    samples->T = (out_t){.rows = classes, .cols = n};
    if (classes <= SIZE_MAX / sizeof(real) / n)
        samples->T.data = malloc(classes * n * sizeof(real));
    if (!samples->T.data)
        return complain_status(BPB_ERR_MEMORY, "hold the targets of", samples->folder);
    bpb_where where;
    const bpb_status status = BPB(one_hot)(BPB(view_of)(samples->labels), samples->T, &where);
    if (status == BPB_ERR_LABEL)
        return refuse_label(samples, where.col, classes);
    return status == BPB_OK ? CODE_FINE
                            : complain_status(status, "use the labels of", samples->folder);
}

targets_t BPB(cli_targets)(const struct samples *samples)
{
    const view_t T = BPB(view_of)(samples->T);
    return samples->labels.data ? BPB(classes)(T) : BPB(values)(T);
}

set_t BPB(cli_set)(const struct samples *samples, size_t first, size_t count)
{
    if (!samples->X.data || count == 0)
        return (set_t){.source = NULL};
    return (set_t){
        .X = BPB(columns)(BPB(view_of)(samples->X), first, count),
        .T = BPB(target_columns)(BPB(cli_targets)(samples), first, count),
    };
}

void BPB(cli_free_samples)(struct samples *samples)
{
    bpb_free(samples->X.data);
    bpb_free(samples->labels.data);
    free(samples->T.data);
    free(samples->input_list);
    free(samples->target_list);
    bpb_free(samples->classes.names);
}
