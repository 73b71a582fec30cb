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
#include "base/texts.h"
#include "model/function_text.h"

#define FORMAT_VERSION 1

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

/* The value of a key that every model file has. */
static bpb_status find_value(const struct model *model, const char *key, const char **text)
{
    *text = bpb_safetensors_value(&model->container, key);
    REQUIRE(*text, BPB_ERR_FORMAT, "__metadata__ has no \"%s\"", key);
    return BPB_OK;
}

/* "784,30,10" */
static bpb_status read_sizes(const char *text, size_t *units, size_t count)
{
    const char *at = text;
    for (size_t i = 0; i < count; i++)
        REQUIRE(read_number(&at, &units[i]) && read_separator(&at, i, count), BPB_ERR_FORMAT,
                KEY_SIZES " is \"%s\"; there are %zu layers, so it must be %zu numbers", CLIP(text),
                count - 1, count);
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
                    BPB_ERR_FORMAT, KEY_ACTIVATIONS " has \"%s\", which is no activation",
                    CLIP(function.name));
        activations[i] = (bpb_activation)value;
        REQUIRE(read_separator(&text, i, count), BPB_ERR_FORMAT,
                KEY_ACTIVATIONS " has no comma behind item %zu", i + 1);
    }
    return BPB_OK;
}

static const char *precision_name(size_t real_bytes)
{
    return real_bytes == sizeof(float) ? "float" : "double";
}

static bpb_status set_parameter(double *parameter, const struct function_text *function,
                                size_t real_bytes)
{
    const double read = function->parameter;
    REQUIRE(read == 0 || *parameter != 0, BPB_ERR_FORMAT,
            "the function \"%s\" takes no parameter; the file gives %g", CLIP(function->name),
            read);
    REQUIRE(bpb_is_parameter(read, real_bytes), BPB_ERR_RANGE,
            "the parameter of the function \"%s\" is %g, which is no normal %s",
            CLIP(function->name), read, precision_name(real_bytes));
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
        TRY(set_parameter(&shape->layer[l].parameter, &function, real_bytes));
        if (function.own)
            shape->layer[l].activation = BPB_OWN_ACTIVATION;
    }
    if (loss->own)
        shape->loss = BPB_OWN_LOSS;
    if (shape->loss == BPB_CROSS_ENTROPY) {
        REQUIRE(loss->parameter < 1 && bpb_is_parameter(loss->parameter, real_bytes), BPB_ERR_RANGE,
                "the label smoothing is %g; it must be a normal %s below 1", loss->parameter,
                precision_name(real_bytes));
        shape->loss_parameter = loss->parameter;
        return BPB_OK;
    }
    return set_parameter(&shape->loss_parameter, loss, real_bytes);
}

static bpb_status read_loss(const struct model *model, struct function_text *function,
                            bpb_loss_kind *loss)
{
    const char *text;
    TRY(find_value(model, KEY_LOSS, &text));
    TRY(bpb_function_read(&text, function));
    REQUIRE(*text == '\0', BPB_ERR_FORMAT, KEY_LOSS " names more than one loss");
    int value = BPB_SQUARED;
    if (!function->own)
        REQUIRE(!bpb_value_of_name(BPB_NAMES_LOSS, function->name, &value), BPB_ERR_FORMAT,
                KEY_LOSS " is \"%s\", which is no loss", CLIP(function->name));
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
    const char *sizes, *names;
    TRY(find_value(model, KEY_SIZES, &sizes));
    TRY(find_value(model, KEY_ACTIVATIONS, &names));
    const size_t L = count_items(names);
    size_t bytes;
    REQUIRE(bpb_shape_bytes(L, &bytes), BPB_ERR_SIZE, "%zu layers are more than can be addressed",
            L);
    size_t *units = malloc((L + 1) * sizeof *units);
    bpb_activation *activations = malloc(L * sizeof *activations);
    model->shape = malloc(bytes);
    bpb_status status;
    if (!units || !activations || !model->shape)
        status = bpb_refuse(BPB_ERR_MEMORY, "no memory for a net of %zu layers", L);
    else
        status = fill_shape(model, real_bytes, L, units, activations);
    free(units);
    free(activations);
    return status;
}

static bpb_status check_version(const struct model *model)
{
    const char *text, *at;
    size_t version;
    TRY(find_value(model, KEY_FORMAT, &text));
    at = text;
    REQUIRE(read_number(&at, &version) && !*at && version > 0, BPB_ERR_FORMAT,
            KEY_FORMAT " is \"%s\", no number above 0", CLIP(text));
    REQUIRE(version <= FORMAT_VERSION, BPB_ERR_VERSION,
            KEY_FORMAT " is %zu; this library reads up to %d", version, FORMAT_VERSION);
    return BPB_OK;
}

/* The only key that would be refused as a note. */
static bpb_status check_keys(const struct model *model)
{
    REQUIRE(!bpb_safetensors_value(&model->container, ""), BPB_ERR_FORMAT,
            "__metadata__ has a key that is empty");
    return BPB_OK;
}

