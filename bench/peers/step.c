/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bpblas-step: the library's side of a comparison with another program, one SGD step of a bench
 * case at a time. A driver writes one command a line; the answer is one JSON object a line:
 *
 *     info               the library and its BLAS
 *     case NAME THREADS  make the net, plan and work of a case; answers its shape
 *     load FILE          read theta, X and T from a file of floats in the order of memory
 *     step ETA FILE      one step from that theta; write the new theta
 *     time SECONDS       steps from that theta for so many seconds; answers microseconds a step
 *
 * If a command fails, the answer is {"error": "..."}. The program ends when its input ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cases.h"
#include "core/json_line.h"
#include "cli/common/restart.h"
#include "base/clock.h"

/* About how many times the clock is read in a block of short steps. */
#define CHUNKS 64

struct peer {
    const struct bench_case *shape; /* NULL: no case yet */
    bpbf_net *net;
    bpbf_plan *plan;
    bpbf_work *work;
    float *start, *X, *T; /* theta; n_0 x B; n_L x B */
    bool loaded;
};

static size_t inputs(const struct peer *peer)
{
    return peer->shape->units[0];
}

static size_t outputs(const struct peer *peer)
{
    return peer->shape->units[peer->shape->n_layers];
}

static float *floats(size_t n)
{
    return aligned_alloc(64, (n * sizeof(float) + 63) / 64 * 64);
}

static void destroy(struct peer *peer)
{
    bpbf_work_destroy(&peer->work);
    bpbf_plan_destroy(&peer->plan);
    bpbf_net_destroy(&peer->net);
    free(peer->start);
    free(peer->X);
    free(peer->T);
    *peer = (struct peer){0};
}

static bpb_status create(struct peer *peer, const struct bench_case *shape, size_t threads)
{
    const bpb_net_options net = case_net(shape);
    const bpb_plan_options plan = {.batch = shape->batch, .threads = threads};
    peer->shape = shape;
    TRY(bpbf_net_create(&peer->net, &net));
    TRY(bpbf_plan_create(&peer->plan, peer->net, &plan));
    TRY(bpbf_work_create(&peer->work, peer->plan));
    peer->start = floats(bpbf_net_parameters(peer->net));
    peer->X = floats(inputs(peer) * shape->batch);
    peer->T = floats(outputs(peer) * shape->batch);
    return peer->start && peer->X && peer->T ? BPB_OK : BPB_ERR_MEMORY;
}

static void restore(const struct peer *peer)
{
    memcpy(bpbf_net_theta(peer->net), peer->start,
           bpbf_net_parameters(peer->net) * sizeof *peer->start);
}

static bpb_status step(const struct peer *peer, double eta)
{
    const bpbf_view X = bpbf_samples(peer->X, peer->shape->batch, inputs(peer));
    const bpbf_view T = bpbf_samples(peer->T, peer->shape->batch, outputs(peer));
    const bpb_sgd_rule rule = {.eta = eta};
    return bpbf_sgd_step(peer->net, peer->work, X, bpbf_values(T), &rule, NULL);
}

/* Stop at a warning too: with values that are not finite the time would mean nothing. */
static bpb_status steps(const struct peer *peer, size_t n)
{
    bpb_status status = BPB_OK;
    for (size_t i = 0; i < n && status == BPB_OK; i++)
        status = step(peer, ETA);
    return status;
}

static bpb_status time_steps(const struct peer *peer, double seconds, double *elapsed,
                             size_t *count)
{
    size_t chunk = 1;
    bpb_status status = BPB_OK;
    restore(peer);
    *count = 0;
    *elapsed = 0;
    for (const double start = seconds_now(); *elapsed < seconds && status == BPB_OK;
         *count += chunk) {
        if (*count > 0 && *elapsed < seconds / CHUNKS)
            chunk *= 2;
        status = steps(peer, chunk);
        *elapsed = seconds_now() - start;
    }
    return status;
}

static bool read_floats(FILE *file, float *values, size_t n)
{
    return fread(values, sizeof *values, n, file) == n;
}

static bool read_data(const struct peer *peer, FILE *file)
{
    const size_t B = peer->shape->batch;
    return read_floats(file, peer->start, bpbf_net_parameters(peer->net)) &&
           read_floats(file, peer->X, inputs(peer) * B) &&
           read_floats(file, peer->T, outputs(peer) * B) && fgetc(file) == EOF;
}

static bool write_theta(const struct peer *peer, const char *path)
{
    const size_t n = bpbf_net_parameters(peer->net);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    const bool written = fwrite(bpbf_net_ctheta(peer->net), sizeof(float), n, file) == n;
    return fclose(file) == 0 && written;
}

/* A command gets the rest of its line. It answers on stdout, or returns what is wrong. */
typedef const char *command(struct peer *peer, const char *words);

static const char *what_is_wrong(bpb_status status)
{
    return status == BPB_OK ? NULL : bpb_strerror(status);
}

