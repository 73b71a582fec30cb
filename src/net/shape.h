/* SPDX-License-Identifier: BSD-3-Clause */
/* The shape of a net: widths, functions, and where each parameter stands in theta. */
#ifndef BPB_SHAPE_H
#define BPB_SHAPE_H

#include "base/common.h"

/* Which function a user's own is: by all that it consists of. */
struct own_identity {
    void (*part[4])(void);
    const void *context;
    size_t how; /* its form and flags */
};

struct layer {
    size_t n_in, n_out;
    size_t W, b; /* offsets into theta: W is n_out x n_in, b is n_out */
    bpb_activation activation;
    double parameter; /* of the activation; 0: it has none */
    struct own_identity own;
};

struct shape {
    size_t L;
    size_t parameters; /* P, the length of theta */
    size_t targets;    /* rows of T */
    bpb_loss_kind loss;
    double loss_parameter; /* Huber's delta, or the smoothing of cross-entropy */
    struct own_identity own_loss;
    struct layer layer[]; /* layer[l-1] is the mathematics' layer l = 1..L */
};

/* Bytes of a shape of L layers; false where that exceeds size_t. */
bool bpb_shape_bytes(size_t L, size_t *bytes);

/* Check the options and lay out theta, in memory of bpb_shape_bytes(options->n_sizes - 1).
 * BPB_ERR_OPTION, BPB_ERR_SIZE, BPB_ERR_PAIR, as for bpb_net_create. */
bpb_status bpb_shape_init(struct shape *shape, const bpb_net_options *options, size_t real_bytes);

/* Give it another n_0, and lay theta out again; on an error it is not to be used. BPB_ERR_SIZE. */
bpb_status bpb_shape_set_inputs(struct shape *shape, size_t n_0, size_t real_bytes);

/* Whether a function's parameter is 0 or a normal positive number of such reals. */
bool bpb_is_parameter(double x, size_t real_bytes);

/* What create would say of these functions together. BPB_ERR_PAIR. Sets the rows of T; a loss of
 * one's own keeps those it has. */
bpb_status bpb_shape_pair(struct shape *shape);

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
