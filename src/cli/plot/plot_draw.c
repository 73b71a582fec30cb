/* SPDX-License-Identifier: BSD-3-Clause */
/* gnuplot runs as a child. It reads the script from a pipe, and its standard output is a temporary
 * file, which then replaces the picture. So the script contains no file name. */
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

#define CANNOT_RUN 127 /* exit code of the child if it cannot run gnuplot */

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

/* pipe_ends[0] is for the child; pipe_ends[1] is ours, and closed in the child. */
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

/* If the child ends early, the pipe breaks; its exit status then tells why. */
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
        complain("cannot run gnuplot, which draws the picture: install it (Debian: gnuplot-nox)");
    else if (WIFEXITED(status))
        complain("gnuplot failed with code %d: see its message above", WEXITSTATUS(status));
    else
        complain("a signal stopped gnuplot");
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

/* A new file in the folder of path, with the permissions of the file that it will replace. */
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
    fcntl(fd, F_SETFD, FD_CLOEXEC); /* gnuplot gets it as standard output only */
    struct stat old;
    const mode_t mask = umask(0);
    umask(mask);
    if (fd >= 0)
        fchmod(fd, stat(path, &old) == 0 ? old.st_mode & 0777 : 0666 & ~mask);
    return fd;
}

/* gnuplot may not report a full disk. */
static int finish(int fd, const char *temporary, const char *path)
{
    struct stat picture;
    const bool is_whole = fstat(fd, &picture) == 0 && picture.st_size > 0;
    if (!is_whole) {
        complain("gnuplot wrote nothing to %s", path);
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
