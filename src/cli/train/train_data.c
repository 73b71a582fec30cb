/* SPDX-License-Identifier: BSD-3-Clause */
/* What the options say of the data, and the data of the net. */
#include <math.h>

#include "cli/common/command.h"
#include "cli/common/say.h"
#include "cli/table/image_folder.h"
#include "train_settings.h"

#define HIDDEN_BY_DEFAULT 30

int train_widths(const struct widths *asked, const struct train_shape *shape,
                 struct widths *widths)
{
    const size_t inputs = shape->inputs, outputs = shape->outputs;
    const size_t last = asked->count > 0 ? asked->units[asked->count - 1] : outputs;
    *widths = *asked;
    if (asked->count == 0) {
        *widths = (struct widths){3, {inputs, HIDDEN_BY_DEFAULT, outputs}};
        return CODE_FINE;
    }
    if (asked->units[0] != inputs) {
        complain("--layers begins with %zu, but a sample has %zu inputs: begin with %zu",
                 asked->units[0], inputs, inputs);
        return CODE_USAGE;
    }
    if (last == outputs || (shape->has_classes && last > outputs))
        return CODE_FINE;
    if (shape->has_classes)
        complain("--layers ends with %zu, but the labels go up to %zu: end with %zu", last,
                 outputs - 1, outputs);
    else
        complain("--layers ends with %zu, but the targets need %zu outputs: end with %zu", last,
                 outputs, outputs);
    return CODE_USAGE;
}

struct table_settings train_table(const struct data_settings *data)
{
    return (struct table_settings){
        .path = data->path,
        .inputs = data->inputs,
        .targets = data->targets,
        .label = data->label,
        .targets_option = "--targets",
        .label_option = "--label",
    };
}

struct table_settings train_test_table(const struct data_settings *data)
{
    const bool is_npy_file = path_is_npy(data->path);
    return (struct table_settings){
        .path = data->test,
        .inputs = data->inputs,
        .targets = is_npy_file ? data->test_targets : data->targets,
        .label = is_npy_file ? data->test_label : data->label,
        .targets_option = "--test-targets",
        .label_option = "--test-label",
    };
}

/* Outputs never leave these bounds, so that targets beyond them cannot be learnt. */
void train_target_range(const struct net_settings *net, double *least, double *most)
{
    *least = -INFINITY;
    *most = INFINITY;
    switch (net->output) {
    case BPB_TANH:
    case BPB_SOFTSIGN:
        *least = -1.0;
        *most = 1.0;
        break;
    case BPB_SIGMOID:
    case BPB_SOFTMAX:
        *most = 1.0;
        *least = 0.0;
        break;
    case BPB_RELU:
    case BPB_SOFTPLUS:
    case BPB_EXPONENTIAL:
        *least = 0.0;
        break;
    default:
        break;
    }
}
