/* SPDX-License-Identifier: BSD-3-Clause */
#include "pairs_tmpl.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "command.h"
#include "model.h"
#include "rows.h"
#include "say.h"

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static size_t outputs(const BPB(net) * net)
{
    return BPB(net_units)(net, BPB(net_layers)(net));
}

/* Whether the net's targets may be class indices. */
static bool takes_classes(const BPB(net) * net)
{
    return BPB(net_loss)(net) == BPB_CROSS_ENTROPY && outputs(net) > 1;
}

/* ---- A CSV or a NumPy file ---- */

static int refuse_table(bpb_status status, const char *path, bpb_where where)
{
    if (status == BPB_NONFINITE) {
        complain("%s: field %zu of sample %zu (both counted from 0) is not finite: correct the "
                 "file, or leave the sample out",
                 path, where.row, where.col);
        return CODE_NONFINITE;
    }
    if (status != BPB_ERR_FORMAT || is_npy(path))
        return complain_status(status, "read", path);
    complain("%s: field %zu of sample %zu (both counted from 0) is no number, or the sample has "
             "not as many fields as the first",
             path, where.row, where.col);
    return CODE_FAILED;
}

/* n_0 inputs, then the targets, or the class. */
static int check_fields(struct BPB(pairs) * pairs, const BPB(net) * net,
                        const struct pairs_settings *settings)
{
    const size_t fields = pairs->table.rows, inputs = BPB(net_units)(net, 0);
    const size_t targets = BPB(net_targets)(net);
    pairs->has_classes = takes_classes(net) && fields == inputs + 1;
    if (pairs->has_classes || fields == inputs + targets)
        return CODE_FINE;
    char or_class[64] = "";
    if (takes_classes(net))
        snprintf(or_class, sizeof or_class, ", or %zu with the class as the last", inputs + 1);
    complain("%s has %zu fields a sample, but the model %s takes %zu inputs and %zu targets: give "
             "%zu fields%s",
             settings->data, fields, settings->model, inputs, targets, inputs + targets, or_class);
    return CODE_FAILED;
}

static int read_table(struct BPB(pairs) * pairs, const BPB(net) * net,
                      const struct pairs_settings *settings)
{
    bpb_where where = {0, 0};
    const char *path = settings->data;
    const bpb_status status =
        (is_npy(path) ? BPB(npy_read) : BPB(csv_read))(&pairs->table, path, &where);
    if (status != BPB_OK)
        return refuse_table(status, path, where);
    ATTEMPT(check_fields(pairs, net, settings));
    const size_t inputs = BPB(net_units)(net, 0), fields = pairs->table.rows;
    pairs->X = (BPB(cview)){.data = pairs->table.data, .rows = inputs,
                            .cols = pairs->table.cols, .ld = fields};
    pairs->T = (BPB(cview)){.data = pairs->table.data + inputs, .rows = fields - inputs,
                            .cols = pairs->table.cols, .ld = fields};
    return CODE_FINE;
}

/* ---- A folder ---- */

static int read_folder(struct BPB(pairs) * pairs, const BPB(net) * net,
                       const struct pairs_settings *settings)
{
    struct BPB(samples) *samples = &pairs->samples;
    if (model_is_network2(settings->model)) {
        complain("the model %s keeps no pixel scale, so that images cannot be read for it: give a "
                 "CSV or .npy file with inputs as it takes them",
                 settings->model);
        return CODE_USAGE;
    }
    ATTEMPT(model_takes_classes(settings->model, BPB(net_loss)(net)));
    ATTEMPT(BPB(cli_read_samples)(samples, settings->data, (enum part)settings->part));
    ATTEMPT(model_takes(settings->model, BPB(net_units)(net, 0), samples->X.rows));
    pairs->X = BPB(read)(samples->X);
    pairs->has_classes = takes_classes(net);
    if (!pairs->has_classes)
        ATTEMPT(BPB(cli_make_targets)(samples, outputs(net)));
    pairs->T = BPB(read)(pairs->has_classes ? samples->labels : samples->T);
    return CODE_FINE;
}

/* ---- The chosen samples ---- */

static int choose(struct BPB(pairs) * pairs, const struct pairs_settings *settings)
{
    const size_t n = pairs->X.cols, wanted = settings->first_rows;
    char first[32];
    snprintf(first, sizeof first, "0-%zu", (wanted == 0 || wanted > n ? n : wanted) - 1);
    const char *rows = settings->rows ? settings->rows : first;
    ATTEMPT(rows_count(rows, n, &pairs->count));
    if (pairs->count <= SIZE_MAX / sizeof *pairs->rows)
        pairs->rows = malloc(pairs->count * sizeof *pairs->rows);
    if (!pairs->rows)
        return complain_status(BPB_ERR_MEMORY, "hold the samples of", settings->data);
    rows_list(rows, n, pairs->rows);
    pairs->X.cols = pairs->T.cols = pairs->count;
    pairs->X.index = pairs->T.index = pairs->rows;
    pairs->X.ld = pairs->X.ld > 0 ? pairs->X.ld : pairs->X.rows;
    pairs->T.ld = pairs->T.ld > 0 ? pairs->T.ld : pairs->T.rows;
    return CODE_FINE;
}

static int check_classes(const struct BPB(pairs) * pairs, size_t classes, const char *path)
{
    for (size_t j = 0; pairs->has_classes && j < pairs->count; j++) {
        const size_t row = pairs->rows[j];
        const real value = pairs->T.data[row * pairs->T.ld];
        if (!(value >= 0 && value < (real)classes) || (real)(size_t)value != value) {
            complain("%s: the class %g of sample %zu (counted from 0) is not a whole number from 0 "
                     "to %zu",
                     path, (double)value, row, classes - 1);
            return CODE_FAILED;
        }
    }
    return CODE_FINE;
}

int BPB(cli_read_pairs)(struct BPB(pairs) * pairs, const BPB(net) * net,
                        const struct pairs_settings *settings)
{
    ATTEMPT((is_folder(settings->data) ? read_folder : read_table)(pairs, net, settings));
    ATTEMPT(choose(pairs, settings));
    return check_classes(pairs, outputs(net), settings->data);
}

void BPB(cli_free_pairs)(struct BPB(pairs) * pairs)
{
    bpb_free(pairs->table.data);
    BPB(cli_free_samples)(&pairs->samples);
    free(pairs->rows);
}
