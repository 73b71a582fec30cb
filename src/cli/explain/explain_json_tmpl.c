/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/common/json_writer.h"
#include "explain_tmpl.h"

static real entry(view_t V, size_t i, size_t j)
{
    return V.data[i + j * (V.ld > 0 ? V.ld : V.rows)];
}

/* A list of columns: a sample is a column. */
static void put_columns(struct json *json, const char *key, view_t V)
{
    json_open(json, key, '[');
    for (size_t j = 0; j < V.cols; j++) {
        json_open(json, NULL, '[');
        for (size_t i = 0; i < V.rows; i++)
            json_number(json, NULL, (double)entry(V, i, j));
        json_close(json, ']');
    }
    json_close(json, ']');
}

static void put_rows(struct json *json, const char *key, view_t V)
{
    json_open(json, key, '[');
    for (size_t i = 0; i < V.rows; i++) {
        json_open(json, NULL, '[');
        for (size_t j = 0; j < V.cols; j++)
            json_number(json, NULL, (double)entry(V, i, j));
        json_close(json, ']');
    }
    json_close(json, ']');
}

static void put_vector(struct json *json, const char *key, view_t V)
{
    json_open(json, key, '[');
    for (size_t i = 0; i < V.rows; i++)
        json_number(json, NULL, (double)entry(V, i, 0));
    json_close(json, ']');
}

static void put_layer(struct json *json, const struct explanation *explained, size_t l)
{
    const layer_t layer = BPB(work_layer)(explained->work, l);
    json_open(json, NULL, '{');
    json_count(json, "l", l);
    json_count(json, "units", BPB(net_size)(explained->net, l));
    if (l > 0) {
        json_text(json, "activation", BPB(net_layer)(explained->net, l).name);
        put_columns(json, "z", layer.Z);
    }
    put_columns(json, "a", layer.A);
    if (l > 0) {
        put_columns(json, "delta", layer.D);
        put_rows(json, "dW", layer.dW);
        put_vector(json, "db", layer.db);
    }
    json_close(json, '}');
}

void BPB(explain_json)(FILE *file, const struct explanation *explained)
{
    struct json json = {.file = file, .digits = 17};
    json_open(&json, NULL, '{');
    json_counts(&json, "samples", explained->pairs.rows, explained->pairs.count);
    json_text(&json, "precision", BPB_SELECT("double", "float"));
    json_text(&json, "loss_function", BPB(net_loss)(explained->net).name);
    json_number(&json, "loss", explained->E);
    json.digits = BPB_SELECT(17, 9);
    json_open(&json, "layers", '[');
    for (size_t l = 0; l <= BPB(net_layers)(explained->net); l++)
        put_layer(&json, explained, l);
    json_close(&json, ']');
    json_close(&json, '}');
    fputc('\n', file);
}
