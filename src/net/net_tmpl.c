/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/net_tmpl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fpenv.h"
#include "net/init_tmpl.h"
#include "base/alloc.h"


/* bpb_net_destroy, bpbf_net_destroy */
void BPB(net_destroy)(net_t **net)
{
    if (!net || !*net)
        return;
    free((*net)->theta);
    free((*net)->input_scaling);
    free((*net)->output_scaling);
    free((*net)->own);
    bpb_notes_clear(&(*net)->notes);
    free(*net);
    *net = NULL;
}

bpb_status BPB(net_alloc)(net_t **net, const struct shape *shape)
{
    size_t bytes;
    REQUIRE(bpb_shape_bytes(shape->L, &bytes), BPB_ERR_SIZE);
    net_t *made = calloc(1, sizeof *made + bytes);
    REQUIRE(made, BPB_ERR_MEMORY);
    made->shape = memcpy(made + 1, shape, bytes);
    made->theta = bpb_alloc_aligned(shape->parameters, sizeof(real));
    if (!made->theta) {
        BPB(net_destroy)(&made);
        REFUSE(BPB_ERR_MEMORY);
    }
    *net = made;
    return BPB_OK;
}

/* The shape is built on its own first: nothing is known of the sizes before. */
/* bpb_net_create, bpbf_net_create */
bpb_status BPB(net_create)(net_t **net, const bpb_net_options *options)
{
    REQUIRE(net && options && options->units, BPB_ERR_NULL);
    size_t bytes;
    REQUIRE(options->n_layers >= 1 && bpb_shape_bytes(options->n_layers, &bytes), BPB_ERR_SIZE);
    TRY(BPB(init_check)(options->init));
    struct shape *shape = malloc(bytes);
    REQUIRE(shape, BPB_ERR_MEMORY);
    net_t *made = NULL;
    struct fpenv env;
    fpenv_enter(&env);
    bpb_status status = bpb_shape_init(shape, options, sizeof(real));
    fpenv_leave(&env);
    if (!status)
        status = BPB(net_alloc)(&made, shape);
    free(shape);
    TRY(status);
    status = BPB(init_theta)(made->shape, options->init, options->seed, made->theta);
    if (status)
        BPB(net_destroy)(&made);
    else
        *net = made;
    return status;
}

/* bpb_net_init, bpbf_net_init */
bpb_status BPB(net_init)(net_t *net, bpb_init init, uint64_t seed)
{
    REQUIRE(net, BPB_ERR_NULL);
    TRY(BPB(init_check)(init));
    return BPB(init_theta)(net->shape, init, seed, net->theta);
}

/* bpb_net_layers, bpbf_net_layers */
size_t BPB(net_layers)(const net_t *net)
{
    return net ? net->shape->L : 0;
}

static const struct layer *layer_at(const net_t *net, size_t l)
{
    return net && l >= 1 && l <= net->shape->L ? &net->shape->layer[l - 1] : NULL;
}

/* bpb_net_units, bpbf_net_units */
size_t BPB(net_units)(const net_t *net, size_t l)
{
    if (net && l == 0)
        return shape_inputs(net->shape);
    const struct layer *layer = layer_at(net, l);
    return layer ? layer->n_out : 0;
}

/* bpb_net_targets, bpbf_net_targets */
size_t BPB(net_targets)(const net_t *net)
{
    return net ? net->shape->targets : 0;
}

/* bpb_net_activation, bpbf_net_activation */
bpb_activation BPB(net_activation)(const net_t *net, size_t l)
{
    const struct layer *layer = layer_at(net, l);
    return layer ? layer->activation : (bpb_activation)0;
}

/* bpb_net_loss, bpbf_net_loss */
bpb_loss_kind BPB(net_loss)(const net_t *net)
{
    return net ? net->shape->loss : (bpb_loss_kind)0;
}

/* bpb_net_activation_parameter, bpbf_net_activation_parameter */
double BPB(net_activation_parameter)(const net_t *net, size_t l)
{
    const struct layer *layer = layer_at(net, l);
    return layer ? layer->parameter : 0;
}

/* bpb_net_loss_parameter, bpbf_net_loss_parameter */
double BPB(net_loss_parameter)(const net_t *net)
{
    return net ? net->shape->loss_parameter : 0;
}

/* bpb_net_parameters, bpbf_net_parameters */
size_t BPB(net_parameters)(const net_t *net)
{
    return net ? net->shape->parameters : 0;
}

/* bpb_net_theta, bpbf_net_theta */
real *BPB(net_theta)(net_t *net)
{
    return net ? net->theta : NULL;
}

/* bpb_net_ctheta, bpbf_net_ctheta */
const real *BPB(net_ctheta)(const net_t *net)
{
    return net ? net->theta : NULL;
}

/* bpb_net_W, bpbf_net_W */
out_t BPB(net_W)(const net_t *net, real *vector, size_t l)
{
    const struct layer *layer = layer_at(net, l);
    if (!layer || !vector)
        return (out_t){0};
    return (out_t){.data = vector + layer->W,
                   .rows = layer->n_out,
                   .cols = layer->n_in,
                   .ld = layer->n_out,
                   .row_stride = 1};
}

/* bpb_net_b, bpbf_net_b */
out_t BPB(net_b)(const net_t *net, real *vector, size_t l)
{
    const struct layer *layer = layer_at(net, l);
    if (!layer || !vector)
        return (out_t){0};
    return (out_t){.data = vector + layer->b,
                   .rows = layer->n_out,
                   .cols = 1,
                   .ld = layer->n_out,
                   .row_stride = 1};
}

static bool all_finite(const real *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

static bool all_normal(const real *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isnormal(x[i]))
            return false;
    return true;
}

