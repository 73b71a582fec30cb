/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/common/command.h"
#include "cli/common/load_model.h"
#include "cli/common/say.h"
#include "cli/table/samples_tmpl.h"
#include "cli/table/table_read_tmpl.h"
#include "eval_command.h"
#include "base/tmpl.h"

static int print_score(const bpb_score *score)
{
    printf("loss %.*g\n", BPB_SELECT(17, 9), score->loss);
    if (score->has_accuracy)
        printf("accuracy %.6g (%zu of %zu)\n", score->accuracy, score->correct, score->columns);
    if (score->nonfinite == 0)
        return CODE_FINE;
    complain("%zu of %zu samples have an output or loss that is not finite", score->nonfinite,
             score->columns);
    return CODE_NONFINITE;
}

/* Of numbers, in their units: the loss is that of scaled ones. */
static int print_errors(const struct samples *samples, const real *Y)
{
    const size_t rows = samples->T.rows, n = samples->T.cols;
    for (size_t i = 0; i < rows; i++) {
        double sum = 0.0;
        for (size_t j = 0; j < n; j++) {
            const double error = (double)Y[j * rows + i] - (double)samples->T.data[j * rows + i];
            sum += error * error;
        }
        printf("rmse y%zu %.*g\n", i, BPB_SELECT(17, 9), sqrt(sum / (double)n));
    }
    return CODE_FINE;
}

static int predict_and_print_errors(const net_t *net, const struct samples *samples)
{
    const size_t rows = samples->T.rows, n = samples->T.cols;
    if (samples->labels.data || rows != BPB(net_size)(net, BPB(net_layers)(net)))
        return CODE_FINE;
    real *Y = rows <= SIZE_MAX / sizeof *Y / n ? malloc(rows * n * sizeof *Y) : NULL;
    if (!Y)
        return complain_status(BPB_ERR_MEMORY, "hold", "the outputs");
    const bpb_status status =
        BPB(predict)(net, BPB(view_of)(samples->X), BPB(samples_out)(Y, n, rows), NULL);
    const int code = status < 0 ? complain_status(status, "run", "the model")
                                : print_errors(samples, Y);
    free(Y);
    return code;
}

static int evaluate(const net_t *net, const struct samples *samples)
{
    bpb_score score;
    const bpb_status status =
        BPB(evaluate)(net, BPB(view_of)(samples->X), BPB(cli_targets)(samples), &score, NULL);
    if (status < 0)
        return complain_status(status, "evaluate", "the model");
    ATTEMPT(print_score(&score));
    return predict_and_print_errors(net, samples);
}

static int read_samples(const struct eval_settings *settings, const net_t *net,
                        struct samples *samples)
{
    if (source_of(settings->data.path) != SOURCE_FOLDER)
        return BPB(cli_read_table_for)(samples, net, settings->model, &settings->data);
    ATTEMPT(BPB(cli_read_samples)(samples, settings->data.path, (enum part)settings->part));
    return model_takes(settings->model, BPB(net_size)(net, 0), samples->X.rows);
}

static int load_and_evaluate(const struct eval_settings *settings, net_t **net,
                             struct samples *samples)
{
    ATTEMPT(BPB(cli_load)(net, settings->model));
    ATTEMPT(BPB(cli_scale_inputs)(*net, settings->pixel_scale));
    ATTEMPT(read_samples(settings, *net, samples));
    if (samples->labels.data)
        ATTEMPT(model_takes_classes(settings->model, BPB(net_loss)(*net).kind));
    ATTEMPT(BPB(cli_make_targets)(samples, BPB(net_size)(*net, BPB(net_layers)(*net))));
    return evaluate(*net, samples);
}

int BPB(cli_eval)(const struct eval_settings *settings)
{
    net_t *net = NULL;
    struct samples samples = {0};
    const int code = load_and_evaluate(settings, &net, &samples);
    BPB(net_destroy)(&net);
    BPB(cli_free_samples)(&samples);
    return code;
}
