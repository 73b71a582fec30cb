/* SPDX-License-Identifier: BSD-3-Clause */
#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/table/image_folder.h"
#include "command.h"
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

/* The folder that path is in. */
static bool folder_of(const char *path, char folder[PATH_BYTES])
{
    const char *slash = strrchr(path, '/');
    const size_t length = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
    if (length >= PATH_BYTES)
        return false;
    snprintf(folder, PATH_BYTES, "%.*s", (int)length, path);
    if (length == 0)
        snprintf(folder, PATH_BYTES, ".");
    return true;
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
    if (!folder_of(path, folder)) {
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
