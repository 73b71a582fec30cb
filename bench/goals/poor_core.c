/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps timed in processes of their own, because OpenBLAS chooses its kernels once a process. */
#include "figures.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CORE "OPENBLAS_CORETYPE"
#define POOR_CORE "Prescott"

extern char **environ;

/* ---- The child: one line with the core, then for each line SWEEPS one line SECONDS ---------- */

static bpb_status serve(struct match *match, const struct bench_case *shape)
{
    const struct kit *kit = kit_of(PRECISION_F32);
    bpb_blas_info blas;
    void *stage;
    size_t sweeps;
    double seconds;
    TRY(bpb_blas_health(&blas));
    TRY(match_checked_stage(match, shape, PRECISION_F32, 1, &stage));
    TRY(kit->library(match_side(match, "step", OP_STEP), stage, 1));
    printf("%s\n", blas.core[0] ? blas.core : "unknown");
    fflush(stdout);
    while (scanf("%zu", &sweeps) == 1) {
        TRY(timing_block(&match->side[0], sweeps, &seconds));
        printf("%.9g\n", seconds);
        fflush(stdout);
    }
    return BPB_OK;
}

int serve_steps(const char *case_name)
{
    struct match match = match_begin(NULL, NULL, NULL);
    const struct bench_case *shape = case_named(case_name);
    const bpb_status status = shape != NULL ? serve(&match, shape) : BPB_ERR_OPTION;
    match_end(&match);
    return status < 0;
}

/* ---- The parent ------------------------------------------------------------------------------ */

struct child {
    pid_t pid;
    FILE *to, *from;
};

static void destroy(void *state)
{
    struct child *child = state;
    if (child->to != NULL)
        fclose(child->to);
    if (child->from != NULL)
        fclose(child->from);
    if (child->pid > 0)
        waitpid(child->pid, NULL, 0);
    free(child);
}

static bpb_status ask(void *state, size_t sweeps, double *seconds)
{
    const struct child *child = state;
    fprintf(child->to, "%zu\n", sweeps);
    if (fflush(child->to) != 0 || fscanf(child->from, "%lf", seconds) != 1)
        return BPB_ERR_IO;
    return BPB_OK;
}

/* The child inherits the environment as it is now. */
static int spawn(pid_t *pid, const struct bench_case *shape, const int to[2], const int from[2])
{
    char name[16];
    snprintf(name, sizeof name, "%s", shape->name);
    char *argv[] = {(char[]){PROGRAM}, (char[]){SERVE_STEPS}, name, NULL};
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
    const int error = posix_spawn(pid, "/proc/self/exe", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Set another core for the child, and restore the environment. NULL: the core as it is. */
static int spawn_with_core(pid_t *pid, const struct bench_case *shape, const char *core,
                           const int to[2], const int from[2])
{
    const char *set = getenv(CORE);
    char *before = set ? strdup(set) : NULL;
    if (core != NULL)
        setenv(CORE, core, 1);
    const int error = spawn(pid, shape, to, from);
    if (before != NULL)
        setenv(CORE, before, 1);
    else
        unsetenv(CORE);
    free(before);
    return error;
}

/* A pipe that is closed in children, except as their input and output. A child whose pipe another
 * child also holds would never see the end of its input. */
static bool open_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
}

static bpb_status start(struct child *child, const struct bench_case *shape, const char *core)
{
    int to[2], from[2];
    if (!open_pipe(to))
        return BPB_ERR_IO;
    if (!open_pipe(from)) {
        close(to[0]);
        close(to[1]);
        return BPB_ERR_IO;
    }
    const int error = spawn_with_core(&child->pid, shape, core, to, from);
    close(to[0]);
    close(from[1]);
    child->to = fdopen(to[1], "w");
    child->from = fdopen(from[0], "r");
    if (error != 0)
        child->pid = 0;
    return error == 0 && child->to != NULL && child->from != NULL ? BPB_OK : BPB_ERR_IO;
}

/* A subject whose blocks are those of a child that serves this case. core: NULL (the child
 * inherits OPENBLAS_CORETYPE), or its value for the child. used: the core that the child has. */
static bpb_status child_create(struct subject *subject, const struct bench_case *shape,
                               const char *core, char used[32])
{
    struct child *child = calloc(1, sizeof *child);
    if (child == NULL)
        return BPB_ERR_MEMORY;
    signal(SIGPIPE, SIG_IGN); /* reading its answer detects a child that ended */
    *subject = (struct subject){
        .state = child,
        .samples = shape->samples,
        .batch = shape->batch,
        .clock = ask,
        .destroy = destroy,
    };
    TRY(start(child, shape, core));
    return fscanf(child->from, "%31s", used) == 1 ? BPB_OK : BPB_ERR_IO;
}

/* Why there is nothing to compare, or NULL. */
static const char *no_contest(const char *poor, const char *right)
{
    if (strcmp(poor, POOR_CORE) != 0)
        return "this OpenBLAS does not take the core " POOR_CORE;
    return strcmp(poor, right) == 0 ? POOR_CORE " is the core in use" : NULL;
}

bpb_status measure_core(struct match *match, const struct figure *figure)
{
    enum { POOR, RIGHT };
    const struct bench_case *shape = case_named(figure->name);
    struct goal_line line = goal_line(figure, "");
    char poor[32], right[32];
    if (strcmp(match->sheet->blas.library, "OpenBLAS") != 0) {
        match_skip(match, line.what, "the BLAS is not OpenBLAS");
        return BPB_OK;
    }
    TRY(child_create(match_side(match, POOR_CORE, OP_STEP), shape, POOR_CORE, poor));
    TRY(child_create(match_side(match, "right", OP_STEP), shape, NULL, right));
    const char *why = no_contest(poor, right);
    if (why != NULL) {
        match_skip(match, line.what, why);
        return BPB_OK;
    }
    TRY(match_time(match));
    snprintf(line.note, sizeof line.note, "processes of their own, cores %s and %s", poor, right);
    return match_ratio_line(match, line, 1, SIDE(POOR), SIDE(RIGHT));
}
