/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas info --plan. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/common/command.h"
#include "cli/common/load_model.h"
#include "cli/common/plan_settings.h"
#include "cli/common/say.h"
#include "info_command.h"
#include "base/tmpl.h"

/* All that showing a plan holds. */
struct shown {
    const struct info_settings *settings;
    char *wisdom; /* NULL: none */
    net_t *net;
    plan_t *plan;
};

/* Of the model, or of --layers: a plan knows nothing of the parameters. */
static int make_net(struct shown *shown)
{
    const struct info_settings *settings = shown->settings;
    if (settings->model)
        return BPB(cli_load)(&shown->net, settings->model);
    const bpb_net_options options = {
        .sizes = settings->layers.units,
        .n_sizes = settings->layers.count - 1 + 1,
        .init = BPB_INIT_ZERO,
    };
    const bpb_status status = BPB(net_create)(&shown->net, &options);
    return status == BPB_OK ? CODE_FINE : plan_refuse_layers(status);
}

static int make_plan(struct shown *shown)
{
    const struct plan_settings *settings = &shown->settings->plan;
    const bpb_plan_options options = {
        .batch = shown->settings->batch,
        .threads = plan_most_threads(settings),
        .planning = (bpb_planning)settings->planning,
        .wisdom = shown->wisdom,
    };
    const bpb_status status = BPB(plan_create)(&shown->plan, shown->net, &options);
    return status == BPB_OK ? CODE_FINE : plan_explain(status, settings);
}

static void print_summary(const struct shown *shown)
{
    const struct plan_settings *settings = &shown->settings->plan;
    BPB(cli_print_layers)(shown->net);
    printf("precision       %s\n", BPB_SELECT("double", "float"));
    printf("batch           %zu\n", shown->settings->batch);
    printf("planning        %s%s\n", kind_planning.words[settings->planning].text,
           shown->wisdom ? ", but for what the wisdom names" : "");
    printf("threads         %zu (%zu allowed)\n", BPB(plan_threads)(shown->plan),
           plan_most_threads(settings));
    printf("work            %zu bytes\n", BPB(work_bytes)(shown->plan));
}

static void print_entries(const plan_t *plan, void (*print)(const bpb_plan_choice *entry))
{
    bpb_plan_choice entry;
    for (size_t i = 0; BPB(plan_entry)(plan, i, &entry) == BPB_OK; i++)
        print(&entry);
}

static void print_plan(const struct shown *shown)
{
    print_summary(shown);
    plan_print_choice_heading();
    print_entries(shown->plan, plan_print_choice);
    if (shown->settings->plan.planning != BPB_PLAN_MEASURE)
        return;
    plan_print_time_heading();
    print_entries(shown->plan, plan_print_time);
}

static int save_wisdom(const struct shown *shown)
{
    const char *path = shown->settings->save_wisdom;
    if (!path)
        return CODE_FINE;
    size_t bytes;
    bpb_status status = BPB(plan_wisdom)(shown->plan, NULL, 0, &bytes);
    char *text = status == BPB_OK ? malloc(bytes) : NULL;
    if (status == BPB_OK)
        status = text ? BPB(plan_wisdom)(shown->plan, text, bytes, &bytes) : BPB_ERR_MEMORY;
    if (status == BPB_OK)
        status = bpb_wisdom_save(text, path);
    free(text);
    return status == BPB_OK ? CODE_FINE : complain_status(status, "save the wisdom", path);
}

static int make_and_print(struct shown *shown)
{
    ATTEMPT(plan_read_wisdom(&shown->settings->plan, &shown->wisdom));
    ATTEMPT(make_net(shown));
    ATTEMPT(make_plan(shown));
    print_plan(shown);
    return save_wisdom(shown);
}

int BPB(cli_info_plan)(const struct info_settings *settings)
{
    struct shown shown = {.settings = settings};
    const int code = make_and_print(&shown);
    BPB(plan_destroy)(&shown.plan);
    BPB(net_destroy)(&shown.net);
    bpb_free(shown.wisdom);
    return code;
}
