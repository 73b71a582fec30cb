/* SPDX-License-Identifier: BSD-3-Clause */
#include "model/safetensors.h"

#if BPB_HAVE_JSON

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/texts.h"

#define METADATA "__metadata__"

bpb_status bpb_safetensors_require(void)
{
    return BPB_OK;
}

/* ---- Parse ---- */

/* Bytes of one element, 0 for an unknown type. */
static size_t dtype_bytes(const char *dtype)
{
    static const struct {
        const char *name;
        size_t bytes;
    } list[] = {
        {"F32", 4}, {"F64", 8}, {"F16", 2},     {"BF16", 2},    {"BOOL", 1},    {"U8", 1},
        {"I8", 1},  {"U16", 2}, {"I16", 2},     {"U32", 4},     {"I32", 4},     {"U64", 8},
        {"I64", 8}, {"C64", 8}, {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"F8_E8M0", 1},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (strcmp(dtype, list[i].name) == 0)
            return list[i].bytes;
    return 0;
}

static bool read_size(const json_t *json, size_t *size)
{
    const json_int_t value = json_integer_value(json);
    *size = (size_t)value;
    return json_is_integer(json) && value >= 0 && (uintmax_t)value <= SIZE_MAX;
}

/* The first two dimensions into tensor, the product of all into *elements. */
static bool read_shape(struct tensor *tensor, const json_t *json, size_t *elements)
{
    if (!json_is_array(json))
        return false;
    *elements = 1;
    tensor->dimensions = json_array_size(json);
    for (size_t k = 0; k < tensor->dimensions; k++) {
        size_t extent;
        if (!read_size(json_array_get(json, k), &extent) || !size_mul(*elements, extent, elements))
            return false;
        if (k < 2)
            tensor->shape[k] = extent;
    }
    return true;
}

static bool read_offsets(struct tensor *tensor, const json_t *json)
{
    return json_is_array(json) && json_array_size(json) == 2 &&
           read_size(json_array_get(json, 0), &tensor->begin) &&
           read_size(json_array_get(json, 1), &tensor->end) && tensor->begin <= tensor->end;
}

static bpb_status read_tensor(struct tensor *tensor, const char *name, const json_t *json)
{
    const char *dtype = json_string_value(json_object_get(json, "dtype"));
    const size_t element = dtype ? dtype_bytes(dtype) : 0;
    size_t elements, bytes;
    *tensor = (struct tensor){.name = name, .dtype = dtype};
    REQUIRE(dtype, BPB_ERR_FORMAT, "the tensor \"%s\" has no dtype", CLIP(name));
    REQUIRE(element, BPB_ERR_FORMAT, "the tensor \"%s\" has the unknown dtype \"%s\"", CLIP(name),
            CLIP(dtype));
    REQUIRE(read_shape(tensor, json_object_get(json, "shape"), &elements), BPB_ERR_FORMAT,
            "the shape of the tensor \"%s\" is no list of sizes", CLIP(name));
    REQUIRE(read_offsets(tensor, json_object_get(json, "data_offsets")), BPB_ERR_FORMAT,
            "the data_offsets of the tensor \"%s\" are not a begin and an end", CLIP(name));
    if (dtype[0] == 'F' && element >= 4)
        tensor->real_bytes = element;
    REQUIRE(size_mul(elements, element, &bytes) && bytes == tensor->end - tensor->begin,
            BPB_ERR_FORMAT, "the tensor \"%s\" has %zu values of %zu bytes, but %zu bytes of data",
            CLIP(name), elements, element, tensor->end - tensor->begin);
    return BPB_OK;
}

static bpb_status read_metadata(struct safetensors *file, json_t *json)
{
    const char *key;
    json_t *value;
    if (!json)
        return BPB_OK;
    const size_t count = json_object_size(json);
    REQUIRE(json_is_object(json), BPB_ERR_FORMAT, METADATA " is no object");
    REQUIRE(count <= SAFETENSORS_MAX_METADATA, BPB_ERR_FORMAT,
            METADATA " has %zu entries; at most %zu are read", count, SAFETENSORS_MAX_METADATA);
    file->metadata = malloc((count + 1) * sizeof *file->metadata); /* never of 0 bytes */
    REQUIRE(file->metadata, BPB_ERR_MEMORY, "no memory for %zu entries of " METADATA, count);
    json_object_foreach(json, key, value)
    {
        REQUIRE(json_is_string(value), BPB_ERR_FORMAT,
                "the value of \"%s\" in " METADATA " is no string", CLIP(key));
        file->metadata[file->n_metadata++] = (struct metadata){key, json_string_value(value)};
    }
    return BPB_OK;
}

static bpb_status read_tensors(struct safetensors *file, json_t *root)
{
    const char *name;
    json_t *value;
    file->tensors = malloc((json_object_size(root) + 1) * sizeof *file->tensors);
    REQUIRE(file->tensors, BPB_ERR_MEMORY, "no memory for %zu tensors", json_object_size(root));
    json_object_foreach(root, name, value)
    {
        if (strcmp(name, METADATA) == 0)
            continue;
        TRY(read_tensor(&file->tensors[file->n_tensors++], name, value));
    }
    return BPB_OK;
}

static int compare_places(const void *a, const void *b)
{
    const struct tensor *p = a, *q = b;
    if (p->begin != q->begin)
        return p->begin < q->begin ? -1 : 1;
    return (p->end > q->end) - (p->end < q->end);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct tensor *)a)->name, ((const struct tensor *)b)->name);
}