/* ---- Read: the tensors ---- */

void bpb_model_layer_name(char name[MODEL_NAME_BYTES], char letter, size_t l)
{
    snprintf(name, MODEL_NAME_BYTES, "%c%zu", letter, l);
}

static bpb_status find_tensor(const struct model *model, const char *name,
                              const struct tensor **tensor)
{
    *tensor = bpb_safetensors_tensor(&model->container, name);
    REQUIRE(*tensor, BPB_ERR_FORMAT, "there is no tensor \"%s\"", name);
    return BPB_OK;
}

/* Whether the net's tensor of that name is there, rows x cols, or rows long where cols is 0. */
static bpb_status check_shape(const struct model *model, const char *name, size_t rows, size_t cols)
{
    const struct tensor *tensor;
    const size_t dimensions = cols ? 2 : 1;
    TRY(find_tensor(model, name, &tensor));
    REQUIRE(tensor->real_bytes, BPB_ERR_FORMAT,
            "the tensor \"%s\" has dtype %s; it must be F32 or F64", name, tensor->dtype);
    REQUIRE(tensor->dimensions == dimensions, BPB_ERR_FORMAT,
            "the tensor \"%s\" has %zu dimensions; it must have %zu", name, tensor->dimensions,
            dimensions);
    REQUIRE(cols || tensor->shape[0] == rows, BPB_ERR_FORMAT,
            "the tensor \"%s\" has %zu values; it must have %zu", name, tensor->shape[0], rows);
    REQUIRE(!cols || (tensor->shape[0] == rows && tensor->shape[1] == cols), BPB_ERR_FORMAT,
            "the tensor \"%s\" is %zu x %zu; it must be %zu x %zu", name, tensor->shape[0],
            tensor->shape[1], rows, cols);
    return BPB_OK;
}

/* The same for a parameter, whose dtype is that of W1. */
static bpb_status check_parameter(const struct model *model, const char *name, size_t rows,
                                  size_t cols)
{
    const struct tensor *tensor;
    TRY(check_shape(model, name, rows, cols));
    TRY(find_tensor(model, name, &tensor));
    REQUIRE(tensor->real_bytes == model->real_bytes, BPB_ERR_FORMAT,
            "the tensor \"%s\" has dtype %s; W1 has another", name, tensor->dtype);
    return BPB_OK;
}

static bpb_status check_layers(struct model *model)
{
    const struct tensor *first;
    TRY(find_tensor(model, "W1", &first));
    REQUIRE(first->real_bytes, BPB_ERR_FORMAT,
            "the tensor \"W1\" has dtype %s; it must be F32 or F64", first->dtype);
    model->real_bytes = first->real_bytes;
    for (size_t l = 1; l <= model->shape->L; l++) {
        const struct layer *layer = &model->shape->layer[l - 1];
        char name[MODEL_NAME_BYTES];
        bpb_model_layer_name(name, 'W', l);
        TRY(check_parameter(model, name, layer->n_out, layer->n_in));
        bpb_model_layer_name(name, 'b', l);
        TRY(check_parameter(model, name, layer->n_out, 0));
    }
    return BPB_OK;
}

/* Whether shift and factor are there: both or neither. */
static bpb_status check_pair(const struct model *model, const char *shift, const char *factor,
                             size_t n, bool *present)
{
    *present = bpb_safetensors_tensor(&model->container, shift) ||
               bpb_safetensors_tensor(&model->container, factor);
    if (!*present)
        return BPB_OK;
    TRY(check_shape(model, shift, n, 0));
    return check_shape(model, factor, n, 0);
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
    REQUIRE(input->n >= SAFETENSORS_LENGTH, BPB_ERR_TRUNCATED,
            "there are %zu bytes; a safetensors file has at least 8", input->n);
    const uint64_t length = load_little64(input->bytes);
    REQUIRE(length <= SAFETENSORS_MAX_HEADER, BPB_ERR_FORMAT,
            "the first 8 bytes are no length of a safetensors header (%zu, more than %zu bytes)",
            (size_t)length, SAFETENSORS_MAX_HEADER);
    model->data_start = SAFETENSORS_LENGTH + (size_t)length;
    TRY(bpb_input_want(input, model->data_start));
    REQUIRE(input->n >= model->data_start, BPB_ERR_TRUNCATED,
            "the header has %zu bytes; %zu of them are there", (size_t)length,
            input->n - SAFETENSORS_LENGTH);
    return bpb_safetensors_parse(&model->container, (const char *)input->bytes + SAFETENSORS_LENGTH,
                                 (size_t)length);
}

