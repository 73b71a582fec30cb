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
    free((*net)->scaling[BPB_INPUTS]);
    free((*net)->scaling[BPB_OUTPUTS]);
    free((*net)->own);
    bpb_notes_clear(&(*net)->notes);
    free(*net);
    *net = NULL;
}

bpb_status BPB(net_alloc)(net_t **net, const struct shape *shape)
{
    size_t bytes;
    REQUIRE(bpb_shape_bytes(shape->L, &bytes), BPB_ERR_SIZE,
            "%zu layers exceed what can be addressed", shape->L);
    net_t *made = calloc(1, sizeof *made + bytes);
    REQUIRE(made, BPB_ERR_MEMORY, "out of memory for a net of %zu layers", shape->L);
    made->shape = memcpy(made + 1, shape, bytes);
    made->theta = bpb_alloc_aligned(shape->parameters, sizeof(real));
    if (!made->theta) {
        BPB(net_destroy)(&made);
        REFUSE(BPB_ERR_MEMORY, "out of memory for the %zu parameters of a net", shape->parameters);
    }
    *net = made;
    return BPB_OK;
}

/* The shape is built on its own first: nothing is known of the sizes before. */
/* bpb_net_create, bpbf_net_create */
bpb_status BPB(net_create)(net_t **net, const bpb_net_options *options)
{
    REQUIRE_POINTER(net);
    REQUIRE_POINTER(options);
    REQUIRE(options->sizes, BPB_ERR_NULL, "sizes is NULL; it must name n_0 .. n_L");
    size_t bytes;
    REQUIRE(options->n_sizes >= 2, BPB_ERR_SIZE,
            "n_sizes is %zu; it counts all sizes, the inputs too, and must be at least 2",
            options->n_sizes);
    REQUIRE(bpb_shape_bytes(options->n_sizes - 1, &bytes), BPB_ERR_SIZE,
            "n_sizes is %zu, which exceeds what can be addressed", options->n_sizes);
    TRY(BPB(init_check)(options->init));
    struct shape *shape = malloc(bytes);
    REQUIRE(shape, BPB_ERR_MEMORY, "out of memory for a net of %zu layers", options->n_sizes - 1);
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
    REQUIRE_POINTER(net);
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

/* bpb_net_size, bpbf_net_size */
size_t BPB(net_size)(const net_t *net, size_t l)
{
    if (net && l == 0)
        return shape_inputs(net->shape);
    const struct layer *layer = layer_at(net, l);
    return layer ? layer->n_out : 0;
}

/* bpb_net_layer, bpbf_net_layer */
bpb_layer_info BPB(net_layer)(const net_t *net, size_t l)
{
    const struct layer *layer = layer_at(net, l);
    if (!layer)
        return (bpb_layer_info){0};
    const bool own = layer->activation == BPB_OWN_ACTIVATION;
    return (bpb_layer_info){
        .n_in = layer->n_in,
        .n_out = layer->n_out,
        .input = l - 1,
        .W = layer->W,
        .b = layer->b,
        .activation = layer->activation,
        .name = own ? net->own->layer[l - 1].name
                    : bpb_name(BPB_NAMES_ACTIVATION, (int)layer->activation),
        .parameter = layer->parameter,
    };
}

/* bpb_net_loss, bpbf_net_loss */
bpb_loss_info BPB(net_loss)(const net_t *net)
{
    if (!net)
        return (bpb_loss_info){0};
    const struct shape *shape = net->shape;
    const bool own = shape->loss == BPB_OWN_LOSS;
    return (bpb_loss_info){
        .kind = shape->loss,
        .name = own ? net->own->loss_name : bpb_name(BPB_NAMES_LOSS, (int)shape->loss),
        .parameter = shape->loss_parameter,
        .n_targets = shape->targets,
    };
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

/* ---- Scaling ---- */

/* Room for n of shift and of factor, exact and rounded. */
static struct scaling *alloc_scaling(size_t n)
{
    struct scaling *made = malloc(sizeof *made + 2 * n * (sizeof(double) + sizeof(real)));
    if (made) {
        double *exact = (double *)(made + 1);
        *made = (struct scaling){.n = n, .exact = exact, .rounded = (const real *)(exact + 2 * n)};
    }
    return made;
}

/* Values i of shift and factor, which are 0 and 1 where they are not given. */
static void put_scaling(struct scaling *scaling, size_t i, double shift, double factor)
{
    double *exact = (double *)(scaling + 1);
    real *rounded = (real *)(exact + 2 * scaling->n);
    exact[i] = shift;
    exact[scaling->n + i] = factor;
    rounded[i] = (real)shift;
    rounded[scaling->n + i] = (real)factor;
}

static const char *const side_names[] = {[BPB_INPUTS] = "inputs", [BPB_OUTPUTS] = "outputs"};

static bpb_status check_scaling(bpb_side side, size_t n, const double *shift, const double *factor)
{
    for (size_t i = 0; i < n; i++) {
        const double s = shift ? shift[i] : 0, f = factor ? factor[i] : 1;
        REQUIRE(isfinite((real)s), BPB_ERR_OPTION,
                "shift[%zu] of the %s is %g; it must be finite in the net's precision", i,
                side_names[side], s);
        REQUIRE(isfinite((real)f), BPB_ERR_OPTION,
                "factor[%zu] of the %s is %g; it must be finite in the net's precision", i,
                side_names[side], f);
        REQUIRE(side == BPB_INPUTS || isnormal((real)f), BPB_ERR_OPTION,
                "factor[%zu] of the outputs is %g; it must be a normal number of the net's "
                "precision",
                i, f);
    }
    return BPB_OK;
}

bpb_status BPB(scaling_create)(struct scaling **made, const net_t *net, bpb_side side,
                               const double *shift, const double *factor)
{
    const struct shape *shape = net->shape;
    const size_t n = side == BPB_INPUTS ? shape_inputs(shape) : shape_outputs(shape);
    TRY(check_scaling(side, n, shift, factor));
    *made = alloc_scaling(n);
    REQUIRE(*made, BPB_ERR_MEMORY, "out of memory for the scaling of %zu %s", n, side_names[side]);
    for (size_t i = 0; i < n; i++)
        put_scaling(*made, i, shift ? shift[i] : 0, factor ? factor[i] : 1);
    return BPB_OK;
}

/* bpb_net_set_scaling, bpbf_net_set_scaling */
bpb_status BPB(net_set_scaling)(net_t *net, bpb_side side, const double *shift,
                                const double *factor)
{
    REQUIRE_POINTER(net);
    REQUIRE(side == BPB_INPUTS || side == BPB_OUTPUTS, BPB_ERR_OPTION,
            "side is %d; it must be BPB_INPUTS or BPB_OUTPUTS", (int)side);
    struct scaling *made = NULL;
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status =
        shift || factor ? BPB(scaling_create)(&made, net, side, shift, factor) : BPB_OK;
    fpenv_leave(&env);
    if (status < 0)
        return status;
    free(net->scaling[side]);
    net->scaling[side] = made;
    return BPB_OK;
}

/* bpb_net_scaling, bpbf_net_scaling */
const double *BPB(net_scaling)(const net_t *net, bpb_side side)
{
    const bool known = net && (side == BPB_INPUTS || side == BPB_OUTPUTS);
    return known && net->scaling[side] ? net->scaling[side]->exact : NULL;
}

static bpb_status copy_notes(net_t *copy, const struct notes *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        TRY(bpb_notes_set(&copy->notes, notes->list[i].key, notes->list[i].value));
    return BPB_OK;
}

static bpb_status copy_scaling(net_t *copy, const net_t *net, bpb_side side)
{
    const struct scaling *from = net->scaling[side];
    if (!from)
        return BPB_OK;
    struct scaling *made = alloc_scaling(from->n);
    REQUIRE(made, BPB_ERR_MEMORY, "out of memory for a copy of the net");
    for (size_t i = 0; i < from->n; i++)
        put_scaling(made, i, from->exact[i], from->exact[from->n + i]);
    copy->scaling[side] = made;
    return BPB_OK;
}

/* All behind W_1, which may be of another size: theta from b_1 on is laid out alike. */
static bpb_status fill_but_W_1(net_t *copy, const net_t *net)
{
    const struct shape *shape = net->shape;
    const size_t b_1 = shape->layer[0].b;
    memcpy(copy->theta + copy->shape->layer[0].b, net->theta + b_1,
           (shape->parameters - b_1) * sizeof *net->theta);
    TRY(copy_scaling(copy, net, BPB_OUTPUTS));
    TRY(copy_notes(copy, &net->notes));
    return BPB(own_copy)(copy, net);
}

static bpb_status fill_copy(net_t *copy, const net_t *net)
{
    memcpy(copy->theta, net->theta, net->shape->layer[0].b * sizeof *net->theta);
    TRY(copy_scaling(copy, net, BPB_INPUTS));
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
    struct shape *shape = bpb_shape_bytes(net->shape->L, &bytes) ? malloc(bytes) : NULL;
    REQUIRE(shape, BPB_ERR_MEMORY, "out of memory for a copy of the net");
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
    REQUIRE_POINTER(copy);
    REQUIRE_POINTER(net);
    return copy_by(fill_copy, net->shape, copy, net);
}

/* bpb_net_set_note, bpbf_net_set_note */
bpb_status BPB(net_set_note)(net_t *net, const char *key, const char *value)
{
    REQUIRE_POINTER(net);
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
