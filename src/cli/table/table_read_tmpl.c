/* SPDX-License-Identifier: BSD-3-Clause */
#include "table_read_tmpl.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/common/command.h"
#include "cli/common/load_model.h"
#include "cli/common/say.h"
#include "table_file_tmpl.h"

#define LISTED_BYTES 1500
#define INPUTS_NOTE "inputs"
#define TARGETS_NOTE "targets"
#define LABEL_NOTE "label"
#define CLASSES_NOTE "classes"

bool BPB(cli_takes_classes)(const net_t *net)
{
    return BPB(net_loss)(net).kind == BPB_CROSS_ENTROPY &&
           BPB(net_size)(net, BPB(net_layers)(net)) > 1;
}

/* ---- A file of targets beside one of inputs ---- */

static int read_beside(struct samples *samples, const struct table_settings *settings)
{
    const char *path = settings->label ? settings->label : settings->targets;
    out_t *V = settings->label ? &samples->labels : &samples->T;
    ATTEMPT(BPB(cli_read_values)(V, path));
    if (settings->label && V->rows != 1) {
        complain("%s %s: the file has %zu values a sample, not one class: give one, or %s for "
                 "numbers",
                 settings->label_option, path, V->rows, settings->targets_option);
        return CODE_FAILED;
    }
    if (V->cols == samples->X.cols)
        return CODE_FINE;
    complain("%s has %zu samples, but %s has %zu: they do not belong together", settings->path,
             samples->X.cols, path, V->cols);
    return CODE_FAILED;
}

/* ---- For training ---- */

static int refuse_without_targets(const struct table *table,
                                  const struct table_settings *settings)
{
    char fields[LISTED_BYTES];
    if (path_is_npy(table->path)) {
        complain("%s: give %s FILE.npy with the classes of the samples, or %s FILE.npy with "
                 "numbers to learn",
                 table->path, settings->label_option, settings->targets_option);
        return CODE_USAGE;
    }
    columns_describe(&table->columns, fields, sizeof fields);
    complain("%s: give --label NAME for a field with classes to learn, or --targets "
             "NAME,... for numbers; %s",
             table->path, fields);
    return CODE_USAGE;
}

static int check_apart(const struct table *table)
{
    for (size_t i = 0; i < table->targets.count; i++) {
        if (!columns_has(&table->inputs, table->targets.index[i]))
            continue;
        complain("%s: field %zu cannot be an input and a target at once: leave it out of one",
                 table->path, table->targets.index[i] + 1);
        return CODE_USAGE;
    }
    return CODE_FINE;
}

static int choose_rest(struct table *table, const char *inputs)
{
    const struct columns *columns = &table->columns;
    if (inputs) {
        ATTEMPT(columns_select(columns, "--inputs", inputs, &table->inputs));
        return check_apart(table);
    }
    ATTEMPT(columns_rest(columns, &table->targets, &table->inputs));
    if (table->inputs.count > 0)
        return CODE_FINE;
    complain("%s: all its fields are targets, and none is left for an input: give fewer",
             table->path);
    return CODE_USAGE;
}

static int choose_targets(struct table *table, const char *label, const char *targets)
{
    table->has_label = label;
    ATTEMPT(columns_select(&table->columns, label ? "--label" : "--targets",
                           label ? label : targets, &table->targets));
    if (!label || table->targets.count == 1)
        return CODE_FINE;
    complain("--label %s: a class is one field: give one, or --targets for numbers", label);
    return CODE_USAGE;
}

static int read_csv(struct samples *samples, struct table *table,
                    const struct table_settings *settings, const struct classes *known)
{
    ATTEMPT(BPB(cli_open_table)(table, settings->path, settings->label, known));
    if (!settings->label && !settings->targets)
        return refuse_without_targets(table, settings);
    ATTEMPT(choose_targets(table, settings->label, settings->targets));
    ATTEMPT(choose_rest(table, settings->inputs));
    return BPB(cli_fill_samples)(samples, table);
}

static int read_npy(struct samples *samples, struct table *table,
                    const struct table_settings *settings)
{
    table->path = samples->folder = settings->path;
    samples->is_table = true;
    if (!settings->label && !settings->targets)
        return refuse_without_targets(table, settings);
    ATTEMPT(BPB(cli_read_values)(&samples->X, settings->path));
    return read_beside(samples, settings);
}

