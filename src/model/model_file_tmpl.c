/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/fpenv.h"
#include "base/bytes.h"
#include "base/convert_tmpl.h"
#include "model/model_file.h"
#include "net/net_tmpl.h"

/* ---- Load ---- */

/* Value k of a tensor: the same bits, NaN or not, where file and net agree in precision. */
static bool read_value(const struct model *model, const char *name, const unsigned char *values,
                       size_t k, real *out)
{
    if (model->real_bytes != sizeof(real))
        return real_from_double(bpb_model_value(model, name, k), out);
    *out = BPB_SELECT(double_of_bits(load_little64(values + 8 * k)),
                      float_of_bits(load_little32(values + 4 * k)));
    return true;
}

/* out (n_out x n_in, column-major) = the tensor of that name (the same, row-major). A vector has
 * n_in 1. */
static bpb_status read_values(const struct model *model, const char *name, size_t n_out,
                              size_t n_in, real *out)
{
    const unsigned char *values = bpb_model_values(model, name);
    for (size_t i = 0; i < n_out; i++)
        for (size_t j = 0; j < n_in; j++)
            REQUIRE(read_value(model, name, values, i * n_in + j, &out[j * n_out + i]),
                    BPB_ERR_RANGE, "the tensor \"%s\" has the value %g, beyond float", name,
                    bpb_model_value(model, name, i * n_in + j));
    return BPB_OK;
}

static bpb_status load_theta(net_t *net, const struct model *model)
{
    for (size_t l = 1; l <= net->shape->L; l++) {
        const struct layer *layer = &net->shape->layer[l - 1];
        char name[MODEL_NAME_BYTES];
        bpb_model_layer_name(name, 'W', l);
        TRY(read_values(model, name, layer->n_out, layer->n_in, net->theta + layer->W));
        bpb_model_layer_name(name, 'b', l);
        TRY(read_values(model, name, layer->n_out, 1, net->theta + layer->b));
    }
    return BPB_OK;
}

/* Hand shift and factor, n values each, to one of the net's setters. What that refuses has been
 * rounded to 0 or a subnormal: all else is checked by bpb_model_open. */
static bpb_status load_scaling(net_t *net, const struct model *model, const char *shift_name,
                               const char *factor_name, size_t n, bpb_side side)
{
    double *shift = malloc(2 * n * sizeof *shift), *factor = shift + n;
    REQUIRE(shift, BPB_ERR_MEMORY, "no memory for \"%s\"", shift_name);
    for (size_t i = 0; i < n; i++) {
        shift[i] = bpb_model_value(model, shift_name, i);
        factor[i] = bpb_model_value(model, factor_name, i);
    }
    const bpb_status status = BPB(net_set_scaling)(net, side, shift, factor);
    free(shift);
    REQUIRE(status != BPB_ERR_OPTION, BPB_ERR_RANGE,
            "the tensors \"%s\" and \"%s\" have a value that is beyond float, or no normal float",
            shift_name, factor_name);
    return status;
}

static bpb_status load_notes(net_t *net, const struct safetensors *file)
{
    for (size_t i = 0; i < file->n_metadata; i++)
        if (bpb_model_is_note(&file->metadata[i]))
            TRY(BPB(net_set_note)(net, file->metadata[i].key, file->metadata[i].value));
    return BPB_OK;
}

static bpb_status fill_net(net_t *net, const struct model *model)
{
    TRY(load_theta(net, model));
    if (model->input_scaling)
        TRY(load_scaling(net, model, "input_shift", "input_factor", shape_inputs(net->shape),
                         BPB_INPUTS));
    if (model->output_scaling)
        TRY(load_scaling(net, model, "output_shift", "output_factor", shape_outputs(net->shape),
                         BPB_OUTPUTS));
    TRY(load_notes(net, &model->container));
    return BPB(find_nonfinite)(BPB(samples)(net->theta, 1, net->shape->parameters), NULL);
}

/* ---- Functions of the user's own ---- */

static bpb_status check_given(const functions_t *given)
{
    for (size_t i = 0; given && i < given->n_activations; i++)
        TRY(BPB(own_activation_check)(&given->activations[i]));
    for (size_t i = 0; given && i < given->n_losses; i++)
        TRY(BPB(own_loss_check)(&given->losses[i]));
    return BPB_OK;
}

static bpb_status set_own_activation(net_t *net, size_t l, const functions_t *given,
                                     const char *name)
{
    for (size_t i = 0; given && i < given->n_activations; i++)
        if (strcmp(given->activations[i].name, name) == 0)
            return BPB(net_set_activation)(net, l, &given->activations[i]);
    REFUSE(BPB_ERR_FUNCTION,
           "the activation of layer %zu is your own function \"%s\", which was not given", l, name);
}

static bpb_status set_own_loss(net_t *net, const functions_t *given, const char *name)
{
    for (size_t i = 0; given && i < given->n_losses; i++)
        if (strcmp(given->losses[i].name, name) == 0)
            return BPB(net_set_loss)(net, &given->losses[i]);
    REFUSE(BPB_ERR_FUNCTION, "the loss is your own function \"%s\", which was not given", name);
}

static bpb_status set_own(net_t *net, const struct model *model, const functions_t *given)
{
    char name[BPB_NAME_BYTES];
    const char *text = bpb_model_activations(model);
    for (size_t l = 1; l <= net->shape->L; l++) {
        bpb_model_activation_name(&text, name);
        if (model->shape->layer[l - 1].activation == BPB_OWN_ACTIVATION)
            TRY(set_own_activation(net, l, given, name));
    }
    bpb_model_loss_name(model, name);
    return model->shape->loss == BPB_OWN_LOSS ? set_own_loss(net, given, name) : BPB_OK;
}

