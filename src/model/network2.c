/* SPDX-License-Identifier: BSD-3-Clause */
#include "model/network2.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/texts.h"
#include "model/safetensors.h"

/* The classes of network2.py, and the losses they are: sigmoid in the last layer gives both. */
static const struct {
    const char *cost;
    bpb_loss_kind loss;
} costs[] = {
    {"QuadraticCost", BPB_SQUARED},
    {"CrossEntropyCost", BPB_CROSS_ENTROPY},
};
#define N_COSTS (sizeof costs / sizeof *costs)

/* ---- Read ---- */

#if BPB_HAVE_JSON

#include <jansson.h>

/* More than any such file: PTRDIFF_MAX itself is no size to ask for. */
#define MOST_BYTES ((size_t)PTRDIFF_MAX / 2)

/* jansson says of a failed malloc nothing, or what it would say of bad syntax: ask errno too. */
static bpb_status status_of(const json_error_t *error)
{
    const enum json_error_code code = json_error_code(error);
    bpb_status status = BPB_ERR_FORMAT;
    if (errno == ENOMEM || error->text[0] == '\0' || code == json_error_out_of_memory)
        REFUSE(BPB_ERR_MEMORY, "no memory for the JSON");
    if (code == json_error_numeric_overflow)
        status = BPB_ERR_RANGE;
    else if (code == json_error_premature_end_of_input)
        status = BPB_ERR_TRUNCATED;
    return bpb_refuse(status, "line %d, column %d of the JSON: %s", error->line, error->column,
                      CLIP(error->text));
}