int BPB(cli_read_table)(struct samples *samples, const struct table_settings *settings,
                        const struct classes *known)
{
    struct table table = {.path = NULL};
    const int code = path_is_npy(settings->path) ? read_npy(samples, &table, settings)
                                                 : read_csv(samples, &table, settings, known);
    BPB(cli_close_table)(&table);
    return code;
}

/* ---- For a net that is there ---- */

/* What the net keeps of that name, if it can be had in the file. A file without names has numbers
 * alone, and may be too narrow for them; one with names has to have the right ones. */
static int find_note(const net_t *net, const char *model, const struct table *table,
                     const char *key, const char **list)
{
    struct selection selection = {0};
    *list = BPB(net_note)(net, key);
    if (!*list)
        return CODE_FINE;
    const int code = columns_select(&table->columns, NULL, *list, &selection);
    free(selection.index);
    if (code == CODE_FINE)
        return CODE_FINE;
    if (table->columns.names && !columns_are_numbers(*list)) {
        char fields[LISTED_BYTES];
        columns_describe(&table->columns, fields, sizeof fields);
        complain("the model %s takes the %s %.500s, which %s has not: %s; give --%s", model, key,
                 *list, table->path, fields, key);
        return CODE_FAILED;
    }
    *list = NULL;
    return CODE_FINE;
}

/* Fields first .. first + count - 1. */
static int choose_range(const struct table *table, size_t first, size_t count,
                        struct selection *selection)
{
    char list[64];
    snprintf(list, sizeof list, "%zu-%zu", first + 1, first + count);
    struct columns nameless = table->columns; /* a range is no name */
    nameless.names = NULL;
    return columns_select(&nameless, "--data", list, selection);
}

/* n_0 inputs, then the targets, or the class. */
static int choose_by_order(struct table *table, const net_t *net, const char *model)
{
    const size_t fields = table->values.rows, inputs = BPB(net_size)(net, 0);
    const size_t targets = BPB(net_loss)(net).n_targets;
    table->has_label = BPB(cli_takes_classes)(net) && fields == inputs + 1;
    if (table->has_label || fields == inputs + targets) {
        ATTEMPT(choose_range(table, inputs, fields - inputs, &table->targets));
        return choose_range(table, 0, inputs, &table->inputs);
    }
    char or_class[64] = "";
    if (BPB(cli_takes_classes)(net))
        snprintf(or_class, sizeof or_class, ", or %zu with the class as the last", inputs + 1);
    complain("%s has %zu fields a sample, but the model %s takes %zu inputs and %zu targets: give "
             "%zu fields%s",
             table->path, fields, model, inputs, targets, inputs + targets, or_class);
    return CODE_FAILED;
}

static int check_counts(const struct table *table, const net_t *net, const char *model)
{
    const size_t inputs = BPB(net_size)(net, 0), targets = BPB(net_loss)(net).n_targets;
    if (table->inputs.count != inputs) {
        complain("the model %s takes %zu inputs, but %zu fields of %s are chosen: see --inputs",
                 model, inputs, table->inputs.count, table->path);
        return CODE_FAILED;
    }
    if (table->targets.count == 0 || table->has_label || table->targets.count == targets)
        return CODE_FINE;
    complain("the model %s has %zu targets, but %zu fields of %s are chosen: see --targets", model,
             targets, table->targets.count, table->path);
    return CODE_FAILED;
}

/* Those that are given, else those that the net keeps. */
static int find_lists(struct table_settings *lists, const struct table *table,
                      const net_t *net, const char *model)
{
    if (!lists->inputs)
        ATTEMPT(find_note(net, model, table, INPUTS_NOTE, &lists->inputs));
    if (!lists->label && !lists->targets)
        ATTEMPT(find_note(net, model, table, LABEL_NOTE, &lists->label));
    if (!lists->label && !lists->targets)
        ATTEMPT(find_note(net, model, table, TARGETS_NOTE, &lists->targets));
    return CODE_FINE;
}

