/* SPDX-License-Identifier: BSD-3-Clause */
#include "model/model_file.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fpenv.h"
#include "base/bytes.h"
#include "base/decimal.h"
#include "base/crc32.h"
#include "model/function_text.h"

#define FORMAT_VERSION 1
#define NAME_SIZE 24 /* of "W" and any number */

/* The keys of the format. */
#define KEY_CRC32 "bpblas.crc32"
#define KEY_FORMAT "bpblas.format"
#define KEY_SIZES "bpblas.sizes"
#define KEY_ACTIVATIONS "bpblas.activations"
#define KEY_LOSS "bpblas.loss"
#define KEY_PREFIX "bpblas."

/* ---- Read: the metadata ---- */

/* A decimal number at *text, which moves behind it; false where there is none. What is too large
 * becomes SIZE_MAX. */
static bool read_number(const char **text, size_t *number)
{
    const char *digit = *text;
    *number = 0;
    for (; *digit >= '0' && *digit <= '9'; digit++)
        if (!size_mul(*number, 10, number) || !size_add(*number, (size_t)(*digit - '0'), number))
            *number = SIZE_MAX;
    const bool found = digit != *text;
    *text = digit;
    return found;
}

/* Behind item i of count: a comma, or the end. */
static bool read_separator(const char **text, size_t i, size_t count)
{
    return *(*text)++ == (i + 1 < count ? ',' : '\0');
}

static size_t count_items(const char *text)
{
    size_t count = 1;
    while ((text = strchr(text, ',')) != NULL) {
        text++;
        count++;
    }
    return count;
}

/* "784,30,10" */
static bpb_status read_sizes(const char *text, size_t *units, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        REQUIRE(read_number(&text, &units[i]), BPB_ERR_FORMAT);
        REQUIRE(read_separator(&text, i, count), BPB_ERR_FORMAT);
    }
    return BPB_OK;
}

/* The last of count layers' activations into names; a user's own as identity for now. */
static bpb_status read_activations(const char *text, bpb_activation *activations, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct function_text function;
        TRY(bpb_function_read(&text, &function));
        int value = BPB_IDENTITY;
        if (!function.own)
            REQUIRE(bpb_value_of_name(BPB_NAMES_ACTIVATION, function.name, &value) == BPB_OK,
                    BPB_ERR_FORMAT);
        activations[i] = (bpb_activation)value;
        REQUIRE(read_separator(&text, i, count), BPB_ERR_FORMAT);
    }
    return BPB_OK;
}

static bpb_status set_parameter(double *parameter, double read, size_t real_bytes)
{
    REQUIRE(read == 0 || *parameter != 0, BPB_ERR_FORMAT);
    REQUIRE(bpb_is_parameter(read, real_bytes), BPB_ERR_RANGE);
    *parameter = read == 0 ? *parameter : read;
    return BPB_OK;
}

/* What the shape holds of parameters and of the user's own, once its sizes and functions stand. */
static bpb_status fill_functions(struct model *model, size_t real_bytes,
                                 const struct function_text *loss)
{
    const char *text = bpb_safetensors_value(&model->container, KEY_ACTIVATIONS);
    struct shape *shape = model->shape;
    for (size_t l = 0; l < shape->L; l++, text++) {
        struct function_text function;
        TRY(bpb_function_read(&text, &function));
        TRY(set_parameter(&shape->layer[l].parameter, function.parameter, real_bytes));
        if (function.own)
            shape->layer[l].activation = BPB_OWN_ACTIVATION;
    }
    if (loss->own)
        shape->loss = BPB_OWN_LOSS;
    if (shape->loss == BPB_CROSS_ENTROPY) {
        REQUIRE(loss->parameter < 1 && bpb_is_parameter(loss->parameter, real_bytes),
                BPB_ERR_RANGE);
        shape->loss_parameter = loss->parameter;
        return BPB_OK;
    }
    return set_parameter(&shape->loss_parameter, loss->parameter, real_bytes);
}

