/* SPDX-License-Identifier: BSD-3-Clause */
/* The shape of a net: widths, functions, and where each parameter stands in theta. */
#ifndef BPB_SHAPE_H
#define BPB_SHAPE_H

#include "common.h"

struct layer {
    size_t n_in, n_out;
    size_t W, b; /* offsets into theta: W is n_out x n_in, b is n_out */
    bpb_activation activation;
};

struct shape {
    size_t L;
    size_t parameters; /* P, the length of theta */
    bpb_loss loss;
    struct layer layer[]; /* layer[l-1] is the mathematics' layer l = 1..L */
};

/* Bytes of a shape of L layers; false where that exceeds size_t. */
bool bpb_shape_bytes(size_t L, size_t *bytes);

/* Check the options and lay out theta, in memory of bpb_shape_bytes(options->n_layers).
 * BPB_ERR_OPTION, BPB_ERR_SIZE, BPB_ERR_PAIR, as for bpb_dnet_create. */
bpb_status bpb_shape_init(struct shape *shape, const bpb_net_options *options, size_t real_bytes);

bool bpb_shape_equal(const struct shape *a, const struct shape *b);

static inline size_t shape_inputs(const struct shape *shape)
{
    return shape->layer[0].n_in;
}
static inline size_t shape_outputs(const struct shape *shape)
{
    return shape->layer[shape->L - 1].n_out;
}

#endif
