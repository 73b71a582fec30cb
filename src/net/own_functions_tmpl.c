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
    const size_t n = strlen(name);
    if (n == 0 || n >= BPB_NAME_BYTES || strspn(name, letters) != n)
        return false;
    for (int i = 0; i < BPB_OWN_LOSS; i++)
        for (bpb_names of = BPB_NAMES_ACTIVATION; of <= BPB_NAMES_LOSS; of++)
            if (bpb_name(of, i) && strcmp(bpb_name(of, i), name) == 0)
                return false;
    return true;
}

static bpb_status check_own(const char *what, const char *name, bool has_f, bool has_value,
                            const char *flag_name, int flag)
{
    REQUIRE(name, BPB_ERR_NULL, "the name of your %s is NULL", what);
    REQUIRE(has_f || has_value, BPB_ERR_NULL, "your %s %s has neither f nor value", what, name);
    REQUIRE(!(has_f && has_value), BPB_ERR_OPTION, "your %s %s has both f and value", what, name);
    REQUIRE(is_flag(flag), BPB_ERR_OPTION, "%s of your %s %s is %d; it must be 0 or 1", flag_name,
            what, name, flag);
    REQUIRE(
        good_name(name), BPB_ERR_OPTION,
        "the name \"%s\" of your %s must have 1 to 31 characters of a-z 0-9 - _, and be none of "
        "the library's",
        name, what);
    return BPB_OK;
}

bpb_status BPB(own_activation_check)(const activation_function_t *g)
{
    REQUIRE_POINTER(g);
    return check_own("activation", g->name, g->f, g->value, "of_A", g->of_A);
}

bpb_status BPB(own_loss_check)(const loss_function_t *loss)
{
    REQUIRE_POINTER(loss);
    return check_own("loss", loss->name, loss->f, loss->value, "of_Z", loss->of_Z);
}

static bpb_status need_own(net_t *net)
{
    if (net->own)
        return BPB_OK;
    net->own = calloc(1, sizeof *net->own + net->shape->L * sizeof *net->own->layer);
    REQUIRE(net->own, BPB_ERR_MEMORY, "out of memory for functions of your own");
    return BPB_OK;
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
    REQUIRE_POINTER(net);
    TRY(BPB(own_activation_check)(g));
    REQUIRE(l >= 1 && l <= net->shape->L, BPB_ERR_SIZE, "l is %zu; it must be from 1 to %zu", l,
            net->shape->L);
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
    REQUIRE_POINTER(net);
    TRY(BPB(own_loss_check)(loss));
    struct shape *shape = net->shape;
    const size_t group = loss->value && loss->group ? loss->group : 1;
    REQUIRE(shape_outputs(shape) % group == 0, BPB_ERR_PAIR,
            "group is %zu; it must divide the number of outputs, %zu", group, shape_outputs(shape));
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

bpb_status BPB(trainable_check)(const net_t *net)
{
    const struct shape *shape = net->shape;
    for (size_t l = 1; l <= shape->L; l++) {
        if (shape->layer[l - 1].activation != BPB_OWN_ACTIVATION)
            continue;
        const activation_function_t *g = &net->own->layer[l - 1].g;
        REQUIRE(g->f ? g->df != NULL : g->vjp != NULL, BPB_ERR_NO_VJP,
                "the activation %s of layer %zu has no vjp or df", net->own->layer[l - 1].name, l);
    }
    if (shape->loss == BPB_OWN_LOSS) {
        const loss_function_t *loss = &net->own->loss;
        REQUIRE(loss->f ? loss->df != NULL : loss->gradient != NULL, BPB_ERR_NO_VJP,
                "the loss %s has no gradient or df", net->own->loss_name);
    }
    return BPB_OK;
}
