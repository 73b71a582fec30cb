/* SPDX-License-Identifier: BSD-3-Clause */
/* The net: its shape, its functions by name, its parameters. */
#ifndef BPB_NET_TMPL_H
#define BPB_NET_TMPL_H

#include "base/common.h"
#include "base/view_tmpl.h"
#include "net/notes.h"
#include "net/shape.h"
#include "base/tmpl.h"

/*
 * theta, one block, 64-byte aligned:
 *
 *     | W_1 (n_1 x n_0) | b_1 | W_2 (n_2 x n_1) | b_2 | ... | W_L | b_L |
 *       ^ layer[0].W      ^ layer[0].b
 */
struct own_activation {
    activation_function_t g; /* without its name */
    char name[BPB_NAME_BYTES];
};
/* The functions of the user's own; those that have no name are not. */
struct own {
    loss_function_t loss;
    char loss_name[BPB_NAME_BYTES];
    struct own_activation layer[]; /* layer[l-1] is layer l = 1..L */
};

struct BPB(net) {
    real *theta;
    struct scaling *scaling[2]; /* by bpb_side; NULL: none. Each with its values in one block */
    struct notes notes;
    struct own *own;     /* NULL: all functions are the library's */
    struct shape *shape; /* behind the struct, in the same block */
};

/* What bpb_net_set_activation and bpb_net_set_loss need of a function. */
bpb_status BPB(own_activation_check)(const activation_function_t *g);
bpb_status BPB(own_loss_check)(const loss_function_t *loss);

/* Whether a gradient can be had: no function of the user's own lacks its derivative.
 * BPB_ERR_NO_VJP. */
bpb_status BPB(trainable_check)(const net_t *net);

/* Make the scaling of one side of this net, in one block of memory, without giving it to the net;
 * shift or factor NULL as for bpb_net_set_scaling. BPB_ERR_OPTION, BPB_ERR_MEMORY. */
bpb_status BPB(scaling_create)(struct scaling **made, const net_t *net, bpb_side side,
                               const double *shift, const double *factor);

/* Give copy, a net of the same shape, the functions of the user's own that net has. */
bpb_status BPB(own_copy)(net_t *copy, const net_t *net);

/* Make a net of this shape with theta left unset, as loading does. */
bpb_status BPB(net_alloc)(net_t **net, const struct shape *shape);

/* Make a net like this one with n_0 inputs: with W_1 (n_1 x n_0) left unset, and no input
 * scaling. BPB_ERR_SIZE, BPB_ERR_MEMORY. */
bpb_status BPB(net_copy_for_inputs)(net_t **copy, const net_t *net, size_t n_0);

#endif