static bpb_status read_loss(const struct model *model, struct function_text *function,
                            bpb_loss_kind *loss)
{
    const char *text = bpb_safetensors_value(&model->container, KEY_LOSS);
    REQUIRE(text, BPB_ERR_FORMAT);
    TRY(bpb_function_read(&text, function));
    REQUIRE(*text == '\0', BPB_ERR_FORMAT);
    int value = BPB_SQUARED;
    if (!function->own)
        REQUIRE(!bpb_value_of_name(BPB_NAMES_LOSS, function->name, &value), BPB_ERR_FORMAT);
    *loss = (bpb_loss_kind)value;
    return BPB_OK;
}

static bpb_status fill_shape(struct model *model, size_t real_bytes, size_t L, size_t *units,
                             bpb_activation *activations)
{
    bpb_loss_kind loss;
    struct function_text loss_function;
    const struct safetensors *file = &model->container;
    TRY(read_sizes(bpb_safetensors_value(file, KEY_SIZES), units, L + 1));
    TRY(read_activations(bpb_safetensors_value(file, KEY_ACTIVATIONS), activations, L));
    TRY(read_loss(model, &loss_function, &loss));
    const bpb_net_options options = {
        .sizes = units, .n_sizes = L + 1, .activations = activations, .loss = loss};
    TRY(bpb_shape_init(model->shape, &options, real_bytes));
    return fill_functions(model, real_bytes, &loss_function);
}

void bpb_model_activation_name(const char **text, char name[BPB_NAME_BYTES])
{
    struct function_text function;
    bpb_function_read(text, &function);
    *text += **text == ',';
    memcpy(name, function.name, BPB_NAME_BYTES - 1);
    name[BPB_NAME_BYTES - 1] = '\0';
}

const char *bpb_model_activations(const struct model *model)
{
    return bpb_safetensors_value(&model->container, KEY_ACTIVATIONS);
}

void bpb_model_loss_name(const struct model *model, char name[BPB_NAME_BYTES])
{
    const char *text = bpb_safetensors_value(&model->container, KEY_LOSS);
    bpb_model_activation_name(&text, name);
}

static bpb_status read_shape(struct model *model, size_t real_bytes)
{
    const char *sizes = bpb_safetensors_value(&model->container, KEY_SIZES);
    const char *names = bpb_safetensors_value(&model->container, KEY_ACTIVATIONS);
    REQUIRE(sizes && names, BPB_ERR_FORMAT);
    const size_t L = count_items(names);
    size_t bytes;
    REQUIRE(bpb_shape_bytes(L, &bytes), BPB_ERR_SIZE);
    size_t *units = malloc((L + 1) * sizeof *units);
    bpb_activation *activations = malloc(L * sizeof *activations);
    model->shape = malloc(bytes);
    bpb_status status = BPB_ERR_MEMORY;
    if (units && activations && model->shape)
        status = fill_shape(model, real_bytes, L, units, activations);
    free(units);
    free(activations);
    return status;
}

static bpb_status check_version(const struct model *model)
{
    const char *text = bpb_safetensors_value(&model->container, KEY_FORMAT);
    size_t version;
    REQUIRE(text && read_number(&text, &version) && !*text && version > 0, BPB_ERR_FORMAT);
    return version <= FORMAT_VERSION ? BPB_OK : BPB_ERR_VERSION;
}

/* The only key that would be refused as a note. */
static bpb_status check_keys(const struct model *model)
{
    return bpb_safetensors_value(&model->container, "") ? BPB_ERR_FORMAT : BPB_OK;
}

/* ---- Read: the tensors ---- */

static void name_layer(char name[NAME_SIZE], char letter, size_t l)
{
    snprintf(name, NAME_SIZE, "%c%zu", letter, l);
}