/* Whole numbers are read as others are: a weight may be 0, and have any number of digits. */
static bpb_status parse(const struct input *input, json_t **root)
{
    json_error_t error;
    REQUIRE(input->n > 0, BPB_ERR_TRUNCATED, "the file is empty");
    errno = 0;
    *root = json_loadb((const char *)input->bytes, input->n,
                       JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
    return *root ? BPB_OK : status_of(&error);
}

static bpb_status read_text(struct network2 *file, const char *path)
{
    struct input input;
    json_t *root = NULL;
    TRY(bpb_input_open(&input, path));
    bpb_status status = bpb_input_want(&input, MOST_BYTES);
    if (!status)
        status = parse(&input, &root);
    bpb_input_close(&input);
    file->json = root;
    return status;
}

/* Width l; what is too large is BPB_ERR_SIZE in bpb_shape_init. */
static bpb_status read_width(const json_t *sizes, size_t l, size_t *width)
{
    const json_t *json = json_array_get(sizes, l);
    const double value = json_real_value(json);
    REQUIRE(json_is_real(json), BPB_ERR_FORMAT, "sizes[%zu] is no number", l);
    REQUIRE(value >= 0, BPB_ERR_FORMAT, "sizes[%zu] is %g; it must be at least 1", l, value);
    *width = value > (double)BPB_INT_MAX ? BPB_INT_MAX + 1 : (size_t)value;
    REQUIRE(*width > BPB_INT_MAX || (double)*width == value, BPB_ERR_FORMAT,
            "sizes[%zu] is %g, which is no whole number", l, value);
    return BPB_OK;
}

static bpb_status read_loss(const json_t *json, bpb_loss_kind *loss)
{
    const char *cost = json_string_value(json);
    for (size_t k = 0; cost && k < N_COSTS; k++) {
        *loss = costs[k].loss;
        if (strcmp(cost, costs[k].cost) == 0)
            return BPB_OK;
    }
    REQUIRE(cost, BPB_ERR_FORMAT, "there is no \"cost\", or it is no string");
    REFUSE(BPB_ERR_FORMAT, "cost is \"%s\"; it must be \"QuadraticCost\" or \"CrossEntropyCost\"",
           CLIP(cost));
}

/* The shape of sizes and cost; nothing is allocated yet by what sizes say, but by how many. */
static bpb_status read_shape(struct network2 *file, size_t real_bytes)
{
    const json_t *sizes = json_object_get(file->json, "sizes");
    const size_t count = json_array_size(sizes);
    bpb_net_options options = {.n_sizes = count};
    size_t bytes;
    REQUIRE(json_is_array(sizes), BPB_ERR_FORMAT, "there is no \"sizes\", or it is no list");
    REQUIRE(count >= 2, BPB_ERR_FORMAT, "sizes has %zu entries; it must have at least 2", count);
    REQUIRE(bpb_shape_bytes(count - 1, &bytes), BPB_ERR_SIZE,
            "sizes has %zu entries, more than can be addressed", count);
    TRY(read_loss(json_object_get(file->json, "cost"), &options.loss));
    size_t *units = malloc(count * sizeof *units);
    file->shape = malloc(bytes);
    bpb_status status = BPB_OK;
    if (!units || !file->shape)
        status = bpb_refuse(BPB_ERR_MEMORY, "no memory for a net of %zu layers", count - 1);
    for (size_t l = 0; l < count && !status; l++)
        status = read_width(sizes, l, &units[l]);
    options.sizes = units;
    if (!status)
        status = bpb_shape_init(file->shape, &options, real_bytes);
    free(units);
    return status;
}

/* Entry l of the list of that name is rows lists of cols numbers each. */
static bpb_status check_matrix(const json_t *list, const char *name, size_t l, size_t rows,
                               size_t cols)
{
    const json_t *matrix = json_array_get(list, l);
    REQUIRE(json_array_size(matrix) == rows, BPB_ERR_FORMAT,
            "%s[%zu] has %zu rows; it must have %zu", name, l, json_array_size(matrix), rows);
    for (size_t i = 0; i < rows; i++) {
        const json_t *row = json_array_get(matrix, i);
        REQUIRE(json_array_size(row) == cols, BPB_ERR_FORMAT,
                "%s[%zu][%zu] has %zu numbers; it must have %zu", name, l, i, json_array_size(row),
                cols);
        for (size_t j = 0; j < cols; j++)
            REQUIRE(json_is_real(json_array_get(row, j)), BPB_ERR_FORMAT,
                    "%s[%zu][%zu][%zu] is no number", name, l, i, j);
    }
    return BPB_OK;
}

/* Behind sizes of L + 1 entries, the list of that name has L. */
static bpb_status check_list(const json_t *list, const char *name, size_t L)
{
    REQUIRE(json_is_array(list), BPB_ERR_FORMAT, "there is no \"%s\", or it is no list", name);
    REQUIRE(json_array_size(list) == L, BPB_ERR_FORMAT,
            "%s has %zu entries; it must have %zu, one less than sizes", name,
            json_array_size(list), L);
    return BPB_OK;
}

static bpb_status read_matrices(struct network2 *file)
{
    const size_t L = file->shape->L;
    const json_t *weights = json_object_get(file->json, "weights");
    const json_t *biases = json_object_get(file->json, "biases");
    TRY(check_list(weights, "weights", L));
    TRY(check_list(biases, "biases", L));
    file->weights = malloc(2 * L * sizeof *file->weights);
    REQUIRE(file->weights, BPB_ERR_MEMORY, "no memory for a net of %zu layers", L);
    file->biases = file->weights + L;
    for (size_t l = 0; l < L; l++) {
        const struct layer *layer = &file->shape->layer[l];
        TRY(check_matrix(weights, "weights", l, layer->n_out, layer->n_in));
        TRY(check_matrix(biases, "biases", l, layer->n_out, 1));
        file->weights[l] = json_array_get(weights, l);
        file->biases[l] = json_array_get(biases, l);
    }
    return BPB_OK;
}

bpb_status bpb_network2_open(struct network2 *file, const char *path, size_t real_bytes)
{
    *file = (struct network2){0};
    TRY(read_text(file, path));
    REQUIRE(json_is_object((json_t *)file->json), BPB_ERR_FORMAT, "the JSON is no object");
    TRY(read_shape(file, real_bytes));
    return read_matrices(file);
}

void bpb_network2_close(struct network2 *file)
{
    const int error = errno;
    json_decref(file->json);
    free(file->weights);
    free(file->shape);
    errno = error;
}

static double entry(const json_t *matrix, size_t i, size_t j)
{
    return json_real_value(json_array_get(json_array_get(matrix, i), j));
}

double bpb_network2_weight(const struct network2 *file, size_t l, size_t i, size_t j)
{
    return entry(file->weights[l - 1], i, j);
}

double bpb_network2_bias(const struct network2 *file, size_t l, size_t i)
{
    return entry(file->biases[l - 1], i, 0);
}

#else /* no JSON */

bpb_status bpb_network2_open(struct network2 *file, const char *path, size_t real_bytes)
{
    (void)path, (void)real_bytes;
    *file = (struct network2){0};
    return bpb_safetensors_require();
}

void bpb_network2_close(struct network2 *file)
{
    (void)file;
}

double bpb_network2_weight(const struct network2 *file, size_t l, size_t i, size_t j)
{
    (void)file, (void)l, (void)i, (void)j;
    return 0;
}

double bpb_network2_bias(const struct network2 *file, size_t l, size_t i)
{
    (void)file, (void)l, (void)i;
    return 0;
}

#endif

/* ---- Write ---- */

static const char *cost_of(bpb_loss_kind loss)
{
    for (size_t k = 0; k < N_COSTS; k++)
        if (costs[k].loss == loss)
            return costs[k].cost;
    return NULL;
}

bpb_status bpb_network2_check(const struct shape *shape)
{
    for (size_t l = 0; l < shape->L; l++)
        REQUIRE(shape->layer[l].activation == BPB_SIGMOID, BPB_ERR_UNSUPPORTED,
                "the activation of layer %zu is not sigmoid, the only one of network2.py", l + 1);
    REQUIRE(cost_of(shape->loss), BPB_ERR_UNSUPPORTED,
            "the loss is neither squared nor cross-entropy, the only ones of network2.py");
    REQUIRE(shape->loss_parameter == 0, BPB_ERR_UNSUPPORTED,
            "the label smoothing is %g; network2.py has none", shape->loss_parameter);
    return BPB_OK;
}

/* Room for n bytes more, and a closing 0. */
static bpb_status make_room(struct text *text, size_t n)
{
    size_t needed;
    REQUIRE(size_add(text->n + 1, n, &needed) && needed <= PTRDIFF_MAX / 2, BPB_ERR_SIZE,
            "the JSON is more than can be addressed");
    if (needed <= text->capacity)
        return BPB_OK;
    const size_t wanted = BPB_MAX(needed, BPB_MAX(2 * text->capacity, (size_t)4096));
    char *grown = realloc(text->bytes, wanted);
    REQUIRE(grown, BPB_ERR_MEMORY, "no memory for %zu bytes of JSON", wanted);
    text->bytes = grown;
    text->capacity = wanted;
    return BPB_OK;
}

void bpb_text_add(struct text *text, const char *string)
{
    const size_t n = strlen(string);
    if (!text->status)
        text->status = make_room(text, n);
    if (text->status)
        return;
    memcpy(text->bytes + text->n, string, n + 1);
    text->n += n;
}

void bpb_text_add_number(struct text *text, double value, int digits)
{
    char number[40];
    snprintf(number, sizeof number - 2, "%.*g", digits, value);
    if (!strpbrk(number, ".e"))
        strcat(number, ".0");
    bpb_text_add(text, number);
}

void bpb_network2_begin(struct text *text, const struct shape *shape)
{
    char width[32];
    bpb_text_add(text, "{\"sizes\": [");
    for (size_t l = 0; l <= shape->L; l++) {
        const size_t n = l ? shape->layer[l - 1].n_out : shape_inputs(shape);
        snprintf(width, sizeof width, "%s%zu", l ? ", " : "", n);
        bpb_text_add(text, width);
    }
    bpb_text_add(text, "], \"weights\": [");
}

void bpb_network2_turn(struct text *text)
{
    bpb_text_add(text, "], \"biases\": [");
}

void bpb_network2_end(struct text *text, const struct shape *shape)
{
    bpb_text_add(text, "], \"cost\": \"");
    bpb_text_add(text, cost_of(shape->loss));
    bpb_text_add(text, "\"}");
}