/* The tensors stand one behind the other from 0 on. */
static bpb_status check_places(struct safetensors *file)
{
    qsort(file->tensors, file->n_tensors, sizeof *file->tensors, compare_places);
    for (size_t i = 0; i < file->n_tensors; i++) {
        REQUIRE(file->tensors[i].begin == file->data_bytes, BPB_ERR_FORMAT,
                "the tensor \"%s\" begins at byte %zu; the tensors before it end at byte %zu",
                CLIP(file->tensors[i].name), file->tensors[i].begin, file->data_bytes);
        file->data_bytes = file->tensors[i].end;
    }
    return BPB_OK;
}

/* jansson says of a failed malloc nothing, or what it would say of bad syntax: ask errno too. */
static bpb_status parse_json(const char *header, size_t n, json_t **root)
{
    json_error_t error;
    REQUIRE(n > 0 && header[0] == '{', BPB_ERR_FORMAT, "the header does not begin with '{'");
    errno = 0;
    *root = json_loadb(header, n, JSON_REJECT_DUPLICATES, &error);
    if (*root)
        return BPB_OK;
    REQUIRE(errno != ENOMEM && error.text[0] != '\0', BPB_ERR_MEMORY,
            "no memory for a header of %zu bytes", n);
    REFUSE(BPB_ERR_FORMAT, "the header is no valid JSON: %s, at byte %d", CLIP(error.text),
           error.position);
}

bpb_status bpb_safetensors_parse(struct safetensors *file, const char *header, size_t n)
{
    json_t *root;
    *file = (struct safetensors){0};
    TRY(parse_json(header, n, &root));
    file->json = root;
    TRY(read_metadata(file, json_object_get(root, METADATA)));
    TRY(read_tensors(file, root));
    TRY(check_places(file));
    qsort(file->tensors, file->n_tensors, sizeof *file->tensors, compare_names);
    return BPB_OK;
}

void bpb_safetensors_clear(struct safetensors *file)
{
    free(file->tensors);
    free(file->metadata);
    json_decref(file->json);
}

const struct tensor *bpb_safetensors_tensor(const struct safetensors *file, const char *name)
{
    const struct tensor wanted = {.name = name};
    return bsearch(&wanted, file->tensors, file->n_tensors, sizeof wanted, compare_names);
}

const char *bpb_safetensors_value(const struct safetensors *file, const char *key)
{
    for (size_t i = 0; i < file->n_metadata; i++)
        if (strcmp(file->metadata[i].key, key) == 0)
            return file->metadata[i].value;
    return NULL;
}

/* ---- Write ---- */

/* Note the first failure. */
static void note_memory(struct safetensors_writer *writer, bool done)
{
    if (!done && !writer->status)
        writer->status = bpb_refuse(BPB_ERR_MEMORY, "no memory for the header");
}

void bpb_safetensors_begin(struct safetensors_writer *writer)
{
    json_t *metadata = json_object();
    *writer = (struct safetensors_writer){.json = json_object(), .metadata = metadata};
    /* jansson keeps the order in which keys are set, so that the metadata come first; it also
     * lets every call fail whose object is NULL. */
    note_memory(writer, json_object_set_new(writer->json, METADATA, metadata) == 0);
}

void bpb_safetensors_add_value(struct safetensors_writer *writer, const char *key,
                               const char *value)
{
    if (writer->n_metadata++ >= SAFETENSORS_MAX_METADATA && !writer->status)
        writer->status = bpb_refuse(BPB_ERR_SIZE, "there are more than %zu entries with the notes",
                                    SAFETENSORS_MAX_METADATA);
    if (!writer->status)
        note_memory(writer, json_object_set_new(writer->metadata, key, json_string(value)) == 0);
}

