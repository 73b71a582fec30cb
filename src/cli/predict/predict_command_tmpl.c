/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/common/command.h"
#include "cli/common/load_model.h"
#include "cli/common/output.h"
#include "cli/common/say.h"
#include "cli/table/list_items.h"
#include "cli/table/samples_tmpl.h"
#include "cli/table/table_read_tmpl.h"
#include "predict_command.h"
#include "base/tmpl.h"

static bool has_class(const net_t *net)
{
    const size_t L = BPB(net_layers)(net);
    return BPB(net_size)(net, L) > 1 || BPB(net_layer)(net, L).activation == BPB_SIGMOID;
}

static bool is_finite(const real *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(y[i]))
            return false;
    }
    return true;
}

/* argmax y, the lowest index of equals; for one output, whether it is above 1/2. */
static size_t class_of(const real *y, size_t n)
{
    size_t best = 0;
    if (n == 1)
        return y[0] > RC(0.5);
    for (size_t i = 1; i < n; i++) {
        if (y[i] > y[best])
            best = i;
    }
    return best;
}

static void print_header(FILE *file, bool with_class, size_t n)
{
    if (with_class)
        fputs("class,", file);
    for (size_t i = 0; i < n; i++)
        fprintf(file, "%sy%zu", i > 0 ? "," : "", i);
    fputc('\n', file);
}

/* Its name where it has one. */
static void print_class(FILE *file, const struct classes *classes, size_t k)
{
    if (k < classes->n)
        item_write(file, classes->names[k], false);
    else
        fprintf(file, "%zu", k);
}

static void print_row(FILE *file, bool with_class, const struct classes *classes, const real *y,
                      size_t n)
{
    if (with_class && is_finite(y, n))
        print_class(file, classes, class_of(y, n));
    if (with_class)
        fputc(',', file);
    for (size_t i = 0; i < n; i++)
        fprintf(file, "%s%.*g", i > 0 ? "," : "", BPB_SELECT(17, 9), (double)y[i]);
    fputc('\n', file);
}

static void print_all(FILE *file, const net_t *net, const struct classes *classes, out_t Y)
{
    print_header(file, has_class(net), Y.rows);
    for (size_t j = 0; j < Y.cols && !ferror(file); j++)
        print_row(file, has_class(net), classes, Y.data + j * Y.rows, Y.rows);
}

static int write_csv(const char *path, const net_t *net, out_t Y)
{
    struct classes classes;
    FILE *file;
    ATTEMPT(BPB(cli_class_names)(net, &classes));
    int code = output_open(&file, path);
    if (code == CODE_FINE) {
        print_all(file, net, &classes, Y);
        code = output_close(file, path, CODE_FINE);
    }
    bpb_free(classes.names);
    return code;
}

/* One sample a row, and no classes: they can be had of the outputs. */
static int write_npy(const char *path, out_t Y)
{
    const bpb_status status = BPB(npy_write)(BPB(view_of)(Y), path);
    return status == BPB_OK ? CODE_FINE : complain_status(status, "write", path);
}

static int report_nonfinite(out_t Y)
{
    size_t count = 0;
    for (size_t j = 0; j < Y.cols; j++)
        count += !is_finite(Y.data + j * Y.rows, Y.rows);
    complain("%zu of %zu samples have an output that is not finite", count, Y.cols);
    return CODE_NONFINITE;
}

static int predict_and_write(const char *path, const net_t *net, out_t X, out_t Y)
{
    const bpb_status status = BPB(predict)(net, BPB(view_of)(X), Y, NULL);
    if (status < 0)
        return complain_status(status, "run", "the model");
    ATTEMPT(path && path_is_npy(path) ? write_npy(path, Y) : write_csv(path, net, Y));
    return status == BPB_NONFINITE ? report_nonfinite(Y) : CODE_FINE;
}

static int predict(const char *path, const net_t *net, out_t X)
{
    out_t Y = {.rows = BPB(net_size)(net, BPB(net_layers)(net)), .cols = X.cols};
    if (Y.rows <= SIZE_MAX / sizeof(real) / Y.cols)
        Y.data = malloc(Y.rows * Y.cols * sizeof(real));
    if (!Y.data)
        return complain_status(BPB_ERR_MEMORY, "hold", "the outputs");
    const int code = predict_and_write(path, net, X, Y);
    free(Y.data);
    return code;
}

static int read_images(const struct predict_settings *settings, out_t *X)
{
    const char *data = settings->data.path;
    if (!data || source_of(data) == SOURCE_NPY)
        return BPB(cli_read_images)(X, data ? data : settings->images);
    char path[PATH_BYTES];
    ATTEMPT(part_path(path, data, (enum part)settings->part, CONTENT_IMAGES));
    return BPB(cli_read_images)(X, path);
}

static int read_inputs(const struct predict_settings *settings, const net_t *net,
                       struct samples *samples)
{
    const struct table_settings *data = &settings->data;
    if (data->path && source_of(data->path) == SOURCE_CSV)
        return BPB(cli_read_inputs_for)(samples, net, settings->model, data);
    ATTEMPT(read_images(settings, &samples->X));
    return model_takes(settings->model, BPB(net_size)(net, 0), samples->X.rows);
}

static int load_and_predict(const struct predict_settings *settings, net_t **net,
                            struct samples *samples)
{
    ATTEMPT(BPB(cli_load)(net, settings->model));
    ATTEMPT(BPB(cli_scale_inputs)(*net, settings->pixel_scale));
    ATTEMPT(read_inputs(settings, *net, samples));
    return predict(settings->out, *net, samples->X);
}

int BPB(cli_predict)(const struct predict_settings *settings)
{
    net_t *net = NULL;
    struct samples samples = {.is_table = false};
    const int code = load_and_predict(settings, &net, &samples);
    BPB(net_destroy)(&net);
    BPB(cli_free_samples)(&samples);
    return code;
}
