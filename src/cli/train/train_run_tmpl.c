/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "cli/common/command.h"
#include "cli/common/saved_model.h"
#include "cli/common/say.h"
#include "cli/table/table_read_tmpl.h"
#include "interrupt.h"
#include "train_end.h"
#include "train_run_tmpl.h"

/* Wisdom of another machine is refused before the log is opened. */
static int check_wisdom(const struct run *run)
{
    const size_t batch = run->settings->rule.batch;
    const bpb_plan_options options = {.batch = batch < run->n ? batch : run->n,
                                      .wisdom = run->wisdom};
    plan_t *plan = NULL;
    const bpb_status status = run->wisdom ? BPB(plan_create)(&plan, run->net, &options) : BPB_OK;
    BPB(plan_destroy)(&plan);
    return status == BPB_OK ? CODE_FINE : plan_explain(status, &run->settings->plan);
}

int BPB(cli_make_net)(struct run *run)
{
    const struct net_settings *net = &run->settings->net;
    const bpb_net_options options = {
        .sizes = run->widths.units,
        .n_sizes = run->widths.count,
        .hidden = net->hidden,
        .output = net->output,
        .loss = net->loss,
        .leak = net->leak,
        .elu_alpha = net->elu_alpha,
        .huber_delta = net->huber_delta,
        .label_smoothing = net->label_smoothing,
        .init = net->init,
        .seed = run->seed,
    };
    BPB(net_destroy)(&run->net);
    const bpb_status status = BPB(net_create)(&run->net, &options);
    return status == BPB_OK ? CODE_FINE : train_refuse_net(status, net);
}

/* Whether the wisdom fits and the net can be saved, checked before a long run. */
static int check_net(const struct run *run)
{
    const char *path = run->settings->result.save;
    ATTEMPT(check_wisdom(run));
    return path ? BPB(cli_check_saving)(run->net, path) : CODE_FINE;
}

/* ---- Scaling ---- */

/* By the samples to learn from alone: validation and test know nothing of it. Whitened inputs are
 * copies that are scaled already. */
static int scale(const struct run *run)
{
    const struct data_settings *data = &run->settings->data;
    const set_t *set = &run->data.train;
    if (!data->standardise)
        return data->whiten.is_given ? CODE_FINE
                                     : BPB(cli_scale_inputs)(run->net, data->pixel_scale);
    bpb_status status = BPB(net_standardise)(run->net, set->X, set->T);
    if (status == BPB_OK && data->whiten.is_given)
        status = BPB(net_set_scaling)(run->net, BPB_INPUTS, NULL, NULL);
    return status == BPB_OK ? CODE_FINE : complain_status(status, "standardise", "the samples");
}

/* ---- Training ---- */

/* The run, while signals are watched. */
static struct train_end run_watched(struct run *run, const bpb_train_options *options,
                                    const struct observer *observer, bpb_train_report *report)
{
    struct train_end end = {.report = report, .rule = &run->settings->rule};
    interrupt_watch();
    end.status = BPB(train)(run->net, &run->data, options, report);
    end.signal = interrupt_signal();
    end.has_begun = observer->has_begun;
    interrupt_unwatch();
    return end;
}

int BPB(cli_train_net)(struct run *run, struct observer *observer, bpb_train_report *report,
                       bpb_progress *kept)
{
    const struct train_settings *settings = run->settings;
    const struct result_settings *result = &settings->result;
    const bool is_one_of_several = settings->folds > 0 || settings->seeds.count > 0;
    bpb_train_options options = {
        .seed = run->seed,
        .no_train_score = result->no_train_score,
        .threads = plan_most_threads(&settings->plan),
        .planning = (bpb_planning)settings->plan.planning,
        .wisdom = run->wisdom,
    };
    rule_fill(&settings->rule, run->data.train.X.cols, &options);
    ATTEMPT(scale(run));
    progress_begin(&observer->progress, result->quiet, is_one_of_several, run->data.train.X.cols);
    observer_attach(observer, &options);
    const struct train_end end = run_watched(run, &options, observer, report);
    observer_end(observer);
    if (end.status != BPB_OK)
        return train_explain(&end, &settings->plan);
    return BPB(cli_score_kept)(run->net, &run->data, report, result->no_train_score, observer,
                               kept);
}

int BPB(cli_save_trained)(struct run *run, const struct args *args, const bpb_progress *last)
{
    const char *path = run->settings->result.save;
    if (!path)
        return CODE_FINE;
    ATTEMPT(BPB(cli_unwhiten)(run));
    ATTEMPT(BPB(cli_note_run)(run->net, args, run->seed, last));
    ATTEMPT(BPB(cli_note_fields)(run->net, &run->train));
    return BPB(cli_save)(run->net, path);
}

static int train_and_save(struct run *run, struct observer *observer, const struct args *args)
{
    const struct rule_settings *rule = &run->settings->rule;
    bpb_train_report report = {0};
    bpb_progress kept;
    observer->checkpoint = rule->checkpoint;
    observer->opening = run->whitened.text;
    observer->keeps_nothing = !run->settings->result.save && !rule->checkpoint;
    ATTEMPT(BPB(cli_train_net)(run, observer, &report, &kept));
    if (!run->settings->result.quiet) {
        best_print(&observer->best);
        train_print_end(&report, rule);
    }
    return BPB(cli_save_trained)(run, args, &kept);
}

/* Whiten, and make a new net for the whitened inputs. Each fold is whitened by itself; the first
 * fold shows here whether that works. */
static int whiten(struct run *run)
{
    if (!run->settings->data.whiten.is_given)
        return CODE_FINE;
    if (run->settings->folds > 0)
        BPB(cli_choose_fold)(run, 0);
    ATTEMPT(BPB(cli_whiten)(run));
    return BPB(cli_make_net)(run);
}

static int prepare(struct run *run)
{
    ATTEMPT(plan_read_wisdom(&run->settings->plan, &run->wisdom));
    ATTEMPT(BPB(cli_read_data)(run));
    ATTEMPT(BPB(cli_make_net)(run));
    ATTEMPT(BPB(cli_make_views)(run));
    ATTEMPT(whiten(run));
    return check_net(run);
}

static int prepare_and_train(struct run *run, const struct args *args)
{
    const struct train_settings *settings = run->settings;
    struct observer observer = {0};
    ATTEMPT(prepare(run));
    ATTEMPT(log_open(&observer.log, settings->result.log, settings->rule.resume));
    observer.log.has_best = rule_keeps_best(&settings->rule);
    const int code = settings->folds > 0 || settings->seeds.count > 0
                         ? BPB(cli_repeat)(run, args, &observer.log)
                         : train_and_save(run, &observer, args);
    const int log_code = log_close(&observer.log);
    return code != CODE_FINE ? code : log_code;
}

int BPB(cli_train)(const struct train_settings *settings, const struct args *args)
{
    struct run run = {.settings = settings, .seed = settings->seed};
    const int code = prepare_and_train(&run, args);
    BPB(net_destroy)(&run.net);
    bpb_free(run.wisdom);
    free(run.order);
    BPB(cli_free_whitened)(&run.whitened);
    BPB(cli_free_samples)(&run.train);
    BPB(cli_free_samples)(&run.test);
    return code;
}
