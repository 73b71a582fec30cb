/* SPDX-License-Identifier: BSD-3-Clause */
#include "pairs_tmpl.h"

#include <stdlib.h>

#include "base/class_index.h"

#include "cli/common/command.h"
#include "cli/common/load_model.h"
#include "cli/common/say.h"
#include "rows.h"
#include "table_read_tmpl.h"

static size_t outputs(const net_t *net)
{
    return BPB(net_size)(net, BPB(net_layers)(net));
}

/* T of what has been read: classes as such where the loss takes them, else ones and zeros. */
static int make_views(struct pairs *pairs, const net_t *net)
{
    struct samples *samples = &pairs->samples;
    pairs->X = BPB(view_of)(samples->X);
    pairs->has_classes = samples->labels.data && BPB(cli_takes_classes)(net);
    if (samples->labels.data && !pairs->has_classes)
        ATTEMPT(BPB(cli_make_targets)(samples, outputs(net)));
    pairs->T = BPB(cli_targets)(samples);
    if (pairs->has_classes)
        pairs->T.view = BPB(view_of)(samples->labels);
    return CODE_FINE;
}

static int read_table(struct pairs *pairs, const net_t *net,
                      const struct pairs_settings *settings)
{
    const struct table_settings table = pairs_table(settings);
    ATTEMPT(BPB(cli_read_table_for)(&pairs->samples, net, settings->model, &table));
    if (pairs->samples.labels.data)
        ATTEMPT(model_takes_classes(settings->model, BPB(net_loss)(net).kind));
    return make_views(pairs, net);
}

/* ---- A folder ---- */

static int read_folder(struct pairs *pairs, const net_t *net,
                       const struct pairs_settings *settings)
{
    struct samples *samples = &pairs->samples;
    if (model_is_network2(settings->model)) {
        complain("the model %s keeps no pixel scale, so that images cannot be read for it: give a "
                 "CSV or .npy file with inputs as it takes them",
                 settings->model);
        return CODE_USAGE;
    }
    ATTEMPT(model_takes_classes(settings->model, BPB(net_loss)(net).kind));
    ATTEMPT(BPB(cli_read_samples)(samples, settings->data, (enum part)settings->part));
    ATTEMPT(model_takes(settings->model, BPB(net_size)(net, 0), samples->X.rows));
    return make_views(pairs, net);
}

/* ---- The chosen samples ---- */

static int choose_rows(struct pairs *pairs, const struct pairs_settings *settings)
{
    ATTEMPT(rows_choose(settings->rows, settings->first_rows, pairs->X.cols, &pairs->rows,
                        &pairs->count));
    pairs->X.cols = pairs->T.view.cols = pairs->count;
    pairs->X.index = pairs->T.view.index = pairs->rows;
    pairs->X.ld = pairs->X.ld > 0 ? pairs->X.ld : pairs->X.rows;
    pairs->T.view.ld = pairs->T.view.ld > 0 ? pairs->T.view.ld : pairs->T.view.rows;
    return CODE_FINE;
}

static int check_classes(const struct pairs *pairs, size_t classes, const char *path)
{
    for (size_t j = 0; pairs->has_classes && j < pairs->count; j++) {
        const size_t row = pairs->rows[j];
        const real value = pairs->T.view.data[row * pairs->T.view.ld];
        if (class_of((double)value, classes) == NO_CLASS) {
            complain("%s: the class %g of sample %zu (counted from 0) is not a whole number from 0 "
                     "to %zu",
                     path, (double)value, row, classes - 1);
            return CODE_FAILED;
        }
    }
    return CODE_FINE;
}

int BPB(cli_read_pairs)(struct pairs *pairs, const net_t *net,
                        const struct pairs_settings *settings)
{
    const struct table_settings table = pairs_table(settings);
    if (!table_check(&table))
        return CODE_USAGE;
    ATTEMPT((source_of(settings->data) == SOURCE_FOLDER ? read_folder : read_table)(pairs, net,
                                                                                   settings));
    ATTEMPT(choose_rows(pairs, settings));
    return check_classes(pairs, outputs(net), settings->data);
}

void BPB(cli_free_pairs)(struct pairs *pairs)
{
    BPB(cli_free_samples)(&pairs->samples);
    free(pairs->rows);
}