/* The data are as long as the header says, and no longer. */
static bpb_status read_data(struct model *model)
{
    size_t end;
    const size_t wanted = model->container.data_bytes;
    REQUIRE(size_add(model->data_start, wanted, &end) && end < PTRDIFF_MAX, BPB_ERR_TRUNCATED,
            "the tensors have %zu bytes, more than any file", wanted);
    TRY(bpb_input_want(&model->input, end + 1));
    REQUIRE(model->input.n >= end, BPB_ERR_TRUNCATED,
            "the tensors have %zu bytes; %zu of them are there", wanted,
            model->input.n - model->data_start);
    REQUIRE(model->input.n == end, BPB_ERR_FORMAT,
            "there are bytes behind the %zu bytes of the tensors", wanted);
    return BPB_OK;
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
    REQUIRE(strlen(text) == 8 && strspn(text, digits) == 8, BPB_ERR_FORMAT,
            KEY_CRC32 " is \"%s\", not 8 hexadecimal digits", CLIP(text));
    char found[9];
    const uint32_t crc = bpb_crc32(data_of(model), model->container.data_bytes);
    snprintf(found, sizeof found, "%08lx", (unsigned long)crc);
    REQUIRE(crc == strtoul(text, NULL, 16), BPB_ERR_CHECKSUM,
            "the tensors have the CRC-32 %s; " KEY_CRC32 " is %s", found, text);
    return BPB_OK;
}

double bpb_model_value(const struct model *model, const char *name, size_t k)
{
    const unsigned char *values = bpb_model_values(model, name);
    const struct tensor *tensor = bpb_safetensors_tensor(&model->container, name);
    if (tensor->real_bytes == sizeof(float))
        return (double)float_of_bits(load_little32(values + 4 * k));
    return double_of_bits(load_little64(values + 8 * k));
}

/* The n values of a tensor are finite and no smaller than least. */
static bpb_status check_range(const struct model *model, const char *name, size_t n, double least)
{
    for (size_t k = 0; k < n; k++) {
        const double value = bpb_model_value(model, name, k);
        REQUIRE(isfinite(value), BPB_ERR_FORMAT, "%s[%zu] is %g; it must be finite", name, k,
                value);
        REQUIRE(fabs(value) >= least, BPB_ERR_FORMAT, "%s[%zu] is %g; it must be a normal number",
                name, k, value);
    }
    return BPB_OK;
}

static bpb_status check_scaling_of(const struct model *model, const char *shift, const char *factor,
                                   size_t n, double least)
{
    TRY(check_range(model, shift, n, 0));
    return check_range(model, factor, n, least);
}

/* What the net's setters would refuse, told apart from what a float cannot hold. */
static bpb_status check_scaling(const struct model *model)
{
    const size_t n_0 = shape_inputs(model->shape), n_L = shape_outputs(model->shape);
    const double least = model->real_bytes == sizeof(float) ? (double)FLT_MIN : DBL_MIN;
    if (model->input_scaling)
        TRY(check_scaling_of(model, "input_shift", "input_factor", n_0, 0));
    if (model->output_scaling)
        TRY(check_scaling_of(model, "output_shift", "output_factor", n_L, least));
    return BPB_OK;
}

bpb_status bpb_model_open(struct model *model, struct input input, size_t real_bytes)
{
    *model = (struct model){.input = input};
    TRY(bpb_safetensors_require());
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

bool bpb_model_is_note(const struct metadata *entry)
{
    return strncmp(entry->key, KEY_PREFIX, sizeof KEY_PREFIX - 1) != 0;
}

bpb_status bpb_model_precision(const char *path, size_t *bytes)
{
    REQUIRE_POINTER(path);
    REQUIRE_POINTER(bytes);
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
    return bpb_about_file(status, path);
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
    const size_t bytes_in = source->scaling_bytes[BPB_INPUTS];
    const size_t bytes_out = source->scaling_bytes[BPB_OUTPUTS];
    for (size_t l = 1; l <= shape->L; l++) {
        const struct layer *layer = &shape->layer[l - 1];
        char name[MODEL_NAME_BYTES];
        bpb_model_layer_name(name, 'W', l);
        bpb_safetensors_add_tensor(writer, name, bytes, 2, (size_t[]){layer->n_out, layer->n_in});
        bpb_model_layer_name(name, 'b', l);
        bpb_safetensors_add_tensor(writer, name, bytes, 1, &layer->n_out);
    }
    if (bytes_in > 0) {
        bpb_safetensors_add_tensor(writer, "input_shift", bytes_in, 1, &n_0);
        bpb_safetensors_add_tensor(writer, "input_factor", bytes_in, 1, &n_0);
    }
    if (bytes_out > 0) {
        bpb_safetensors_add_tensor(writer, "output_shift", bytes_out, 1, &n_L);
        bpb_safetensors_add_tensor(writer, "output_factor", bytes_out, 1, &n_L);
    }
}

static bpb_status write_header(struct model_header *header, const struct model_source *source)
{
    struct safetensors_writer writer;
    char *sizes = sizes_text(source->shape), *activations = activations_text(source);
    bpb_status status;
    if (!sizes || !activations) {
        status = bpb_refuse(BPB_ERR_MEMORY, "no memory for the header");
    } else {
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
