/* SPDX-License-Identifier: BSD-3-Clause */
#include "model/safetensors.h"

#if BPB_HAVE_JSON

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define METADATA "__metadata__"

bool bpb_safetensors_available(void)
{
    return true;
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

static bool read_tensor(struct tensor *tensor, const char *name, const json_t *json)
{
    const char *dtype = json_string_value(json_object_get(json, "dtype"));
    const size_t element = dtype ? dtype_bytes(dtype) : 0;
    size_t elements, bytes;
    *tensor = (struct tensor){.name = name};
    if (!element || !read_shape(tensor, json_object_get(json, "shape"), &elements) ||
        !read_offsets(tensor, json_object_get(json, "data_offsets")))
        return false;
    if (dtype[0] == 'F' && element >= 4)
        tensor->real_bytes = element;
    return size_mul(elements, element, &bytes) && bytes == tensor->end - tensor->begin;
}

static bpb_status read_metadata(struct safetensors *file, json_t *json)
{
    const char *key;
    json_t *value;
    if (!json)
        return BPB_OK;
    const size_t count = json_object_size(json);
    REQUIRE(json_is_object(json) && count <= SAFETENSORS_MAX_METADATA, BPB_ERR_FORMAT);
    file->metadata = malloc((count + 1) * sizeof *file->metadata); /* never of 0 bytes */
    REQUIRE(file->metadata, BPB_ERR_MEMORY);
    json_object_foreach(json, key, value)
    {
        REQUIRE(json_is_string(value), BPB_ERR_FORMAT);
        file->metadata[file->n_metadata++] = (struct metadata){key, json_string_value(value)};
    }
    return BPB_OK;
}

static bpb_status read_tensors(struct safetensors *file, json_t *root)
{
    const char *name;
    json_t *value;
    file->tensors = malloc((json_object_size(root) + 1) * sizeof *file->tensors);
    REQUIRE(file->tensors, BPB_ERR_MEMORY);
    json_object_foreach(root, name, value)
    {
        if (strcmp(name, METADATA) == 0)
            continue;
        REQUIRE(read_tensor(&file->tensors[file->n_tensors++], name, value), BPB_ERR_FORMAT);
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
        REQUIRE(file->tensors[i].begin == file->data_bytes, BPB_ERR_FORMAT);
        file->data_bytes = file->tensors[i].end;
    }
    return BPB_OK;
}

/* jansson says of a failed malloc nothing, or what it would say of bad syntax: ask errno too. */
static bpb_status parse_json(const char *header, size_t n, json_t **root)
{
    json_error_t error;
    REQUIRE(n > 0 && header[0] == '{', BPB_ERR_FORMAT);
    errno = 0;
    *root = json_loadb(header, n, JSON_REJECT_DUPLICATES, &error);
    if (*root)
        return BPB_OK;
    return errno == ENOMEM || error.text[0] == '\0' ? BPB_ERR_MEMORY : BPB_ERR_FORMAT;
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
static void note(struct safetensors_writer *writer, bool done, bpb_status status)
{
    if (!done && !writer->status)
        writer->status = status;
}

void bpb_safetensors_begin(struct safetensors_writer *writer)
{
    json_t *metadata = json_object();
    *writer = (struct safetensors_writer){.json = json_object(), .metadata = metadata};
    /* jansson keeps the order in which keys are set, so that the metadata come first; it also
     * lets every call fail whose object is NULL. */
    note(writer, json_object_set_new(writer->json, METADATA, metadata) == 0, BPB_ERR_MEMORY);
}

void bpb_safetensors_add_value(struct safetensors_writer *writer, const char *key,
                               const char *value)
{
    note(writer, writer->n_metadata++ < SAFETENSORS_MAX_METADATA, BPB_ERR_SIZE);
    if (!writer->status)
        note(writer, json_object_set_new(writer->metadata, key, json_string(value)) == 0,
             BPB_ERR_MEMORY);
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
    note(writer, tensor_end(begin, real_bytes, dimensions, shape, &writer->data_bytes),
         BPB_ERR_SIZE);
    if (writer->status)
        return;
    json_t *info = json_pack("{s:s, s:o, s:[I,I]}", "dtype", real_bytes == 8 ? "F64" : "F32",
                             "shape", make_shape(dimensions, shape), "data_offsets",
                             (json_int_t)begin, (json_int_t)writer->data_bytes);
    note(writer, json_object_set_new(writer->json, name, info) == 0, BPB_ERR_MEMORY);
}

/* The length, and the JSON text padded to a multiple of 8 bytes. */
static bpb_status write_header(const json_t *root, unsigned char **bytes, size_t *n)
{
    const size_t text = json_dumpb(root, NULL, 0, JSON_COMPACT), length = (text + 7) / 8 * 8;
    REQUIRE(text > 0, BPB_ERR_MEMORY);
    REQUIRE(length <= SAFETENSORS_MAX_HEADER, BPB_ERR_SIZE);
    unsigned char *made = malloc(SAFETENSORS_LENGTH + length);
    REQUIRE(made, BPB_ERR_MEMORY);
    store_little64(made, length);
    memset(made + SAFETENSORS_LENGTH, ' ', length);
    if (json_dumpb(root, (char *)made + SAFETENSORS_LENGTH, length, JSON_COMPACT) != text) {
        free(made);
        REFUSE(BPB_ERR_MEMORY);
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

bool bpb_safetensors_available(void)
{
    return false;
}

bpb_status bpb_safetensors_parse(struct safetensors *file, const char *header, size_t n)
{
    (void)header, (void)n;
    *file = (struct safetensors){0};
    REFUSE(BPB_ERR_UNSUPPORTED);
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
    *writer = (struct safetensors_writer){.status = BPB_ERR_UNSUPPORTED};
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
