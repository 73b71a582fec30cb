/* SPDX-License-Identifier: BSD-3-Clause */
#include "pairs_tmpl.h"

#include <stdlib.h>

#include "base/class_index.h"

#include "cli/common/command.h"
#include "cli/common/saved_model.h"
#include "cli/common/say.h"
#include "rows.h"
#include "table_read_tmpl.h"

static size_t outputs(const net_t *net)
{
    return BPB(net_size)(net, BPB(net_layers)(net));
}

/* T: the class indices if the loss takes them, else one-hot columns. */
static int make_views(struct pairs *pairs, const net_t *net)
{
    struct samples *samples = &pairs->samples;
    pairs->X = BPB(view_of)(samples->X);
    pairs->has_classes = samples->labels.data && BPB(cli_takes_classes)(net);
    if (samples->labels.data && !pairs->has_classes)
        ATTEMPT(BPB(cli_make_targets)(samples, outputs(net)));
    pairs->T = BPB(cli_targets)(samples);
    if (pairs->has_classes)
        pairs->T = BPB(classes)(BPB(view_of)(samples->labels));
    return CODE_FINE;
}

static int read_table(struct pairs *pairs, const net_t *net,
                      const struct pairs_settings *settings)
{
    const char *model = settings->model.path;
    ATTEMPT(BPB(cli_read_table_for)(&pairs->samples, net, model, &settings->data));
    if (pairs->samples.labels.data)
        ATTEMPT(model_takes_classes(model, BPB(net_loss)(net).kind));
    return make_views(pairs, net);
}

static int read_folder(struct pairs *pairs, const net_t *net,
                       const struct pairs_settings *settings)
{
    struct samples *samples = &pairs->samples;
    const char *model = settings->model.path;
    if (model_is_network2(model)) {
        complain("the model %s contains no pixel scale, so it cannot be used with a folder of "
                 "images: give a CSV or .npy file of scaled inputs",
                 model);
        return CODE_USAGE;
    }
    ATTEMPT(model_takes_classes(model, BPB(net_loss)(net).kind));
    ATTEMPT(BPB(cli_read_samples)(samples, settings->data.path, (enum part)settings->part));
    ATTEMPT(model_takes(model, BPB(net_size)(net, 0), samples->X.rows));
    return make_views(pairs, net);
}

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
    const bool is_folder = source_of(settings->data.path) == SOURCE_FOLDER;
    if (!table_check(&settings->data))
        return CODE_USAGE;
    ATTEMPT((is_folder ? read_folder : read_table)(pairs, net, settings));
    ATTEMPT(choose_rows(pairs, settings));
    return check_classes(pairs, outputs(net), settings->data.path);
}

void BPB(cli_free_pairs)(struct pairs *pairs)
{
    BPB(cli_free_samples)(&pairs->samples);
    free(pairs->rows);
}
