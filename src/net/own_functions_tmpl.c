/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions of the user's own in a net. */
#include <stdlib.h>
#include <string.h>

#include "net/net_tmpl.h"

#define PART(function) ((void (*)(void))(function))

/* A name that a file can hold, and that is none of the library's. */
static bool good_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    bpb_activation activation;
    bpb_loss_kind loss;
    const size_t n = strlen(name);
    return n > 0 && n < BPB_NAME_BYTES && strspn(name, letters) == n &&
           bpb_activation_from_name(name, &activation) != BPB_OK &&
           bpb_loss_from_name(name, &loss) != BPB_OK;
}

bpb_status BPB(own_activation_check)(const activation_function_t *g)
{
    REQUIRE(g && g->name && (g->f || g->value), BPB_ERR_NULL);
    REQUIRE(!(g->f && g->value) && is_flag(g->of_A) && good_name(g->name), BPB_ERR_OPTION);
    return BPB_OK;
}

bpb_status BPB(own_loss_check)(const loss_function_t *loss)
{
    REQUIRE(loss && loss->name && (loss->f || loss->value), BPB_ERR_NULL);
    REQUIRE(!(loss->f && loss->value) && is_flag(loss->of_Z) && good_name(loss->name),
            BPB_ERR_OPTION);
    return BPB_OK;
}

static bpb_status need_own(net_t *net)
{
    if (net->own)
        return BPB_OK;
    net->own = calloc(1, sizeof *net->own + net->shape->L * sizeof *net->own->layer);
    return net->own ? BPB_OK : BPB_ERR_MEMORY;
}

static struct own_identity identity_of_activation(const activation_function_t *g)
{
    struct own_identity own = {.part = {PART(g->f), PART(g->df), PART(g->d2f)},
                               .context = g->context, .how = 2 * (size_t)g->of_A};
    if (g->value)
        own = (struct own_identity){
            .part = {PART(g->value), PART(g->vjp), PART(g->jvp), PART(g->second)},
            .context = g->context, .how = 2 * (size_t)g->of_A + 1};
    return own;
}

static struct own_identity identity_of_loss(const loss_function_t *loss)
{
    struct own_identity own = {.part = {PART(loss->f), PART(loss->df), PART(loss->d2f)},
                               .context = loss->context};
    if (loss->value)
        own = (struct own_identity){
            .part = {PART(loss->value), PART(loss->gradient), PART(loss->second)},
            .context = loss->context, .how = 4 * loss->group + 2 * (size_t)loss->of_Z + 1};
    return own;
}

/* bpb_net_set_activation, bpbf_net_set_activation */
bpb_status BPB(net_set_activation)(net_t *net, size_t l, const activation_function_t *g)
{
    REQUIRE(net, BPB_ERR_NULL);
    TRY(BPB(own_activation_check)(g));
    REQUIRE(l >= 1 && l <= net->shape->L, BPB_ERR_SIZE);
    struct layer *layer = &net->shape->layer[l - 1];
    const struct layer before = *layer;
    layer->activation = BPB_OWN_ACTIVATION;
    layer->parameter = 0;
    layer->own = identity_of_activation(g);
    bpb_status status = bpb_shape_pair(net->shape);
    if (!status)
        status = need_own(net);
    if (status) {
        *layer = before;
        return status;
    }
    struct own_activation *own = &net->own->layer[l - 1];
    strcpy(own->name, g->name);
    own->g = *g;
    own->g.name = NULL;
    return BPB_OK;
}

/* bpb_net_set_loss, bpbf_net_set_loss */
bpb_status BPB(net_set_loss)(net_t *net, const loss_function_t *loss)
{
    REQUIRE(net, BPB_ERR_NULL);
    TRY(BPB(own_loss_check)(loss));
    struct shape *shape = net->shape;
    const size_t group = loss->value && loss->group ? loss->group : 1;
    REQUIRE(shape_outputs(shape) % group == 0, BPB_ERR_PAIR);
    TRY(need_own(net));
    shape->loss = BPB_OWN_LOSS;
    shape->loss_parameter = 0;
    shape->targets = shape_outputs(shape) / group;
    shape->own_loss = identity_of_loss(loss);
    strcpy(net->own->loss_name, loss->name);
    net->own->loss = *loss;
    net->own->loss.name = NULL;
    return BPB_OK;
}

bpb_status BPB(own_copy)(net_t *copy, const net_t *net)
{
    if (!net->own)
        return BPB_OK;
    TRY(need_own(copy));
    memcpy(copy->own, net->own,
           sizeof *net->own + net->shape->L * sizeof *net->own->layer);
    return BPB_OK;
}

/* bpb_net_activation_name, bpbf_net_activation_name */
const char *BPB(net_activation_name)(const net_t *net, size_t l)
{
    if (!net || l < 1 || l > net->shape->L)
        return NULL;
    const bpb_activation activation = net->shape->layer[l - 1].activation;
    if (activation == BPB_OWN_ACTIVATION)
        return net->own->layer[l - 1].name;
    return bpb_activation_name(activation);
}

/* bpb_net_loss_name, bpbf_net_loss_name */
const char *BPB(net_loss_name)(const net_t *net)
{
    if (!net)
        return NULL;
    return net->shape->loss == BPB_OWN_LOSS ? net->own->loss_name : bpb_loss_name(net->shape->loss);
}

static bool activation_lacks(const activation_function_t *g, bpb_status status)
{
    switch (status) {
    case BPB_ERR_NO_VJP:
        return g->f ? !g->df : !g->vjp;
    case BPB_ERR_NO_JVP:
        return g->f ? !g->df : !g->jvp;
    case BPB_ERR_NO_SECOND:
        return g->f ? !g->d2f : !g->second;
    default:
        return false;
    }
}

static bool loss_lacks(const loss_function_t *loss, bpb_status status)
{
    switch (status) {
    case BPB_ERR_NO_VJP:
        return loss->f ? !loss->df : !loss->gradient;
    case BPB_ERR_NO_SECOND:
        return loss->f ? !loss->d2f : !loss->second;
    default:
        return false;
    }
}

/* bpb_net_lacking, bpbf_net_lacking */
const char *BPB(net_lacking)(const net_t *net, bpb_status status)
{
    if (!net || !net->own)
        return NULL;
    const struct shape *shape = net->shape;
    for (size_t l = 1; l <= shape->L; l++)
        if (shape->layer[l - 1].activation == BPB_OWN_ACTIVATION &&
            activation_lacks(&net->own->layer[l - 1].g, status))
            return net->own->layer[l - 1].name;
    if (shape->loss == BPB_OWN_LOSS && loss_lacks(&net->own->loss, status))
        return net->own->loss_name;
    return NULL;
}
