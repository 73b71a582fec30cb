/* SPDX-License-Identifier: BSD-3-Clause */
/* Paths as texts: their endings, folders and last names. */
#ifndef CLI_PATHS_H
#define CLI_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#define PATH_BYTES 4096

/* Whether the path ends in that, and has something before it. */
bool path_ends_in(const char *path, const char *ending);

/* Whether the name is that of a NumPy file: it ends in .npy. */
bool path_is_npy(const char *path);

/* The name of the file or folder itself, without the folders that it is in. */
void path_last_name(const char *path, char *name, size_t bytes);

/* The folder that the file is in, "." if the path has none. false: the path is too long. */
bool path_folder(const char *path, char folder[PATH_BYTES]);

#endif
