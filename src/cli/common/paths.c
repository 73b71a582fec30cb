/* SPDX-License-Identifier: BSD-3-Clause */
#include "paths.h"

#include <stdio.h>
#include <string.h>

bool path_ends_in(const char *path, const char *ending)
{
    const size_t n = strlen(path), length = strlen(ending);
    return n > length && strcmp(path + n - length, ending) == 0;
}

bool path_is_npy(const char *path)
{
    return path_ends_in(path, ".npy");
}

void path_last_name(const char *path, char *name, size_t bytes)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    snprintf(name, bytes, "%.*s", (int)(end - begin), path + begin);
}

bool path_folder(const char *path, char folder[PATH_BYTES])
{
    const char *slash = strrchr(path, '/');
    const char *from = slash ? path : ".";
    const size_t length = !slash || slash == path ? 1 : (size_t)(slash - path);
    if (length >= PATH_BYTES)
        return false;
    memcpy(folder, from, length);
    folder[length] = '\0';
    return true;
}
