/* SPDX-License-Identifier: BSD-3-Clause */
/* gnuplot as a child: the script goes in by a pipe, the picture comes out into a file beside the
 * one that it replaces. So no name of a file is a part of the script. */
#include "plot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/common/command.h"
#include "cli/common/paths.h"
#include "cli/common/say.h"

#define CANNOT_RUN 127 /* of the child: there is no gnuplot, or it cannot be run */

/* ---- The child ---- */

static _Noreturn void become_gnuplot(int script, int picture)
{
    char name[] = "gnuplot", no_settings[] = "-d", from_input[] = "-";
    char *const words[] = {name, no_settings, from_input, NULL};
    signal(SIGPIPE, SIG_DFL);
    if (dup2(script, STDIN_FILENO) >= 0 && dup2(picture, STDOUT_FILENO) >= 0)
        execvp(name, words);
    _exit(CANNOT_RUN);
}

/* The ends of the pipe: [0] for the child, [1] for us, which it must not keep open. */
static pid_t start(int pipe_ends[2], int picture)
{
    if (pipe(pipe_ends) != 0)
        return -1;
    fcntl(pipe_ends[1], F_SETFD, FD_CLOEXEC);
    const pid_t child = fork();
    if (child == 0)
        become_gnuplot(pipe_ends[0], picture);
    close(pipe_ends[0]);
    if (child < 0)
        close(pipe_ends[1]);
    return child;
}

/* A child that ends early breaks the pipe; what it has to say is in its status. */
static void send_script(int fd, const struct plot *plot)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGPIPE, &ignore, &before);
    FILE *file = fdopen(fd, "w");
    if (file) {
        plot_write_script(file, plot);
        fclose(file);
    } else {
        close(fd);
    }
    sigaction(SIGPIPE, &before, NULL);
}

static int judge(int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return CODE_FINE;
    if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_RUN)
        complain("cannot run gnuplot, which draws the picture: install it (Debian's package "
                 "gnuplot-nox)");
    else if (WIFEXITED(status))
        complain("gnuplot has failed with code %d: see what it says above", WEXITSTATUS(status));
    else
        complain("gnuplot was stopped by a signal");
    return CODE_FAILED;
}

static int run_gnuplot(const struct plot *plot, int picture)
{
    int pipe_ends[2], status;
    const pid_t child = start(pipe_ends, picture);
    if (child < 0)
        return complain_status(BPB_ERR_IO, "start", "gnuplot");
    send_script(pipe_ends[1], plot);
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return complain_status(BPB_ERR_IO, "wait for", "gnuplot");
    }
    return judge(status);
}

/* ---- The picture ---- */

/* A new file in the folder of path, with the rights of the one that it is to replace. */
static int open_beside(const char *path, char temporary[PATH_BYTES])
{
    const char *slash = strrchr(path, '/');
    const int folder = slash ? (int)(slash - path + 1) : 0;
    const int length = snprintf(temporary, PATH_BYTES, "%.*s.bpblas-plot-XXXXXX", folder, path);
    if (length < 0 || length >= PATH_BYTES) {
        errno = ENAMETOOLONG;
        return -1;
    }
    const int fd = mkstemp(temporary);
    fcntl(fd, F_SETFD, FD_CLOEXEC); /* gnuplot has it as its standard output */
    struct stat old;
    const mode_t mask = umask(0);
    umask(mask);
    if (fd >= 0)
        fchmod(fd, stat(path, &old) == 0 ? old.st_mode & 0777 : 0666 & ~mask);
    return fd;
}

/* A gnuplot that has met a full disk may not say so. */
static int finish(int fd, const char *temporary, const char *path)
{
    struct stat picture;
    const bool is_whole = fstat(fd, &picture) == 0 && picture.st_size > 0;
    if (!is_whole) {
        complain("gnuplot has drawn nothing to %s", path);
        return CODE_FAILED;
    }
    if (fsync(fd) != 0 || rename(temporary, path) != 0)
        return complain_status(BPB_ERR_IO, "write", path);
    return CODE_FINE;
}

int plot_draw(const struct plot *plot, const char *path)
{
    char temporary[PATH_BYTES];
    const int fd = open_beside(path, temporary);
    if (fd < 0)
        return complain_status(BPB_ERR_IO, "write", path);
    int code = run_gnuplot(plot, fd);
    if (code == CODE_FINE)
        code = finish(fd, temporary, path);
    if (code != CODE_FINE)
        unlink(temporary);
    close(fd);
    return code;
}