/* Whether the net's tensor of that name is there, rows x cols, or rows long where cols is 0. */
static bool has_tensor(const struct model *model, const char *name, size_t rows, size_t cols)
{
    const struct tensor *tensor = bpb_safetensors_tensor(&model->container, name);
    return tensor && tensor->real_bytes == model->real_bytes &&
           tensor->dimensions == (cols ? 2 : 1) && tensor->shape[0] == rows &&
           tensor->shape[1] == cols;
}

static bpb_status check_layers(struct model *model)
{
    const struct tensor *first = bpb_safetensors_tensor(&model->container, "W1");
    REQUIRE(first && first->real_bytes, BPB_ERR_FORMAT);
    model->real_bytes = first->real_bytes;
    for (size_t l = 1; l <= model->shape->L; l++) {
        const struct layer *layer = &model->shape->layer[l - 1];
        char name[NAME_SIZE];
        name_layer(name, 'W', l);
        REQUIRE(has_tensor(model, name, layer->n_out, layer->n_in), BPB_ERR_FORMAT);
        name_layer(name, 'b', l);
        REQUIRE(has_tensor(model, name, layer->n_out, 0), BPB_ERR_FORMAT);
    }
    return BPB_OK;
}

/* Whether shift and factor are there: both or neither. */
static bpb_status check_pair(const struct model *model, const char *shift, const char *factor,
                             size_t n, bool *present)
{
    *present = bpb_safetensors_tensor(&model->container, shift) != NULL;
    if (!*present)
        return bpb_safetensors_tensor(&model->container, factor) ? BPB_ERR_FORMAT : BPB_OK;
    const bool right = has_tensor(model, shift, n, 0) && has_tensor(model, factor, n, 0);
    return right ? BPB_OK : BPB_ERR_FORMAT;
}

static bpb_status check_tensors(struct model *model)
{
    TRY(check_layers(model));
    TRY(check_pair(model, "input_shift", "input_factor", shape_inputs(model->shape),
                   &model->input_scaling));
    return check_pair(model, "output_shift", "output_factor", shape_outputs(model->shape),
                      &model->output_scaling);
}

/* ---- Read: the file ---- */

static bpb_status read_header(struct model *model)
{
    struct input *input = &model->input;
    TRY(bpb_input_want(input, SAFETENSORS_LENGTH));
    REQUIRE(input->n >= SAFETENSORS_LENGTH, BPB_ERR_TRUNCATED);
    const uint64_t length = load_little64(input->bytes);
    REQUIRE(length <= SAFETENSORS_MAX_HEADER, BPB_ERR_FORMAT);
    model->data_start = SAFETENSORS_LENGTH + (size_t)length;
    TRY(bpb_input_want(input, model->data_start));
    REQUIRE(input->n >= model->data_start, BPB_ERR_TRUNCATED);
    return bpb_safetensors_parse(&model->container, (const char *)input->bytes + SAFETENSORS_LENGTH,
                                 (size_t)length);
}

/* The data are as long as the header says, and no longer. */
static bpb_status read_data(struct model *model)
{
    size_t end;
    REQUIRE(size_add(model->data_start, model->container.data_bytes, &end), BPB_ERR_TRUNCATED);
    REQUIRE(end < PTRDIFF_MAX, BPB_ERR_TRUNCATED);
    TRY(bpb_input_want(&model->input, end + 1));
    REQUIRE(model->input.n >= end, BPB_ERR_TRUNCATED);
    return model->input.n == end ? BPB_OK : BPB_ERR_FORMAT;
}

static const unsigned char *data_of(const struct model *model)
{
    return model->input.bytes + model->data_start;
}

/* The checksum is optional; 8 hexadecimal digits where it is there. */
static bpb_status check_data(const struct model *model)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *text = bpb_safetensors_value(&model->container, KEY_CRC32);
    if (!text)
        return BPB_OK;
    REQUIRE(strlen(text) == 8 && strspn(text, digits) == 8, BPB_ERR_FORMAT);
    const uint32_t crc = bpb_crc32(data_of(model), model->container.data_bytes);
    return crc == strtoul(text, NULL, 16) ? BPB_OK : BPB_ERR_CHECKSUM;
}

