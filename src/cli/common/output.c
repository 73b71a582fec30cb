/* SPDX-License-Identifier: BSD-3-Clause */
#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "paths.h"
#include "say.h"

static int check_existing(const char *option, const char *path, const struct stat *file,
                          enum output how)
{
    if (S_ISDIR(file->st_mode)) {
        complain("%s: %s is a folder: give a file in it", option, path);
        return CODE_FAILED;
    }
    if (how == OUTPUT_RENAMED && !S_ISREG(file->st_mode)) {
        complain("%s: %s is no regular file: give another name", option, path);
        return CODE_FAILED;
    }
    if (access(path, W_OK) != 0) {
        complain("%s: cannot write %s: %s", option, path, strerror(errno));
        return CODE_FAILED;
    }
    return CODE_FINE;
}

int output_check(const char *option, const char *path, enum output how)
{
    if (!path)
        return CODE_FINE;
    struct stat file;
    if (stat(path, &file) == 0) {
        ATTEMPT(check_existing(option, path, &file, how));
        if (how == OUTPUT_OPENED)
            return CODE_FINE;
    }
    char folder[PATH_BYTES];
    if (!path_folder(path, folder)) {
        complain("%s: the path is too long", option);
        return CODE_FAILED;
    }
    if (access(folder, W_OK | X_OK) != 0) {
        complain("%s: cannot write %s: the folder %s: %s; make it, or give another place", option,
                 path, folder, strerror(errno));
        return CODE_FAILED;
    }
    return CODE_FINE;
}

int output_open(FILE **file, const char *path)
{
    *file = path ? fopen(path, "w") : stdout;
    return *file ? CODE_FINE : complain_status(BPB_ERR_IO, "write", path);
}

/* main checks standard output. */
int output_close(FILE *file, const char *path, int code)
{
    if (!path)
        return code;
    const bool is_written = fflush(file) == 0 && !ferror(file);
    const bool is_closed = fclose(file) == 0;
    if (code == CODE_FINE && !(is_written && is_closed))
        return complain_status(BPB_ERR_IO, "write", path);
    return code;
}
