/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/files.h"
#include "model/network2.h"
#include "model/safetensors.h"
#include "net/net_tmpl.h"

#define DIGITS BPB_SELECT(17, 9) /* that give any real back */

/* ---- Load ---- */

/* The nearest real. The digits of the largest float may stand for a little more than it is. */
static bpb_status read_number(double value, const char *list, size_t l, real *out)
{
    *out = (real)value;
    REQUIRE(isfinite(*out), BPB_ERR_RANGE, "%s[%zu] has the number %g, beyond %s", list, l - 1,
            value, BPB_SELECT("double", "float"));
    return BPB_OK;
}

static bpb_status load_layer(net_t *net, const struct network2 *file, size_t l)
{
    const struct layer *layer = &net->shape->layer[l - 1];
    real *W = net->theta + layer->W, *b = net->theta + layer->b;
    for (size_t i = 0; i < layer->n_out; i++) {
        for (size_t j = 0; j < layer->n_in; j++)
            TRY(read_number(bpb_network2_weight(file, l, i, j), "weights", l,
                            &W[j * layer->n_out + i]));
        TRY(read_number(bpb_network2_bias(file, l, i), "biases", l, &b[i]));
    }
    return BPB_OK;
}

static bpb_status make_net(net_t **net, const struct network2 *file)
{
    net_t *made = NULL;
    TRY(BPB(net_alloc)(&made, file->shape));
    bpb_status status = BPB_OK;
    for (size_t l = 1; l <= file->shape->L && !status; l++)
        status = load_layer(made, file, l);
    if (status < 0)
        BPB(net_destroy)(&made);
    else
        *net = made;
    return status;
}

/* bpb_net_load_network2, bpbf_net_load_network2 */
bpb_status BPB(net_load_network2)(net_t **net, const char *path)
{
    REQUIRE_POINTER(net);
    REQUIRE_POINTER(path);
    struct decimal decimal;
    struct network2 file;
    TRY(decimal_enter(&decimal));
    bpb_status status = bpb_network2_open(&file, path, sizeof(real));
    if (!status)
        status = make_net(net, &file);
    bpb_network2_close(&file);
    decimal_leave(&decimal);
    return bpb_about_file(status, path);
}

/* ---- Save ---- */

/* values (n_out x n_in, column-major) as n_out lists; a vector has n_in 1. */
static void write_matrix(struct text *text, const real *values, size_t n_out, size_t n_in)
{
    for (size_t i = 0; i < n_out && !text->status; i++) {
        bpb_text_add(text, i ? "], [" : "[[");
        for (size_t j = 0; j < n_in; j++) {
            bpb_text_add(text, j ? ", " : "");
            bpb_text_add_number(text, (double)values[j * n_out + i], DIGITS);
        }
    }
    bpb_text_add(text, "]]");
}

static void write_net(struct text *text, const net_t *net)
{
    const struct shape *shape = net->shape;
    bpb_network2_begin(text, shape);
    for (size_t l = 0; l < shape->L; l++) {
        const struct layer *layer = &shape->layer[l];
        bpb_text_add(text, l ? ", " : "");
        write_matrix(text, net->theta + layer->W, layer->n_out, layer->n_in);
    }
    bpb_network2_turn(text);
    for (size_t l = 0; l < shape->L; l++) {
        bpb_text_add(text, l ? ", " : "");
        write_matrix(text, net->theta + shape->layer[l].b, shape->layer[l].n_out, 1);
    }
    bpb_network2_end(text, shape);
}

static bpb_status check_net(const net_t *net)
{
    const size_t P = net->shape->parameters;
    bpb_where where = {0};
    TRY(bpb_safetensors_require()); /* what the library cannot load it does not save */
    TRY(bpb_network2_check(net->shape));
    REQUIRE(!net->scaling[BPB_INPUTS] && !net->scaling[BPB_OUTPUTS], BPB_ERR_UNSUPPORTED,
            "the net has %s scaling; network2.py has none",
            net->scaling[BPB_INPUTS] ? "input" : "output");
    const bpb_status found = BPB(find_nonfinite)(BPB(samples)(net->theta, 1, P), &where);
    REQUIRE(found != BPB_NONFINITE, BPB_ERR_UNSUPPORTED,
            "theta[%zu] is %g; JSON has no such number", where.row, (double)net->theta[where.row]);
    return found;
}

/* bpb_net_save_network2, bpbf_net_save_network2 */
bpb_status BPB(net_save_network2)(const net_t *net, const char *path)
{
    REQUIRE_POINTER(net);
    REQUIRE_POINTER(path);
    TRY(check_net(net));
    struct decimal decimal;
    struct text text = {0};
    TRY(decimal_enter(&decimal));
    write_net(&text, net);
    decimal_leave(&decimal);
    if (!text.status)
        text.status = bpb_file_replace(path, text.bytes, text.n);
    free(text.bytes);
    return text.status;
}
