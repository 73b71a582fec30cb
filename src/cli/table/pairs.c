/* SPDX-License-Identifier: BSD-3-Clause */
#include "pairs.h"

struct table_settings pairs_table(const struct pairs_settings *settings)
{
    return (struct table_settings){
        .path = settings->data,
        .inputs = settings->inputs,
        .targets = settings->targets,
        .label = settings->label,
        .targets_option = "--targets",
        .label_option = "--label",
    };
}
