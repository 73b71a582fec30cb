/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "command.h"
#include "dataset_tmpl.h"
#include "eval.h"
#include "model.h"
#include "say.h"
#include "tmpl.h"

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

static int evaluate(const BPB(net) * net, const struct BPB(samples) * samples)
{
    bpb_score score;
    const bpb_status status =
        BPB(evaluate)(net, BPB(read)(samples->X), BPB(read)(samples->T), &score);
    return status < 0 ? complain_status(status, "evaluate", "the model") : print_score(&score);
}

static int load_and_evaluate(const struct eval_settings *settings, BPB(net) * *net,
                             struct BPB(samples) * samples)
{
    ATTEMPT(BPB(cli_load)(net, settings->model));
    ATTEMPT(BPB(cli_scale_inputs)(*net, settings->pixel_scale));
    ATTEMPT(model_takes_classes(settings->model, BPB(net_loss)(*net)));
    ATTEMPT(BPB(cli_read_samples)(samples, settings->folder, (enum part)settings->part));
    ATTEMPT(model_takes(settings->model, BPB(net_units)(*net, 0), samples->X.rows));
    ATTEMPT(BPB(cli_make_targets)(samples, BPB(net_units)(*net, BPB(net_layers)(*net))));
    return evaluate(*net, samples);
}

int BPB(cli_eval)(const struct eval_settings *settings)
{
    BPB(net) *net = NULL;
    struct BPB(samples) samples = {0};
    const int code = load_and_evaluate(settings, &net, &samples);
    BPB(net_destroy)(&net);
    BPB(cli_free_samples)(&samples);
    return code;
}