/* ---- The net ---- */

static bpb_status make_net(net_t **net, const struct model *model, const functions_t *given)
{
    net_t *made = NULL;
    TRY(BPB(net_alloc)(&made, model->shape));
    bpb_status status = set_own(made, model, given);
    if (!status)
        status = fill_net(made, model);
    if (status >= 0)
        *net = made;
    else
        BPB(net_destroy)(&made);
    return status;
}

static bpb_status load(net_t **net, struct input input, const functions_t *given)
{
    struct model model;
    struct fpenv env;
    fpenv_enter(&env);
    bpb_status status = bpb_model_open(&model, input, sizeof(real));
    if (!status)
        status = make_net(net, &model, given);
    bpb_model_close(&model);
    fpenv_leave(&env);
    return status;
}

/* bpb_net_load, bpbf_net_load */
bpb_status BPB(net_load)(net_t **net, const char *path, const functions_t *functions)
{
    REQUIRE_POINTER(net);
    REQUIRE_POINTER(path);
    TRY(check_given(functions));
    struct input input;
    TRY(bpb_input_open(&input, path));
    return bpb_about_file(load(net, input, functions), path);
}

/* bpb_net_load_memory, bpbf_net_load_memory */
bpb_status BPB(net_load_memory)(net_t **net, const void *buffer, size_t bytes,
                                const functions_t *functions)
{
    REQUIRE_POINTER(net);
    REQUIRE_POINTER(buffer);
    TRY(check_given(functions));
    struct input input;
    bpb_input_memory(&input, buffer, bytes);
    return load(net, input, functions);
}

/* ---- Save ---- */

/* Write values (n_out x n_in, column-major) row-major to out; gives back where that ends. */
static unsigned char *write_values(unsigned char *out, const real *values, size_t n_out,
                                   size_t n_in)
{
    for (size_t i = 0; i < n_out; i++) {
        for (size_t j = 0; j < n_in; j++, out += sizeof(real)) {
            const real value = values[j * n_out + i];
            BPB_SELECT(store_little64(out, bits_of_double(value)),
                       store_little32(out, bits_of_float(value)));
        }
    }
    return out;
}

/* Of a value in the file: that of the parameters, unless a float net's scaling needs doubles. */
static size_t scaling_bytes(const struct scaling *scaling)
{
    if (!scaling)
        return 0;
    for (size_t i = 0; i < 2 * scaling->n; i++)
        if ((double)scaling->rounded[i] != scaling->exact[i])
            return sizeof(double);
    return sizeof(real);
}

/* The same for shift and factor of one side. */
static unsigned char *write_scaling(unsigned char *out, const struct scaling *scaling)
{
    if (scaling_bytes(scaling) == sizeof(real))
        return write_values(out, scaling->rounded, 2 * scaling->n, 1);
    for (size_t i = 0; scaling && i < 2 * scaling->n; i++, out += sizeof(double))
        store_little64(out, bits_of_double(scaling->exact[i]));
    return out;
}

/* The whole file: header->total bytes. */
static void write_model(const net_t *net, const struct model_header *header, unsigned char *file)
{
    const struct shape *shape = net->shape;
    unsigned char *out = file + header->n;
    for (size_t l = 1; l <= shape->L; l++) {
        const struct layer *layer = &shape->layer[l - 1];
        out = write_values(out, net->theta + layer->W, layer->n_out, layer->n_in);
        out = write_values(out, net->theta + layer->b, layer->n_out, 1);
    }
    out = write_scaling(out, net->scaling[BPB_INPUTS]);
    write_scaling(out, net->scaling[BPB_OUTPUTS]);
    bpb_model_seal(header, file);
}

static const char *activation_name(const void *net, size_t l)
{
    return BPB(net_layer)(net, l).name;
}

static bpb_status write_header(const net_t *net, struct model_header *header)
{
    const struct model_source source = {.shape = net->shape,
                                        .notes = &net->notes,
                                        .net = net,
                                        .activation_name = activation_name,
                                        .loss_name = BPB(net_loss)(net).name,
                                        .scaling_bytes = {scaling_bytes(net->scaling[BPB_INPUTS]),
                                                          scaling_bytes(net->scaling[BPB_OUTPUTS])},
                                        .real_bytes = sizeof(real)};
    return bpb_model_write_header(header, &source);
}

/* bpb_net_save_memory, bpbf_net_save_memory */
bpb_status BPB(net_save_memory)(const net_t *net, void *buffer, size_t capacity, size_t *bytes)
{
    REQUIRE_POINTER(net);
    REQUIRE_POINTER(bytes);
    struct model_header header;
    TRY(write_header(net, &header));
    const bool fits = !buffer || capacity >= header.total;
    *bytes = header.total;
    if (buffer && fits)
        write_model(net, &header, buffer);
    free(header.bytes);
    REQUIRE(fits, BPB_ERR_BUFFER, "capacity is %zu bytes; %zu are needed", capacity, header.total);
    return BPB_OK;
}

/* bpb_net_save, bpbf_net_save */
bpb_status BPB(net_save)(const net_t *net, const char *path)
{
    REQUIRE_POINTER(net);
    REQUIRE_POINTER(path);
    struct model_header header;
    TRY(write_header(net, &header));
    bpb_status status;
    unsigned char *file = malloc(header.total);
    if (!file) {
        status = bpb_refuse(BPB_ERR_MEMORY, "no memory for a file of %zu bytes", header.total);
    } else {
        write_model(net, &header, file);
        status = bpb_file_replace(path, file, header.total);
    }
    free(file);
    free(header.bytes);
    return status;
}
