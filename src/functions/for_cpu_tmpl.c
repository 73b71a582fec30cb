/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions for the CPU that this runs on, and a loss by its name. */
#include "functions/functions_tmpl.h"
#include "functions/level_tmpl.h"

DECLARE_LEVELS(struct function_set, functions);

const struct function_set *BPB(functions_for_cpu)(void)
{
    return LEVEL_FOR_CPU(functions);
}

const struct loss_table *BPB(functions_loss)(const struct function_set *set, bpb_loss_kind loss,
                                             bpb_activation output)
{
    switch (loss) {
    case BPB_CROSS_ENTROPY:
        return &set->loss[output == BPB_SOFTMAX ? LOSS_SOFTMAX_CROSS_ENTROPY
                                                : LOSS_SIGMOID_CROSS_ENTROPY];
    case BPB_HUBER:
        return &set->loss[LOSS_HUBER];
    case BPB_ABSOLUTE:
        return &set->loss[LOSS_ABSOLUTE];
    case BPB_POISSON:
        return &set->loss[LOSS_POISSON];
    case BPB_GAUSSIAN:
        return &set->loss[LOSS_GAUSSIAN];
    default:
        return &set->loss[LOSS_SQUARED];
    }
}