static json_t *make_shape(size_t dimensions, const size_t *shape)
{
    json_t *json = json_array();
    for (size_t k = 0; k < dimensions; k++) {
        if (json_array_append_new(json, json_integer((json_int_t)shape[k])) != 0) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

/* Where a tensor of this shape ends that begins at begin; false where that exceeds size_t. */
static bool tensor_end(size_t begin, size_t real_bytes, size_t dimensions, const size_t *shape,
                       size_t *end)
{
    size_t bytes = real_bytes;
    for (size_t k = 0; k < dimensions; k++)
        if (!size_mul(bytes, shape[k], &bytes))
            return false;
    return size_add(begin, bytes, end) && *end <= PTRDIFF_MAX;
}

void bpb_safetensors_add_tensor(struct safetensors_writer *writer, const char *name,
                                size_t real_bytes, size_t dimensions, const size_t *shape)
{
    const size_t begin = writer->data_bytes;
    const bool fits = tensor_end(begin, real_bytes, dimensions, shape, &writer->data_bytes);
    if (!fits && !writer->status)
        writer->status =
            bpb_refuse(BPB_ERR_SIZE, "the tensors up to \"%s\" cannot be addressed", CLIP(name));
    if (writer->status)
        return;
    json_t *info = json_pack("{s:s, s:o, s:[I,I]}", "dtype", real_bytes == 8 ? "F64" : "F32",
                             "shape", make_shape(dimensions, shape), "data_offsets",
                             (json_int_t)begin, (json_int_t)writer->data_bytes);
    note_memory(writer, json_object_set_new(writer->json, name, info) == 0);
}

/* The length, and the JSON text padded to a multiple of 8 bytes. */
static bpb_status write_header(const json_t *root, unsigned char **bytes, size_t *n)
{
    const size_t text = json_dumpb(root, NULL, 0, JSON_COMPACT), length = (text + 7) / 8 * 8;
    REQUIRE(text > 0, BPB_ERR_MEMORY, "no memory for the header");
    REQUIRE(length <= SAFETENSORS_MAX_HEADER, BPB_ERR_SIZE,
            "the header with the notes has %zu bytes; at most %zu are allowed", length,
            SAFETENSORS_MAX_HEADER);
    unsigned char *made = malloc(SAFETENSORS_LENGTH + length);
    REQUIRE(made, BPB_ERR_MEMORY, "no memory for a header of %zu bytes", length);
    store_little64(made, length);
    memset(made + SAFETENSORS_LENGTH, ' ', length);
    if (json_dumpb(root, (char *)made + SAFETENSORS_LENGTH, length, JSON_COMPACT) != text) {
        free(made);
        REFUSE(BPB_ERR_MEMORY, "no memory for a header of %zu bytes", length);
    }
    *bytes = made;
    *n = SAFETENSORS_LENGTH + length;
    return BPB_OK;
}

bpb_status bpb_safetensors_finish(struct safetensors_writer *writer, unsigned char **bytes,
                                  size_t *n)
{
    if (!writer->status)
        writer->status = write_header(writer->json, bytes, n);
    json_decref(writer->json);
    return writer->status;
}

#else /* no JSON */

bpb_status bpb_safetensors_require(void)
{
    REFUSE(BPB_ERR_UNSUPPORTED, "this library is built without its JSON library (jansson)");
}

bpb_status bpb_safetensors_parse(struct safetensors *file, const char *header, size_t n)
{
    (void)header, (void)n;
    *file = (struct safetensors){0};
    return bpb_safetensors_require();
}

void bpb_safetensors_clear(struct safetensors *file)
{
    (void)file;
}

const struct tensor *bpb_safetensors_tensor(const struct safetensors *file, const char *name)
{
    (void)file, (void)name;
    return NULL;
}

const char *bpb_safetensors_value(const struct safetensors *file, const char *key)
{
    (void)file, (void)key;
    return NULL;
}

void bpb_safetensors_begin(struct safetensors_writer *writer)
{
    *writer = (struct safetensors_writer){.status = bpb_safetensors_require()};
}

void bpb_safetensors_add_value(struct safetensors_writer *writer, const char *key,
                               const char *value)
{
    (void)writer, (void)key, (void)value;
}

void bpb_safetensors_add_tensor(struct safetensors_writer *writer, const char *name,
                                size_t real_bytes, size_t dimensions, const size_t *shape)
{
    (void)writer, (void)name, (void)real_bytes, (void)dimensions, (void)shape;
}

bpb_status bpb_safetensors_finish(struct safetensors_writer *writer, unsigned char **bytes,
                                  size_t *n)
{
    (void)bytes, (void)n;
    return writer->status;
}

#endif