/* Put shift and factor, n values each, into *scaling; both NULL: none. */
static bpb_status set_scaling(real **scaling, size_t n, const real *shift, const real *factor)
{
    REQUIRE(!shift || all_finite(shift, n), BPB_ERR_OPTION);
    REQUIRE(!factor || all_finite(factor, n), BPB_ERR_OPTION);
    real *made = NULL;
    if (shift || factor) {
        made = malloc(2 * n * sizeof *made);
        REQUIRE(made, BPB_ERR_MEMORY);
        for (size_t i = 0; i < n; i++) {
            made[i] = shift ? shift[i] : 0;
            made[n + i] = factor ? factor[i] : 1;
        }
    }
    free(*scaling);
    *scaling = made;
    return BPB_OK;
}

/* bpb_net_set_input_scaling, bpbf_net_set_input_scaling */
bpb_status BPB(net_set_input_scaling)(net_t *net, const real *shift, const real *factor)
{
    REQUIRE(net, BPB_ERR_NULL);
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status =
        set_scaling(&net->input_scaling, shape_inputs(net->shape), shift, factor);
    fpenv_leave(&env);
    return status;
}

/* bpb_net_set_output_scaling, bpbf_net_set_output_scaling */
bpb_status BPB(net_set_output_scaling)(net_t *net, const real *shift, const real *factor)
{
    REQUIRE(net, BPB_ERR_NULL);
    const size_t n = shape_outputs(net->shape);
    struct fpenv env;
    fpenv_enter(&env);
    bpb_status status = factor && !all_normal(factor, n) ? BPB_ERR_OPTION : BPB_OK;
    if (!status)
        status = set_scaling(&net->output_scaling, n, shift, factor);
    fpenv_leave(&env);
    return status;
}

/* bpb_net_input_scaling, bpbf_net_input_scaling */
const real *BPB(net_input_scaling)(const net_t *net)
{
    return net ? net->input_scaling : NULL;
}

/* bpb_net_output_scaling, bpbf_net_output_scaling */
const real *BPB(net_output_scaling)(const net_t *net)
{
    return net ? net->output_scaling : NULL;
}

static bpb_status copy_notes(net_t *copy, const struct notes *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        TRY(bpb_notes_set(&copy->notes, notes->list[i].key, notes->list[i].value));
    return BPB_OK;
}

/* *copy = bytes of memory like from, which may be NULL */
static bpb_status copy_block(void *copy, const void *from, size_t bytes)
{
    if (!from)
        return BPB_OK;
    void *made = malloc(bytes);
    REQUIRE(made, BPB_ERR_MEMORY);
    memcpy(copy, &made, sizeof made);
    memcpy(made, from, bytes);
    return BPB_OK;
}

/* All behind W_1, which may be of another size: theta from b_1 on is laid out alike. */
static bpb_status fill_but_W_1(net_t *copy, const net_t *net)
{
    const struct shape *shape = net->shape;
    const size_t b_1 = shape->layer[0].b, pair = 2 * sizeof(real); /* shift and factor */
    memcpy(copy->theta + copy->shape->layer[0].b, net->theta + b_1,
           (shape->parameters - b_1) * sizeof *net->theta);
    TRY(copy_block(&copy->output_scaling, net->output_scaling, shape_outputs(shape) * pair));
    TRY(copy_notes(copy, &net->notes));
    return BPB(own_copy)(copy, net);
}

static bpb_status fill_copy(net_t *copy, const net_t *net)
{
    const size_t n_0 = shape_inputs(net->shape), pair = 2 * sizeof(real);
    memcpy(copy->theta, net->theta, net->shape->layer[0].b * sizeof *net->theta);
    TRY(copy_block(&copy->input_scaling, net->input_scaling, n_0 * pair));
    return fill_but_W_1(copy, net);
}

/* Make a net of this shape, filled from net. */
static bpb_status copy_by(bpb_status (*fill)(net_t *copy, const net_t *net),
                          const struct shape *shape, net_t **copy, const net_t *net)
{
    net_t *made = NULL;
    TRY(BPB(net_alloc)(&made, shape));
    const bpb_status status = fill(made, net);
    if (status < 0)
        BPB(net_destroy)(&made);
    else
        *copy = made;
    return status;
}

bpb_status BPB(net_copy_for_inputs)(net_t **copy, const net_t *net, size_t n_0)
{
    size_t bytes;
    REQUIRE(bpb_shape_bytes(net->shape->L, &bytes), BPB_ERR_SIZE);
    struct shape *shape = malloc(bytes);
    REQUIRE(shape, BPB_ERR_MEMORY);
    memcpy(shape, net->shape, bytes);
    bpb_status status = bpb_shape_set_inputs(shape, n_0, sizeof(real));
    if (!status)
        status = copy_by(fill_but_W_1, shape, copy, net);
    free(shape);
    return status;
}

/* bpb_net_copy, bpbf_net_copy */
bpb_status BPB(net_copy)(net_t **copy, const net_t *net)
{
    REQUIRE(copy && net, BPB_ERR_NULL);
    return copy_by(fill_copy, net->shape, copy, net);
}

/* bpb_net_set_note, bpbf_net_set_note */
bpb_status BPB(net_set_note)(net_t *net, const char *key, const char *value)
{
    REQUIRE(net, BPB_ERR_NULL);
    return bpb_notes_set(&net->notes, key, value);
}

/* bpb_net_note, bpbf_net_note */
const char *BPB(net_note)(const net_t *net, const char *key)
{
    return net && key ? bpb_notes_get(&net->notes, key) : NULL;
}

/* bpb_net_note_key, bpbf_net_note_key */
const char *BPB(net_note_key)(const net_t *net, size_t i)
{
    return net && i < net->notes.count ? net->notes.list[i].key : NULL;
}