static void end_answer(struct json *answer)
{
    json_end(answer);
    putchar('\n');
}

static const char *answer_info(struct peer *peer, const char *words)
{
    bpb_blas_info blas;
    const bpb_status status = bpb_blas_health(&blas);
    (void)peer, (void)words;
    if (status != BPB_OK)
        return what_is_wrong(status);
    struct json answer = json_begin(stdout);
    json_string(&answer, "version", bpb_version());
    json_string(&answer, "simd", blas.simd);
    json_string(&answer, "blas", blas.library);
    json_string(&answer, "blas_version", blas.version);
    json_string(&answer, "core", blas.core);
    json_string(&answer, "best_core", blas.best_core);
    json_number(&answer, "below_cpu", blas.below_cpu);
    end_answer(&answer);
    return NULL;
}

/* "784-30-10" */
static void write_units(const struct bench_case *shape, char *text, size_t size)
{
    size_t used = 0;
    for (size_t l = 0; l <= shape->n_layers && used < size; l++)
        used += (size_t)snprintf(text + used, size - used, l > 0 ? "-%zu" : "%zu",
                                 shape->units[l]);
}

static void answer_shape(const struct bench_case *shape)
{
    char units[24 * (MAX_LAYERS + 1)];
    write_units(shape, units, sizeof units);
    struct json answer = json_begin(stdout);
    json_string(&answer, "case", shape->name);
    json_string(&answer, "units", units);
    json_string(&answer, "hidden", bpb_name(BPB_NAMES_ACTIVATION, shape->hidden));
    json_string(&answer, "output", bpb_name(BPB_NAMES_ACTIVATION, shape->output));
    json_string(&answer, "loss", bpb_name(BPB_NAMES_LOSS, shape->loss));
    json_number(&answer, "batch", (double)shape->batch);
    json_number(&answer, "eta", ETA);
    end_answer(&answer);
}

static const char *make_case(struct peer *peer, const char *words)
{
    char name[16];
    size_t threads;
    if (sscanf(words, "%15s %zu", name, &threads) != 2)
        return "usage: case NAME THREADS";
    const struct bench_case *shape = case_named(name);
    if (shape == NULL)
        return "there is no such case";
    destroy(peer);
    const bpb_status status = create(peer, shape, threads);
    if (status == BPB_OK)
        answer_shape(shape);
    else
        destroy(peer);
    return what_is_wrong(status);
}

static const char *load_data(struct peer *peer, const char *words)
{
    if (peer->shape == NULL)
        return "no case yet";
    FILE *file = fopen(words, "rb");
    peer->loaded = file != NULL && read_data(peer, file);
    if (file != NULL)
        fclose(file);
    if (!peer->loaded)
        return "the file cannot be read, or is not of the case's size";
    puts("{}");
    return NULL;
}

static const char *step_once(struct peer *peer, const char *words)
{
    char *path;
    const double eta = strtod(words, &path);
    if (path == words || *path != ' ')
        return "usage: step ETA FILE";
    if (!peer->loaded)
        return "no data yet";
    restore(peer);
    const bpb_status status = step(peer, eta);
    if (status != BPB_OK)
        return what_is_wrong(status);
    if (!write_theta(peer, path + 1))
        return "the file cannot be written";
    puts("{}");
    return NULL;
}

static const char *time_block(struct peer *peer, const char *words)
{
    char *end;
    double elapsed;
    size_t count;
    const double seconds = strtod(words, &end);
    if (*end != '\0' || !(seconds > 0))
        return "usage: time SECONDS";
    if (!peer->loaded)
        return "no data yet";
    const bpb_status status = time_steps(peer, seconds, &elapsed, &count);
    if (status != BPB_OK)
        return what_is_wrong(status);
    struct json answer = json_begin(stdout);
    json_number(&answer, "us", 1e6 * elapsed / (double)count);
    json_number(&answer, "steps", (double)count);
    end_answer(&answer);
    return NULL;
}

static const char *run_command(struct peer *peer, const char *line)
{
    static const struct {
        const char *name;
        command *run;
    } commands[] = {{"info", answer_info},
                    {"case", make_case},
                    {"load", load_data},
                    {"step", step_once},
                    {"time", time_block}};
    const size_t length = strcspn(line, " ");
    const char *words = line + length + (line[length] == ' ');
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (length == strlen(commands[i].name) && strncmp(line, commands[i].name, length) == 0)
            return commands[i].run(peer, words);
    return "there is no such command";
}

static void answer_error(const char *error)
{
    struct json answer = json_begin(stdout);
    json_string(&answer, "error", error);
    end_answer(&answer);
}

int main(int argc, char **argv)
{
    (void)argc;
    restart_with_right_core(argv); /* silent if --quiet is among argv */

    char line[4096];
    struct peer peer = {0};
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        const char *error = run_command(&peer, line);
        if (error != NULL)
            answer_error(error);
        fflush(stdout);
    }
    destroy(&peer);
    return ferror(stdin) || ferror(stdout);
}