double bpb_model_value(const struct model *model, const unsigned char *values, size_t k)
{
    if (model->real_bytes == sizeof(float))
        return (double)float_of_bits(load_little32(values + 4 * k));
    return double_of_bits(load_little64(values + 8 * k));
}

/* Whether the n values of a tensor are finite and no smaller than least. */
static bool in_range(const struct model *model, const char *name, size_t n, double least)
{
    const unsigned char *values = bpb_model_values(model, name);
    for (size_t k = 0; k < n; k++) {
        const double value = bpb_model_value(model, values, k);
        if (!isfinite(value) || fabs(value) < least)
            return false;
    }
    return true;
}

/* What the net's setters would refuse, told apart from what a float cannot hold. */
static bpb_status check_scaling(const struct model *model)
{
    const size_t n_0 = shape_inputs(model->shape), n_L = shape_outputs(model->shape);
    const double least = model->real_bytes == sizeof(float) ? (double)FLT_MIN : DBL_MIN;
    if (model->input_scaling)
        REQUIRE(in_range(model, "input_shift", n_0, 0) && in_range(model, "input_factor", n_0, 0),
                BPB_ERR_FORMAT);
    if (model->output_scaling)
        REQUIRE(in_range(model, "output_shift", n_L, 0) &&
                    in_range(model, "output_factor", n_L, least),
                BPB_ERR_FORMAT);
    return BPB_OK;
}

bpb_status bpb_model_open(struct model *model, struct input input, size_t real_bytes)
{
    *model = (struct model){.input = input};
    REQUIRE(bpb_safetensors_available(), BPB_ERR_UNSUPPORTED);
    TRY(read_header(model));
    TRY(check_version(model));
    TRY(check_keys(model));
    TRY(read_shape(model, real_bytes));
    TRY(check_tensors(model));
    TRY(read_data(model));
    TRY(check_data(model));
    return check_scaling(model);
}

void bpb_model_close(struct model *model)
{
    bpb_safetensors_clear(&model->container);
    free(model->shape);
    bpb_input_close(&model->input);
}

const unsigned char *bpb_model_values(const struct model *model, const char *name)
{
    return data_of(model) + bpb_safetensors_tensor(&model->container, name)->begin;
}

const unsigned char *bpb_model_layer_values(const struct model *model, char letter, size_t l)
{
    char name[NAME_SIZE];
    name_layer(name, letter, l);
    return bpb_model_values(model, name);
}

bool bpb_model_is_note(const struct metadata *entry)
{
    return strncmp(entry->key, KEY_PREFIX, sizeof KEY_PREFIX - 1) != 0;
}

bpb_status bpb_model_precision(const char *path, size_t *bytes)
{
    REQUIRE(path && bytes, BPB_ERR_NULL);
    struct input input;
    struct model model;
    struct fpenv env;
    TRY(bpb_input_open(&input, path));
    fpenv_enter(&env);
    const bpb_status status = bpb_model_open(&model, input, sizeof(double));
    if (status >= 0)
        *bytes = model.real_bytes;
    bpb_model_close(&model);
    fpenv_leave(&env);
    return status;
}

/* ---- Write ---- */

/* "784,30,10", allocated: ten digits and a separator each are enough. */
static char *sizes_text(const struct shape *shape)
{
    const size_t room = (shape->L + 1) * 11;
    char *text = malloc(room);
    if (!text)
        return NULL;
    size_t n = (size_t)snprintf(text, room, "%zu", shape_inputs(shape));
    for (size_t l = 0; l < shape->L; l++)
        n += (size_t)snprintf(text + n, room - n, ",%zu", shape->layer[l].n_out);
    return text;
}