static int choose_for(struct table *table, const net_t *net, const char *model,
                      const struct table_settings *settings)
{
    struct table_settings lists = *settings;
    if (!path_is_npy(table->path))
        ATTEMPT(find_lists(&lists, table, net, model));
    if (!lists.label && !lists.targets)
        return choose_by_order(table, net, model);
    ATTEMPT(choose_targets(table, lists.label, lists.targets));
    ATTEMPT(choose_rest(table, lists.inputs));
    return check_counts(table, net, model);
}

static int read_for(struct samples *samples, struct table *table, const net_t *net,
                    const char *model, const struct table_settings *settings)
{
    struct classes known;
    const char *label = settings->label ? settings->label : BPB(net_note)(net, LABEL_NOTE);
    ATTEMPT(BPB(cli_class_names)(net, &known));
    const int code =
        BPB(cli_open_table)(table, settings->path, settings->targets ? NULL : label, &known);
    bpb_free(known.names);
    ATTEMPT(code);
    ATTEMPT(choose_for(table, net, model, settings));
    return BPB(cli_fill_samples)(samples, table);
}

static int check_beside(const struct samples *samples, const net_t *net,
                        const char *model)
{
    const size_t targets = BPB(net_loss)(net).n_targets;
    ATTEMPT(model_takes(model, BPB(net_size)(net, 0), samples->X.rows));
    if (samples->labels.data || samples->T.rows == targets)
        return CODE_FINE;
    complain("the model %s has %zu targets, but the file of targets has %zu values a sample", model,
             targets, samples->T.rows);
    return CODE_FAILED;
}

int BPB(cli_read_table_for)(struct samples *samples, const net_t *net, const char *model,
                            const struct table_settings *settings)
{
    struct table table = {.path = NULL};
    const bool is_beside = path_is_npy(settings->path) && (settings->label || settings->targets);
    int code = is_beside ? read_npy(samples, &table, settings)
                         : read_for(samples, &table, net, model, settings);
    if (code == CODE_FINE && is_beside)
        code = check_beside(samples, net, model);
    BPB(cli_close_table)(&table);
    return code;
}

/* ---- For prediction ---- */

static int read_inputs_for(struct samples *samples, struct table *table,
                           const net_t *net, const char *model,
                           const struct table_settings *settings)
{
    const char *list = settings->inputs;
    ATTEMPT(BPB(cli_open_table)(table, settings->path, BPB(net_note)(net, LABEL_NOTE), NULL));
    if (!list)
        ATTEMPT(find_note(net, model, table, INPUTS_NOTE, &list));
    if (list)
        ATTEMPT(columns_select(&table->columns, "--inputs", list, &table->inputs));
    else
        ATTEMPT(choose_range(table, 0, table->values.rows, &table->inputs));
    ATTEMPT(check_counts(table, net, model));
    return BPB(cli_fill_samples)(samples, table);
}

int BPB(cli_read_inputs_for)(struct samples *samples, const net_t *net,
                             const char *model, const struct table_settings *settings)
{
    struct table table = {.path = NULL};
    const int code = read_inputs_for(samples, &table, net, model, settings);
    BPB(cli_close_table)(&table);
    return code;
}

/* ---- Notes ---- */

static int note_classes(net_t *net, const struct classes *classes)
{
    if (!classes->names)
        return CODE_FINE;
    char *list = classes_list(classes);
    const int code = list ? BPB(cli_note)(net, CLASSES_NOTE, list)
                          : complain_status(BPB_ERR_MEMORY, "keep a note of", CLASSES_NOTE);
    free(list);
    return code;
}

int BPB(cli_class_names)(const net_t *net, struct classes *classes)
{
    return classes_read(classes, BPB(net_note)(net, CLASSES_NOTE));
}

int BPB(cli_note_fields)(net_t *net, const struct samples *samples)
{
    if (!samples->input_list)
        return CODE_FINE;
    ATTEMPT(BPB(cli_note)(net, INPUTS_NOTE, samples->input_list));
    ATTEMPT(note_classes(net, &samples->classes));
    return BPB(cli_note)(net, samples->labels.data ? LABEL_NOTE : TARGETS_NOTE,
                         samples->target_list);
}