/* "sigmoid,softmax", allocated. */
static char *activations_text(const struct model_source *source)
{
    char *text = malloc(source->shape->L * FUNCTION_TEXT_BYTES);
    size_t n = 0;
    for (size_t l = 0; text && l < source->shape->L; l++) {
        const struct layer *layer = &source->shape->layer[l];
        if (l > 0)
            text[n++] = ',';
        n += bpb_function_write(text + n, source->activation_name(source->net, l + 1),
                            layer->activation == BPB_OWN_ACTIVATION, layer->parameter);
    }
    return text;
}

/* The checksum comes first, so that its place is known: it is filled in last, by bpb_model_seal. */
#define CRC_PLACE (SAFETENSORS_LENGTH + sizeof "{\"__metadata__\":{\"" KEY_CRC32 "\":\"" - 1)

static void add_metadata(struct safetensors_writer *writer, const struct model_source *source,
                         const char *sizes, const char *activations)
{
    char loss[FUNCTION_TEXT_BYTES];
    bpb_function_write(loss, source->loss_name, source->shape->loss == BPB_OWN_LOSS,
                   source->shape->loss_parameter);
    bpb_safetensors_add_value(writer, KEY_CRC32, "00000000");
    bpb_safetensors_add_value(writer, KEY_FORMAT, "1");
    bpb_safetensors_add_value(writer, KEY_SIZES, sizes);
    bpb_safetensors_add_value(writer, KEY_ACTIVATIONS, activations);
    bpb_safetensors_add_value(writer, KEY_LOSS, loss);
    for (size_t i = 0; i < source->notes->count; i++)
        bpb_safetensors_add_value(writer, source->notes->list[i].key, source->notes->list[i].value);
}

static void add_tensors(struct safetensors_writer *writer, const struct model_source *source)
{
    const struct shape *shape = source->shape;
    const size_t n_0 = shape_inputs(shape), n_L = shape_outputs(shape), bytes = source->real_bytes;
    for (size_t l = 1; l <= shape->L; l++) {
        const struct layer *layer = &shape->layer[l - 1];
        char name[NAME_SIZE];
        name_layer(name, 'W', l);
        bpb_safetensors_add_tensor(writer, name, bytes, 2, (size_t[]){layer->n_out, layer->n_in});
        name_layer(name, 'b', l);
        bpb_safetensors_add_tensor(writer, name, bytes, 1, &layer->n_out);
    }
    if (source->input_scaling) {
        bpb_safetensors_add_tensor(writer, "input_shift", bytes, 1, &n_0);
        bpb_safetensors_add_tensor(writer, "input_factor", bytes, 1, &n_0);
    }
    if (source->output_scaling) {
        bpb_safetensors_add_tensor(writer, "output_shift", bytes, 1, &n_L);
        bpb_safetensors_add_tensor(writer, "output_factor", bytes, 1, &n_L);
    }
}

static bpb_status write_header(struct model_header *header, const struct model_source *source)
{
    struct safetensors_writer writer;
    char *sizes = sizes_text(source->shape), *activations = activations_text(source);
    bpb_status status = BPB_ERR_MEMORY;
    if (sizes && activations) {
        bpb_safetensors_begin(&writer);
        add_metadata(&writer, source, sizes, activations);
        add_tensors(&writer, source);
        status = bpb_safetensors_finish(&writer, &header->bytes, &header->n);
    }
    free(sizes);
    free(activations);
    TRY(status);
    header->data_bytes = writer.data_bytes;
    header->total = header->n + header->data_bytes; /* of PTRDIFF_MAX at most each */
    return BPB_OK;
}

bpb_status bpb_model_write_header(struct model_header *header, const struct model_source *source)
{
    struct decimal decimal;
    TRY(decimal_enter(&decimal));
    const bpb_status status = write_header(header, source);
    decimal_leave(&decimal);
    return status;
}

void bpb_model_seal(const struct model_header *header, unsigned char *file)
{
    char digits[9];
    memcpy(file, header->bytes, header->n);
    snprintf(digits, sizeof digits, "%08lx",
             (unsigned long)bpb_crc32(file + header->n, header->data_bytes));
    memcpy(file + CRC_PLACE, digits, 8);
}
